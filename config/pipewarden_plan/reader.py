"""JSON Schema → a function that reads a value: checks it, fills interpolations, converts it to base units, in one pass.

A reader only says yes (with the value) or `UnfitError`; why not is told by jsonschema over the same schema (`explain`).
That keeps jsonschema, which is thorough and slow, off the path of the thousands of values that are right. Keywords that
no reader knows are left to jsonschema here too, so a technology may use any of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipewarden_plan.interpolation import Fill, UnfitError, fill_all
from pipewarden_plan.scalar_reader import Reader, Schema, read_choice, read_number, read_text, read_truth
from pipewarden_plan.vocabulary import READERS

NOTES = frozenset({"title", "description", "default", "examples", "writeOnly", "deprecated", "$comment"})
NUMBER = frozenset({"type", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
SCALARS = {
    "string": (frozenset({"type", "pattern", "format", "minLength", "maxLength"}), read_text),
    "integer": (NUMBER, read_number),
    "number": (NUMBER, read_number),
    "boolean": (frozenset({"type"}), read_truth),
}
ARRAY = frozenset({"type", "items", "minItems", "maxItems", "uniqueItems"})
OBJECT = frozenset(
    {"type", "properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"}
)


class Readers:
    """Makes readers of the schemas of one `$defs` mapping. References to `pieces` are read as they stand: each piece is
    read on its own, so that an error is looked for where it is."""

    def __init__(self, defs: Mapping[str, Schema], pieces: frozenset[str]) -> None:
        self.defs = defs
        self.pieces = pieces

    def read_with(self, schema: Schema, name: str = "") -> Reader:
        """The reader of one schema; `name` is its entry in the vocabulary, whose values are converted."""
        keywords = schema.keys() - NOTES
        kind = schema.get("type")
        if keywords == {"$ref"}:
            return self._referred(schema["$ref"])
        if keywords in ({"enum"}, {"const"}):
            return read_choice(schema)
        if keywords == {"anyOf"}:
            return first_that_fits([self.read_with(part) for part in schema["anyOf"]], shorthand_of(schema))
        if isinstance(kind, list):
            return first_that_fits([self.read_with({**schema, "type": word}, name) for word in kind])
        if keywords == {"oneOf", "discriminator"}:
            return self._by_type(schema)
        if kind == "array" and keywords <= ARRAY:
            return self._items(schema)
        if kind == "object" and keywords <= OBJECT:
            return self._mapping(schema)
        if isinstance(kind, str) and kind in SCALARS and keywords <= SCALARS[kind][0]:
            return SCALARS[kind][1](schema, name)
        return self._judged(schema, name)

    def _referred(self, reference: str) -> Reader:
        name = reference.removeprefix("#/$defs/")
        if name in self.pieces:
            return lambda value, _fill: value
        return self.read_with(self.defs[name], name)

    def _judged(self, schema: Schema, name: str) -> Reader:
        """For keywords that no reader knows; the validator is made when the first value comes."""
        convert = READERS.get(name)
        validators: list[Any] = []

        def read(value: Any, fill: Fill) -> Any:
            if not validators:
                from pipewarden_plan.explain import validator_of

                validators.append(validator_of(schema, self.defs))
            value = fill_all(value, fill)
            if not validators[0].is_valid(value):
                raise UnfitError
            return convert(value) if convert else value

        return read

    def _items(self, schema: Schema) -> Reader:
        item = self.read_with(schema["items"]) if "items" in schema else fill_all
        least, most = schema.get("minItems", 0), schema.get("maxItems", float("inf"))
        unique = schema.get("uniqueItems", False)

        def read(value: Any, fill: Fill) -> Any:
            if not isinstance(value, list) or not least <= len(value) <= most:
                raise UnfitError
            items = [item(entry, fill) for entry in value]
            if unique and len(value) > 1 and any(entry in value[:place] for place, entry in enumerate(value)):
                raise UnfitError
            return items

        return read

    def _mapping(self, schema: Schema) -> Reader:
        properties = {key: self.read_with(part) for key, part in schema.get("properties", {}).items()}
        required = tuple(schema.get("required", ()))
        more = schema.get("additionalProperties", True)
        other = self.read_with(more) if isinstance(more, Mapping) else (fill_all if more else None)
        key_reader = self.read_with(schema["propertyNames"]) if "propertyNames" in schema else None
        least, most = schema.get("minProperties", 0), schema.get("maxProperties", float("inf"))
        defaults = self._defaults(schema.get("properties", {}))

        def read(value: Any, fill: Fill) -> Any:
            if not isinstance(value, dict) or not least <= len(value) <= most:
                raise UnfitError
            found = dict(defaults)
            for key, item in value.items():
                reader = properties.get(key, other)
                if reader is None:
                    raise UnfitError
                if key_reader:
                    key_reader(key, as_it_is)
                found[key] = reader(item, fill)
            for key in required:
                if key not in value:
                    raise UnfitError
            return found

        return read

    def _defaults(self, properties: Mapping[str, Schema]) -> dict[str, Any]:
        """What the properties are worth where they are not written, in base units."""
        defaults = {key: part for key, part in properties.items() if "default" in part}
        return {key: self.read_with(part)(part["default"], as_it_is) for key, part in defaults.items()}

    def _by_type(self, schema: Schema) -> Reader:
        key = schema["discriminator"]["propertyName"]
        readers = {word: self._referred(branch) for word, branch in schema["discriminator"]["mapping"].items()}

        def read(value: Any, fill: Fill) -> Any:
            word = value.get(key) if isinstance(value, dict) else None
            if not isinstance(word, str) or word not in readers:
                raise UnfitError
            return readers[word](value, fill)

        return read


def first_that_fits(readers: Sequence[Reader], plain_key: str = "") -> Reader:
    """Reads with the first reader that takes the value; with a `plain_key`, what is no mapping becomes one."""

    def read(value: Any, fill: Fill) -> Any:
        for reader in readers:
            try:
                found = reader(value, fill)
            except UnfitError:
                continue
            return {plain_key: found} if plain_key and not isinstance(value, dict) else found
        raise UnfitError

    return read


def shorthand_of(schema: Schema) -> str:
    """`95%` for `{min: 95%}`: the key that a plain value stands for where an `anyOf` has a mapping that requires one
    key of the plain value's own kind; "" elsewhere."""
    parts = schema["anyOf"]
    plain = [part["$ref"] for part in parts if "$ref" in part]
    for part in parts:
        required = part.get("required", ())
        if len(required) == 1 and part["properties"][required[0]].get("$ref") in plain:
            return str(required[0])
    return ""


def as_it_is(text: str) -> str:
    """Fills nothing: keys and defaults have no interpolations."""
    return text
