"""Puts the chosen values of a dashboard's variables into a widget.

"Create a flexible dashboard with dashboard variables" in the CloudWatch user guide: a property variable sets every
property or metric dimension of that name, a pattern variable replaces text wherever it stands.
"""

import contextlib
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.shorthand import ShorthandError, expand
from pipewarden_cli.preview.variable import Variable

MOST_COMBINATIONS = 48
_SENTINEL = "\x00chosen\x00"


def substitute(properties: Mapping[str, Any], chosen: Sequence[tuple[Variable, str]]) -> Mapping[str, Any]:
    """The properties with each variable's value in its places."""
    result: Any = dict(properties)
    for variable, value in chosen:
        if variable.kind == "pattern":
            result = _replace(result, variable.target, value)
        else:
            with contextlib.suppress(ShorthandError):  # drawing the widget will say what is wrong with its metrics
                if "metrics" in result:
                    result = {**result, "metrics": expand(loose.listed(result["metrics"]))}
            result = _set(result, variable.target, value)
    found: Mapping[str, Any] = result
    return found


def affecting(properties: Mapping[str, Any], variables: Sequence[Variable]) -> tuple[Variable, ...]:
    """The variables that change anything in a widget."""
    return tuple(v for v in variables if _SENTINEL in _texts(substitute(properties, [(v, _SENTINEL)])))


def combinations(variables: Sequence[Variable]) -> list[tuple[str, ...]]:
    """Every combination of the variables' values, as far as a page holds them."""
    values = [[choice.value for choice in variable.choices] for variable in variables]
    return list(itertools.islice(itertools.product(*values), MOST_COMBINATIONS))


def _set(value: Any, name: str, chosen: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _typed(item, chosen) if key == name else _set(item, name, chosen) for key, item in value.items()}
    if isinstance(value, str) and "SEARCH(" in value:
        # A search names dimensions as Name="value"; it may stand in either kind of quotes.
        return re.sub(rf"\b{re.escape(name)}\s*=\s*(?:\"[^\"]*\"|[^\s\"')]+)", lambda _: f'{name}="{chosen}"', value)
    if isinstance(value, list):
        fields = [_set(item, name, chosen) for item in value]
        for at in range(2, len(fields) - 1, 2):
            if fields[at] == name and isinstance(fields[at + 1], str):
                fields[at + 1] = chosen
        return fields
    return value


def _typed(before: Any, chosen: str) -> Any:
    if isinstance(before, int | float) and not isinstance(before, bool):
        return loose.number(chosen) if loose.number(chosen) is not None else chosen
    return chosen


def _replace(value: Any, pattern: str, chosen: str) -> Any:
    if isinstance(value, str):
        if pattern in value:
            return value.replace(pattern, chosen)
        try:
            return re.sub(pattern, lambda _: chosen, value)
        except re.error:
            return value
    if isinstance(value, Mapping):
        return {key: _replace(item, pattern, chosen) for key, item in value.items()}
    return [_replace(item, pattern, chosen) for item in value] if isinstance(value, list) else value


def _texts(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(_texts(item) for item in value.values())
    if isinstance(value, list):
        return "\n".join(_texts(item) for item in value)
    return value if isinstance(value, str) else ""
