"""What an expression of metric math consists of."""

from __future__ import annotations

from dataclasses import dataclass

from pipewarden_cli.evaluator.errors import EvaluatorError


class ExpressionError(EvaluatorError):
    """What is wrong with an expression and where: `position` counts characters from 0."""

    def __init__(self, message: str, expression: str = "", position: int | None = None) -> None:
        where = "" if position is None else f" at character {position + 1}"
        super().__init__(f"{message}{where}" + (f" of {expression!r}" if expression else ""))
        self.position = position


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string: the argument of METRICS or SEARCH."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of a metric or of another expression."""

    id: str
    at: int


@dataclass(frozen=True, slots=True)
class Word:
    """An upper-case keyword argument: REPEAT, LINEAR, ASC, DESC, or the function name SORT sorts by."""

    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Listing:
    """`[a, b]`: an array of time series."""

    items: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Negation:
    """Unary minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands joined by an arithmetic, comparison or logical operator."""

    operator: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple[Node, ...]
    at: int


Node = Number | Text | Name | Word | Listing | Negation | Operation | Call
