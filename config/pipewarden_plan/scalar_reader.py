"""Readers of texts, numbers, truths and choices: the leaves of `reader`."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pipewarden_plan.formats import FORMATS
from pipewarden_plan.interpolation import Fill, UnfitError, needs_filling
from pipewarden_plan.vocabulary import READERS

Schema = Mapping[str, Any]
Reader = Callable[[Any, Fill], Any]


def ecma(pattern: str) -> re.Pattern[str]:
    """A JSON Schema pattern as ECMA-262 means it: `$` is the very end, `\\d` is 0-9."""
    return re.compile(re.sub(r"(?<!\\)\$(?![^\[]*\])", r"\\Z", pattern), re.ASCII)


def _require(check: Callable[[Any], None], value: Any) -> None:
    try:
        check(value)
    except ValueError:
        raise UnfitError from None


def read_text(schema: Schema, name: str) -> Reader:
    pattern = ecma(schema["pattern"]).search if "pattern" in schema else None
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000_000)
    check = FORMATS.get(schema.get("format", ""))
    convert = READERS.get(name)

    def accept(text: str) -> Any:
        if not least <= len(text) <= most or (pattern and not pattern(text)):
            raise UnfitError
        if check:
            _require(check, text)
        return convert(text) if convert else text

    accept = lru_cache(maxsize=2048)(accept) if convert or check else accept

    def read(value: Any, fill: Fill) -> Any:
        if not isinstance(value, str):
            raise UnfitError
        return accept(fill(value) if needs_filling(value) else value)

    return read


def read_number(schema: Schema, name: str) -> Reader:
    whole = schema["type"] == "integer"
    least, most = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    check, convert = FORMATS.get(schema.get("format", "")), READERS.get(name)

    def read(value: Any, _fill: Fill) -> Any:
        if type(value) not in (int, float) or not least <= value <= most or (whole and value != int(value)):
            raise UnfitError
        if (above is not None and value <= above) or (below is not None and value >= below):
            raise UnfitError
        if check:
            _require(check, value)
        found = int(value) if whole else value
        return convert(found) if convert else found

    return read


def read_truth(_schema: Schema, _name: str) -> Reader:
    def read(value: Any, _fill: Fill) -> Any:
        if not isinstance(value, bool):
            raise UnfitError
        return value

    return read


def read_choice(schema: Schema) -> Reader:
    choices = schema.get("enum", [schema.get("const")])

    def read(value: Any, _fill: Fill) -> Any:
        for choice in choices:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                return choice
        raise UnfitError

    return read
