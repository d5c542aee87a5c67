"""Functions over the values of one row; each takes None for what is missing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from pipewarden_cli.local.insights.token import QueryError
from pipewarden_cli.local.insights.value import Moment, as_number, show

_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_LENGTH = re.compile(r"(\d+)([a-z]+)")


def length_milliseconds(text: str) -> int:
    """How long `5m` or `1day` is. Raises QueryError."""
    match = _LENGTH.fullmatch(text)
    unit = match[2] if match else ""
    size = _MILLISECONDS.get(unit) or _MILLISECONDS.get(unit[:1])
    if match is None or size is None or not int(match[1]):
        raise QueryError(f"{text} is no length of time such as 5m, 1h or 1d")
    return int(match[1]) * size


def _bin(at: Any, length: str) -> Moment | None:
    size = length_milliseconds(length)
    return None if at is None else Moment(int(at) // size * size)


def _number(call: Callable[[float], float]) -> Callable[[Any], float | None]:
    def calculated(value: Any) -> float | None:
        number = as_number(value)
        return None if number is None else call(number)

    return calculated


def _words(call: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else call(show(value))


def _substring(value: Any, start: float, length: float | None = None) -> str | None:
    end = None if length is None else int(start + length)
    return None if value is None else show(value)[int(start) : end]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": _number(abs),
    "bin": _bin,
    "ceil": _number(math.ceil),
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "concat": lambda *values: "".join(show(value) for value in values if value is not None),
    "floor": _number(math.floor),
    "frommillis": _number(Moment),
    "isblank": lambda value: value is None or not show(value).strip(),
    "isempty": lambda value: value is None or not show(value),
    "ispresent": lambda value: value is not None,
    "replace": lambda value, old, new: None if value is None else show(value).replace(old, new),
    "strcontains": lambda value, part: value is not None and show(part) in show(value),
    "strlen": _words(len),
    "substr": _substring,
    "tolower": _words(str.lower),
    "tomillis": _number(int),
    "toupper": _words(str.upper),
    "trim": _words(str.strip),
}
"""By their names in small letters."""
