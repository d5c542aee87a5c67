"""How one condition on a dead letter is judged: what lies at a place, and how it compares."""

from typing import Any

WORDS = {"true": True, "false": False, "null": None}
NOTHING = object()
"""What a place holds that is not there; JSON's null is there."""


def has_step(found: Any, step: str | int) -> bool:
    """Whether JSON has this key or index."""
    if isinstance(step, int):
        return isinstance(found, list) and step < len(found)
    return isinstance(found, dict) and step in found


def number_of(text: Any) -> Any:
    """The number in an attribute; NOTHING where it is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return NOTHING


def text_of(value: Any) -> str:
    """The value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def is_same(found: Any, value: Any) -> bool:
    """Whether both are equal and of the same kind."""
    if isinstance(found, bool) or isinstance(value, bool) or value is None:
        return found is value
    return found is not NOTHING and bool(found == value)


def compares(found: Any, sign: str, value: Any) -> bool:
    """Whether the sign holds between what was found and the value; order is among texts or among numbers only."""
    if sign in ("=", "!="):
        return is_same(found, value) == (sign == "=")
    if isinstance(found, str) and isinstance(value, str):
        return _in_order(found, sign, value)
    if isinstance(found, int | float) and isinstance(value, float) and not isinstance(found, bool):
        return _in_order(float(found), sign, value)
    return False


def _in_order(found: str | float, sign: str, value: Any) -> bool:
    order = bool(found < value) if sign.startswith("<") else bool(found > value)
    return order or (sign.endswith("=") and found == value)
