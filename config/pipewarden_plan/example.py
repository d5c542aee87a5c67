"""An example value of a schema, for the reference and for messages."""

from collections.abc import Mapping
from typing import Any

from pipewarden_plan.scalar_reader import Schema


def example_of(schema: Schema, defs: Mapping[str, Schema], sample: Any = None) -> Any:
    """What could stand there: the schema's own example, else `sample` (its part of an example of the whole), else one
    made of what the schema allows; None where nothing can be said."""
    if found := schema.get("examples"):
        return found[0]
    if sample is not None:
        return sample
    if "$ref" in schema:
        return example_of(defs[schema["$ref"].removeprefix("#/$defs/")], defs)
    for word in ("default", "const"):
        if word in schema:
            return schema[word]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][-1], defs)
    return _by_type(schema, defs)


def _by_type(schema: Schema, defs: Mapping[str, Schema]) -> Any:
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum") or schema.get("exclusiveMinimum", 0) + 1
    if kind == "object":
        parts = schema.get("properties", {})
        wanted = schema.get("required") or list(parts)[:1]
        return {key: example_of(parts[key], defs) for key in wanted}
    return None
