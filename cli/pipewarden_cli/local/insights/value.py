"""What fields hold: text, numbers, truth, moments, or None for what is missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]


class Moment(int):
    """Milliseconds since 1970, shown as CloudWatch shows times."""

    def __str__(self) -> str:
        at = datetime.fromtimestamp(self / 1000, UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def as_number(value: Any) -> float | None:
    """The number that a value is or spells; None for anything else."""
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def show(value: Any) -> str:
    """A value as GetQueryResults spells it: whole numbers without a fraction, truth as 1 and 0."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(round(value, 4))
    return str(value)


def compare(one: Any, other: Any) -> int | None:
    """Below zero, zero or above; as numbers where both are, otherwise as text. None where one is missing."""
    if one is None or other is None:
        return None
    numbers = as_number(one), as_number(other)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    texts = show(one), show(other)
    return (texts[0] > texts[1]) - (texts[0] < texts[1])


def order(value: Any) -> tuple[int, float, str]:
    """The key of `sort`: what is missing first, then numbers, then text."""
    number = as_number(value)
    if value is None:
        return 0, 0.0, ""
    return (1, number, "") if number is not None else (2, 0.0, show(value))
