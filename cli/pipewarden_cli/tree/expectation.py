"""What `expect:` says, in the units that the technologies' schemas give each value."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipewarden.registry import technologies
from pipewarden.run_alarms import EXPECTATIONS
from pipewarden_cli.tree.words import quantity

Schema = Mapping[str, Any]

_TIMES: Schema = {"$ref": "#/$defs/duration"}
_UNITS = {"#/$defs/duration": "Seconds", "#/$defs/percentage": "Percent"}


def pipeline_expectations(expect: Mapping[str, Any]) -> str:
    """`finished_by 06:00, duration.max 45 min, duration.ratio 2, success_rate.min 95%`."""
    return _listed(expect, {**EXPECTATIONS, "started_within": _TIMES})


def resource_expectations(type_: str, expect: Mapping[str, Any]) -> str:
    """`freshness 1 d 1 h, volume.min 1, volume.anomaly yes`."""
    technology = technologies().get(type_)
    own = technology.expectations if technology else {}
    return _listed(expect, {**EXPECTATIONS, **own})


def _listed(expect: Mapping[str, Any], schemas: Mapping[str, Schema]) -> str:
    return ", ".join(text for name, value in expect.items() for text in _words(name, value, schemas.get(name, {})))


def _words(name: str, value: Any, schema: Schema) -> Iterator[str]:
    if isinstance(value, Mapping):
        parts = _properties(schema)
        for key, inner in value.items():
            yield from _words(f"{name}.{key}", inner, parts.get(key, _of_each_key(schema)))
    elif isinstance(value, bool):
        yield f"{name} {'yes' if value else 'no'}"
    elif isinstance(value, int | float):
        yield f"{name} {quantity(value, _unit(schema))}"
    elif isinstance(value, list | tuple):
        yield f"{name} {' '.join(map(str, value))}"
    else:
        yield f"{name} {value}"


def _unit(schema: Schema) -> str:
    """That of the only kind of plain value it has; "" where there are several."""
    kinds = [part.get("$ref", "") for part in schema.get("anyOf", (schema,)) if part.get("type") != "object"]
    return _UNITS.get(kinds[0], "") if len(kinds) == 1 else ""


def _of_each_key(schema: Schema) -> Schema:
    """Of the values of a mapping with any keys, such as a limit that is graded by severity."""
    parts = (schema, *schema.get("anyOf", ()))
    return next((part["additionalProperties"] for part in parts if part.get("additionalProperties")), {})


def _properties(schema: Schema) -> Mapping[str, Schema]:
    """Of the schema itself, or of the first of its alternatives that has some (`95%` or `{min: 95%}`)."""
    found = (part["properties"] for part in (schema, *schema.get("anyOf", ())) if "properties" in part)
    return next(found, {})
