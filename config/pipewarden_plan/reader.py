"""JSON Schema → a function that reads a value: checks it, fills interpolations, converts it to base units, in one pass.

A reader only says yes (with the value) or `Unfit`; why not is told by jsonschema over the same schema (`explain`). That
keeps jsonschema, which is thorough and slow, off the path of the thousands of values that are right. Keywords that no
reader knows are left to jsonschema here too, so a technology may use any of them.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pipewarden_plan.formats import FORMATS
from pipewarden_plan.interpolation import Fill, Unfit, fill_all, needs_filling
from pipewarden_plan.vocabulary import READERS

Schema = Mapping[str, Any]
Reader = Callable[[Any, Fill], Any]

NOTES = frozenset({"title", "description", "default", "examples", "writeOnly", "deprecated", "$comment"})
TYPES: Mapping[str, tuple[frozenset[str], str]] = {
    "string": (frozenset({"type", "pattern", "format", "minLength", "maxLength"}), "text"),
    "integer": (frozenset({"type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}), "number"),
    "number": (frozenset({"type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}), "number"),
    "boolean": (frozenset({"type"}), "truth"),
    "array": (frozenset({"type", "items", "minItems", "maxItems", "uniqueItems"}), "items"),
    "object": (
        frozenset(
            {
                "type",
                "properties",
                "required",
                "additionalProperties",
                "propertyNames",
                "minProperties",
                "maxProperties",
            }
        ),
        "mapping",
    ),
}


def ecma(pattern: str) -> re.Pattern[str]:
    """A JSON Schema pattern as ECMA-262 means it: `$` is the very end, `\\d` is 0-9."""
    return re.compile(re.sub(r"(?<!\\)\$(?![^\[]*\])", r"\\Z", pattern), re.ASCII)


class Readers:
    """Makes readers of the schemas of one `$defs` mapping. References to `pieces` are read as they stand: each piece is
    read on its own, so that an error is looked for where it is."""

    def __init__(self, defs: Mapping[str, Schema], pieces: frozenset[str]) -> None:
        self.defs = defs
        self.pieces = pieces

    def read_with(self, schema: Schema, name: str = "") -> Reader:
        """The reader of one schema; `name` is its entry in the vocabulary, whose values are converted."""
        keywords = schema.keys() - NOTES
        if "$ref" in schema:
            if keywords == {"$ref"}:
                return self._referred(schema["$ref"])
        elif keywords in ({"enum"}, {"const"}):
            return _choice(schema)
        elif keywords == {"anyOf"}:
            return self._any_of(schema)
        elif isinstance(kind := schema.get("type"), str) and kind in TYPES and keywords <= TYPES[kind][0]:
            maker: Callable[[Schema, str], Reader] = getattr(self, f"_{TYPES[kind][1]}")
            return maker(schema, name)
        elif "oneOf" in schema and "discriminator" in schema:
            return self._by_type(schema)
        return self._judged(schema, name)

    def _referred(self, reference: str) -> Reader:
        name = reference.removeprefix("#/$defs/")
        if name in self.pieces:
            return lambda value, fill: value
        return self.read_with(self.defs[name], name)

    def _judged(self, schema: Schema, name: str) -> Reader:
        from pipewarden_plan.explain import validator_of

        valid = validator_of(schema, self.defs).is_valid
        convert = READERS.get(name, lambda value: value)

        def read(value: Any, fill: Fill) -> Any:
            value = fill_all(value, fill)
            if not valid(value):
                raise Unfit
            return convert(value)

        return read

    def _text(self, schema: Schema, name: str) -> Reader:
        pattern = ecma(schema["pattern"]).search if "pattern" in schema else None
        least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000_000)
        check = FORMATS.get(schema.get("format", ""))
        convert = READERS.get(name)

        def accept(text: str) -> Any:
            if not least <= len(text) <= most or (pattern and not pattern(text)):
                raise Unfit
            if check:
                try:
                    check(text)
                except ValueError:
                    raise Unfit from None
            return convert(text) if convert else text

        accept = lru_cache(maxsize=2048)(accept) if convert or check else accept

        def read(value: Any, fill: Fill) -> Any:
            if not isinstance(value, str):
                raise Unfit
            return accept(fill(value) if needs_filling(value) else value)

        return read

    def _number(self, schema: Schema, name: str) -> Reader:
        whole = schema["type"] == "integer"
        least, most = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")

        def read(value: Any, fill: Fill) -> Any:
            if type(value) not in (int, float) or not least <= value <= most or (whole and value != int(value)):
                raise Unfit
            if (above is not None and value <= above) or (below is not None and value >= below):
                raise Unfit
            return int(value) if whole else value

        return read

    def _truth(self, schema: Schema, name: str) -> Reader:
        def read(value: Any, fill: Fill) -> Any:
            if not isinstance(value, bool):
                raise Unfit
            return value

        return read

    def _items(self, schema: Schema, name: str) -> Reader:
        item = self.read_with(schema["items"]) if "items" in schema else self._judged({}, "")
        least, most = schema.get("minItems", 0), schema.get("maxItems", float("inf"))
        unique = schema.get("uniqueItems", False)

        def read(value: Any, fill: Fill) -> Any:
            if not isinstance(value, list) or not least <= len(value) <= most:
                raise Unfit
            items = [item(entry, fill) for entry in value]
            if unique and len(value) > 1 and any(entry in value[:place] for place, entry in enumerate(value)):
                raise Unfit
            return items

        return read

    def _mapping(self, schema: Schema, name: str) -> Reader:
        properties = {key: self.read_with(part) for key, part in schema.get("properties", {}).items()}
        required = tuple(schema.get("required", ()))
        more = schema.get("additionalProperties", True)
        other = self.read_with(more) if isinstance(more, Mapping) else (_anything if more else None)
        key_reader = self.read_with(schema["propertyNames"]) if "propertyNames" in schema else None
        least, most = schema.get("minProperties", 0), schema.get("maxProperties", float("inf"))
        defaults = self._defaults(schema.get("properties", {}))

        def read(value: Any, fill: Fill) -> Any:
            if not isinstance(value, dict) or not least <= len(value) <= most:
                raise Unfit
            found = dict(defaults)
            for key, item in value.items():
                reader = properties.get(key, other)
                if reader is None:
                    raise Unfit
                if key_reader:
                    key_reader(key, _no_filling)
                found[key] = reader(item, fill)
            for key in required:
                if key not in value:
                    raise Unfit
            return found

        return read

    def _defaults(self, properties: Mapping[str, Schema]) -> dict[str, Any]:
        """What the properties are worth where they are not written, in base units."""
        return {
            key: self.read_with(part)(part["default"], _no_filling)
            for key, part in properties.items()
            if "default" in part
        }

    def _any_of(self, schema: Schema) -> Reader:
        readers = [self.read_with(part) for part in schema["anyOf"]]
        scalar_key = shorthand_of(schema)

        def read(value: Any, fill: Fill) -> Any:
            for reader in readers:
                try:
                    found = reader(value, fill)
                except Unfit:
                    continue
                return {scalar_key: found} if scalar_key and not isinstance(value, dict) else found
            raise Unfit

        return read

    def _by_type(self, schema: Schema) -> Reader:
        key = schema["discriminator"]["propertyName"]
        readers = {word: self._referred(branch) for word, branch in schema["discriminator"]["mapping"].items()}

        def read(value: Any, fill: Fill) -> Any:
            word = value.get(key) if isinstance(value, dict) else None
            if not isinstance(word, str) or word not in readers:
                raise Unfit
            return readers[word](value, fill)

        return read


def shorthand_of(schema: Schema) -> str:
    """`95%` for `{min: 95%}`: the key that a plain value stands for where an `anyOf` has a mapping that requires one key
    of the plain value's own kind; "" elsewhere."""
    parts = schema["anyOf"]
    plain = [part["$ref"] for part in parts if "$ref" in part]
    for part in parts:
        required = part.get("required", ())
        if len(required) == 1 and part["properties"][required[0]].get("$ref") in plain:
            return str(required[0])
    return ""


def _choice(schema: Schema) -> Reader:
    choices = schema.get("enum", [schema.get("const")])

    def read(value: Any, fill: Fill) -> Any:
        for choice in choices:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                return choice
        raise Unfit

    return read


def _anything(value: Any, fill: Fill) -> Any:
    return fill_all(value, fill)


def _no_filling(text: str) -> str:
    return text
