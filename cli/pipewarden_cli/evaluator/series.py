"""Time series and the arithmetic between them.

Missing points: an operation between two series treats the point that only one of them has as 0 in the other; where
both lack it there is none ("Basic arithmetic functions" and "Comparison and logical operators" in the CloudWatch
user guide). A point that would need a division by zero is dropped.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from pipewarden_cli.evaluator.samples import Values


@dataclass(slots=True)
class Series:
    """One time series over the grid of its calculation."""

    label: str
    values: Values


Value = float | Series | list[Series]
"""What an expression yields on its way: a scalar, a time series, or an array of them."""

Scalar = Callable[[float, float], float]


def _power(base: float, exponent: float) -> float:
    result = base**exponent
    if isinstance(result, complex):
        raise ValueError("no real result")
    return float(result)


OPERATORS: dict[str, Scalar] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": _power,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "AND": lambda a, b: float(a != 0 and b != 0),
    "OR": lambda a, b: float(a != 0 or b != 0),
}


def apply(compute: Callable[..., float], *operands: float) -> float | None:
    """The finite result of a computation; None where it has none, which drops the point."""
    try:
        result = compute(*operands)
    except (ArithmeticError, ValueError):
        return None
    return result if math.isfinite(result) else None


def between_series(compute: Scalar, left: Values, right: Values) -> Values:
    """Point by point over two series, a point missing on one side counting as 0."""
    return [
        None if a is None and b is None else apply(compute, a or 0.0, b or 0.0)
        for a, b in zip(left, right, strict=True)
    ]


def mapped(compute: Callable[[float], float], values: Values) -> Values:
    """Point by point over one series, missing points staying missing."""
    return [None if value is None else apply(compute, value) for value in values]


def present(values: Values) -> list[float]:
    """The points that exist."""
    return [value for value in values if value is not None]


def columns(array: list[Series]) -> list[list[float]]:
    """For each period the values that the series of an array have there."""
    return [[v for v in column if v is not None] for column in zip(*(s.values for s in array), strict=True)]
