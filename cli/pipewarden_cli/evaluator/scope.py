"""Walks the tree of one expression within a calculation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden_cli.evaluator import functions
from pipewarden_cli.evaluator.expression_tree import (
    Call,
    ExpressionError,
    Listing,
    Name,
    Negation,
    Node,
    Number,
    Operation,
    Text,
    Word,
)
from pipewarden_cli.evaluator.forms import FORMS
from pipewarden_cli.evaluator.series import OPERATORS, Scalar, Series, Value, apply, between_series, mapped

if TYPE_CHECKING:
    from pipewarden_cli.evaluator.calculation import Calculation


class Scope:
    """The text of an expression, and the calculation that knows the ids it names."""

    def __init__(self, calculation: Calculation, text: str) -> None:
        self.calculation = calculation
        self.grid = calculation.grid
        self.text = text

    def fail(self, message: str, at: int) -> ExpressionError:
        """The error to raise, pointing into the expression."""
        return ExpressionError(message, self.text, at)

    def value(self, node: Node) -> Value:
        """What a part of the expression yields. Raises ExpressionError."""
        match node:
            case Number(number):
                return number
            case Name(name, at):
                if name not in self.calculation.queries:
                    raise self.fail(f"there is no metric or expression with the id {name!r}", at)
                return self.calculation.value(name)
            case Negation(operand):
                return self._operate("*", -1.0, self.value(operand), 0)
            case Operation(sign, left, right, at):
                return self._operate(sign, self.value(left), self.value(right), at)
            case Listing(items, at):
                return self._listing(items, at)
            case Call(name, arguments, at):
                return self._call(name, arguments, at)
            case Text():
                raise ExpressionError("a string stands only in METRICS() and SEARCH()", self.text)
            case Word(word, at):
                raise self.fail(f"{word} is neither a function call nor an id", at)

    def _listing(self, items: tuple[Node, ...], at: int) -> list[Series]:
        found: list[Series] = []
        for item in items:
            value = self.value(item)
            if isinstance(value, float):
                raise self.fail("an array holds time series, not numbers", at)
            found.extend(value if isinstance(value, list) else [value])
        return found

    def _operate(self, sign: str, left: Value, right: Value, at: int) -> Value:
        compute = OPERATORS[sign]
        if isinstance(left, list):
            if isinstance(right, list):
                raise self.fail("an operator takes at most one array of time series", at)
            return [self._on_series(compute, series, right) for series in left]
        if isinstance(right, list):
            return [self._on_series(compute, left, series) for series in right]
        if isinstance(left, Series) or isinstance(right, Series):
            return self._on_series(compute, left, right)
        result = apply(compute, left, right)
        if result is None:
            raise self.fail("this has no finite result", at)
        return result

    def _on_series(self, compute: Scalar, left: float | Series, right: float | Series) -> Series:
        if isinstance(left, Series):
            if isinstance(right, Series):
                return Series(left.label, between_series(compute, left.values, right.values))
            number = right
            return Series(left.label, mapped(lambda value: compute(value, number), left.values))
        assert isinstance(right, Series)
        return Series(right.label, mapped(lambda value: compute(left, value), right.values))

    def _call(self, name: str, arguments: tuple[Node, ...], at: int) -> Value:
        if name in FORMS:
            return FORMS[name](self, arguments, at)
        if name in functions.POINTWISE:
            return functions.pointwise(name, self.series(name, arguments, at))
        if name in functions.REDUCERS:
            value = self.series(name, arguments, at)
            return functions.reduce(name, value) if value else self.empty(name)
        if name in functions.CALENDAR:
            self.series(name, arguments, at)
            return Series(name, functions.calendar(name, self.grid))
        if name in functions.DIFFERENCES:
            value = self.series(name, arguments, at)
            return functions.each(lambda values: functions.differences(name, values, self.grid), value)
        raise self.fail(f"there is no function {name}", at)

    def empty(self, label: str) -> Series:
        """A series without points."""
        return Series(label, [None] * len(self.grid))

    def arity(self, name: str, arguments: tuple[Node, ...], at: int, least: int, most: int) -> None:
        """Raise ExpressionError unless the function has between `least` and `most` arguments."""
        if not least <= len(arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise self.fail(f"{name} takes {wanted} argument{'s' * (most > 1)}, not {len(arguments)}", at)

    def series(self, name: str, arguments: tuple[Node, ...], at: int) -> Series | list[Series]:
        """The only argument, which must be a time series or an array of them."""
        self.arity(name, arguments, at, 1, 1)
        return self.series_at(name, arguments[0], at)

    def series_at(self, name: str, node: Node, at: int) -> Series | list[Series]:
        """An argument that must be a time series or an array of them."""
        value = self.value(node)
        if isinstance(value, float):
            raise self.fail(f"{name} takes a time series, not a number", at)
        return value

    def array_at(self, name: str, node: Node, at: int) -> list[Series]:
        """An argument that is an array of time series; a single one counts as an array of one."""
        value = self.series_at(name, node, at)
        return value if isinstance(value, list) else [value]

    def number_at(self, name: str, node: Node, at: int) -> float:
        """An argument that must be a number."""
        value = self.value(node)
        if not isinstance(value, float):
            raise self.fail(f"{name} takes a number here, not a time series", at)
        return value
