"""Reading JSON that anybody may have written: what is not of the expected type counts as absent."""

import math
from collections.abc import Mapping, Sequence
from typing import Any


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, otherwise an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> Sequence[Any]:
    """The value if it is an array, otherwise an empty one."""
    return value if isinstance(value, list) else ()


def text(value: object, default: str = "") -> str:
    """The value if it is a string or a number, as text."""
    if isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else default


def number(value: object) -> float | None:
    """The value if it is a finite number, or a string that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: object, default: int) -> int:
    """The value as a whole number."""
    found = number(value)
    return default if found is None else int(found)


def flag(value: object, default: bool = False) -> bool:
    """The value if it is true or false."""
    return value if isinstance(value, bool) else default
