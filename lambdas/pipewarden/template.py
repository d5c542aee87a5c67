"""Strings with `$(name)` placeholders, and what they are filled from."""

import re
from collections.abc import Mapping
from typing import Any

PLACEHOLDER = re.compile(r"\$\(([a-z_.]+)\)")


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Replace each `$(name)`; dotted names reach into mappings. Raises KeyError for a name that has no value."""

    def value(match: re.Match[str]) -> str:
        found: Any = values
        for part in match[1].split("."):
            found = found[part]
        return str(found)

    return PLACEHOLDER.sub(value, template)


def fill_dimensions(dimensions: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """Fill the templates of a dimension set. The key `*` spreads the mapping that its template names, so that
    `{"*": "$(dimensions)"}` takes the declared `dimensions` field as it is. Raises KeyError as `fill` does."""
    filled: dict[str, str] = {}
    for name, template in dimensions.items():
        if name == "*":
            found = look_up(values, template[2:-1])
            if not isinstance(found, Mapping):
                raise KeyError(template)
            filled.update({key: str(item) for key, item in found.items()})
        else:
            filled[name] = fill(template, values)
    return filled


def look_up(values: Mapping[str, Any], path: str) -> Any:
    """What a dotted path leads to (`volume.min`); None when nothing is there."""
    found: Any = values
    for part in path.split("."):
        # `dict` first: it is what nearly all of them are, and found much sooner.
        found = found.get(part) if isinstance(found, (dict, Mapping)) else None
    return found
