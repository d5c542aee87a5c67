"""The whole schema of declarations: the base (schema/*.json) and one definition per technology."""

import json
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pipewarden.action import Action
from pipewarden.channel import ChannelType
from pipewarden.registry import actions, channel_types, technologies
from pipewarden.run_alarms import EXPECTATIONS
from pipewarden.technology import Technology
from pipewarden_plan.reader import Readers
from pipewarden_plan.scalar_reader import Reader, Schema

FOLDER = Path(__file__).with_name("schema")
PIECES = frozenset({"pipeline", "resource", "override", "override.resource", "channel"})
"""What is validated by itself, so that a message is about the right part and one error does not hide another."""


class Grammar:
    """The schema for a given set of technologies, with readers made when they are first asked for."""

    def __init__(self, technologies: Mapping[str, Technology]) -> None:
        self.technologies = technologies
        self._readers: dict[str, Reader] = {}

    @cached_property
    def defs(self) -> dict[str, Schema]:
        """Every definition by name: the vocabulary, the parts of both files, `resource.<type>`, and `override...` for
        what an environment may say about them."""
        base = {name: load_schema(name) for name in ("vocabulary", "declaration", "environment")}
        defs: dict[str, Schema] = {**base["vocabulary"], **base["declaration"], **base["environment"]}
        common, of_actions = defs.pop("common"), defs.pop("action_common")
        expect = defs["expect"]
        defs["expect"] = {**expect, "properties": {**expect["properties"], **EXPECTATIONS}}
        for technology in self.technologies.values():
            defs[f"resource.{technology.type}"] = resource_schema(technology, common)
        branches = {name: f"#/$defs/resource.{name}" for name in self.technologies}
        defs["resource"] = _one_of(branches)
        for channel in channel_types().values():
            defs[f"channel.{channel.type}"] = channel_schema(channel)
        for action in actions().values():
            defs[f"action.{action.type}"] = action_schema(action, of_actions)
        kinds = {name: f"#/$defs/action.{name}" for name in actions()}
        defs["action"] = {"description": "Something that is done besides a retry.", **_one_of(kinds)}
        channels = {name: f"#/$defs/channel.{name}" for name in channel_types()}
        defs["channel"] = {"description": "One way to reach people.", **_one_of(channels)}
        for name in ["pipeline", *(f"resource.{name}" for name in self.technologies)]:
            defs[f"override.{name}"] = loosen(defs[name], defs)
        defs["override"] = _with_loose_resources(defs.pop("override.pipeline"))
        defs["override.resource"] = {"type": "object", "description": "As the resource itself; `type` may be left out."}
        return defs

    @cached_property
    def _factory(self) -> Readers:
        return Readers(self.defs, PIECES)

    def reader(self, name: str) -> Reader:
        """The reader of one definition. Raises KeyError for a name that has none."""
        if name not in self._readers:
            self._readers[name] = self._factory.read_with(self.defs[name], name)
        return self._readers[name]

    def piece(self, name: str) -> Schema:
        """One definition as a schema of its own, in which other pieces may be anything."""
        open_pieces: dict[str, Any] = {piece: {} for piece in PIECES}
        return {**self.defs[name], "$defs": {**self.defs, **open_pieces}}


@cache
def load_schema(name: str) -> dict[str, Any]:
    """One file of the base schema."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def grammar() -> Grammar:
    """The grammar of the technologies that exist."""
    return Grammar(technologies())


def resource_schema(technology: Technology, common: Schema) -> Schema:
    """What may be declared about a resource of one technology."""
    kind = {"const": technology.type, "description": "The technology.", "examples": [technology.type]}
    expect = {
        "type": "object",
        "description": "What healthy means for this resource; each line becomes an alarm.",
        "additionalProperties": False,
        "properties": dict(technology.expectations),
    }
    return {
        "type": "object",
        "title": technology.title,
        "description": technology.summary,
        "additionalProperties": False,
        "required": ["type", *technology.required],
        "properties": {"type": kind, **technology.fields, "expect": expect, **common},
        "examples": [technology.example],
    }


def channel_schema(channel: ChannelType) -> Schema:
    """What may be declared about a channel of one type."""
    kind = {"const": channel.type, "description": "The kind of channel.", "examples": [channel.type]}
    return {
        "type": "object",
        "title": channel.title,
        "description": channel.summary,
        "additionalProperties": False,
        "required": ["type", *channel.required],
        "properties": {"type": kind, **channel.fields},
        "examples": [{"type": channel.type, **channel.example}],
    }


def action_schema(action: Action, common: Schema) -> Schema:
    """What may be declared about an action of one kind. Of several ways the checks ask for exactly one."""
    kind = {"const": action.type, "description": "The kind of action.", "examples": [action.type]}
    (first, *others) = action.ways
    required = () if others else (first.field, *(name for name in first.required if name != first.field))
    fields = {name: part for way in action.ways for name, part in way.fields.items()}
    return {
        "type": "object",
        "title": action.title,
        "description": action.summary,
        "additionalProperties": False,
        "required": ["type", *required],
        "properties": {"type": kind, **fields, **common},
        "examples": [first.example],
    }


def _one_of(branches: Mapping[str, str]) -> Schema:
    discriminator = {"propertyName": "type", "mapping": dict(branches)}
    return {"discriminator": discriminator, "oneOf": [{"$ref": branch} for branch in branches.values()]}


def loosen(schema: Schema, defs: Mapping[str, Schema]) -> Schema:
    """The schema of what is merged over a value of `schema`: nothing is required and no default is filled in."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        if name not in PIECES and "discriminator" in defs[name]:
            return {"type": "object", "description": "Laid over the one of that name; checked as a whole then."}
        if name in PIECES or defs[name].get("type") != "object":
            return {key: part for key, part in schema.items() if key != "default"}
        return loosen(defs[name], defs)
    loose = {key: part for key, part in schema.items() if key not in ("required", "minProperties", "default")}
    if "properties" in loose:
        loose["properties"] = {key: loosen(part, defs) for key, part in loose["properties"].items()}
    if "anyOf" in loose:
        loose["anyOf"] = [loosen(part, defs) for part in loose["anyOf"]]
    if isinstance(loose.get("additionalProperties"), Mapping):
        loose["additionalProperties"] = loosen(loose["additionalProperties"], defs)
    return loose


def _with_loose_resources(pipeline: Schema) -> Schema:
    """Without `use`: presets are taken once, before anything is laid over them."""
    resources = {**pipeline["properties"]["resources"], "additionalProperties": {"$ref": "#/$defs/override.resource"}}
    description = "What differs from the pipeline in this environment."
    properties = {name: part for name, part in pipeline["properties"].items() if name != "use"}
    return {**pipeline, "description": description, "properties": {**properties, "resources": resources}}
