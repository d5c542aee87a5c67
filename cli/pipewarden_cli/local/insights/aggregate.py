"""`stats`: rows put together by what they have in common."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipewarden_cli.local.insights.expression import Call, Literal, Node, Operation, calculate, evaluate
from pipewarden_cli.local.insights.token import QueryError
from pipewarden_cli.local.insights.value import Row, as_number, order, show

Named = tuple[str, Node]


def put_together(rows: Sequence[Row], wanted: Sequence[Named], by: Sequence[Named]) -> list[Row]:
    """A row for each group, its grouping fields first; without `by` one row for all."""
    groups: dict[tuple[str | None, ...], tuple[Row, list[Row]]] = {}
    for row in rows:
        keys = {name: evaluate(node, row) for name, node in by}
        shown = tuple(None if value is None else show(value) for value in keys.values())
        groups.setdefault(shown, (keys, []))[1].append(row)
    if not by and not groups:
        groups[()] = ({}, [])
    return [{**keys, **{name: total(node, found) for name, node in wanted}} for keys, found in groups.values()]


def total(node: Node, rows: Sequence[Row]) -> Any:
    """What an expression over aggregates gives for the rows of a group. Raises QueryError."""
    if isinstance(node, Call) and node.name.lower() in _AGGREGATES:
        return _AGGREGATES[node.name.lower()](node.arguments, rows)
    if isinstance(node, Operation):
        return calculate(node.sign, total(node.left, rows), total(node.right, rows))
    if isinstance(node, Literal):
        return node.value
    raise QueryError("stats takes aggregates such as count(*) or sum(field)")


def _present(arguments: Sequence[Node], rows: Sequence[Row]) -> list[Any]:
    found = [evaluate(arguments[0], row) for row in rows]
    return [value for value in found if value is not None]


def _count(arguments: Sequence[Node], rows: Sequence[Row]) -> int:
    return len(_present(arguments, rows)) if arguments else len(rows)


def _of_numbers(call: Callable[[list[float]], float]) -> Callable[[Sequence[Node], Sequence[Row]], float | None]:
    def calculated(arguments: Sequence[Node], rows: Sequence[Row]) -> float | None:
        numbers = [number for value in _present(arguments, rows) if (number := as_number(value)) is not None]
        return call(numbers) if numbers else None

    return calculated


def _extreme(choose: Callable[..., Any]) -> Callable[[Sequence[Node], Sequence[Row]], Any]:
    return lambda arguments, rows: choose(_present(arguments, rows), key=order, default=None)


def _percentile(arguments: Sequence[Node], rows: Sequence[Row]) -> float | None:
    percent = as_number(evaluate(arguments[1], {})) or 0.0
    numbers = sorted(number for value in _present(arguments, rows) if (number := as_number(value)) is not None)
    return numbers[max(0, math.ceil(percent / 100 * len(numbers)) - 1)] if numbers else None


def _at_the_end(choose: Callable[..., Any]) -> Callable[[Sequence[Node], Sequence[Row]], Any]:
    def found(arguments: Sequence[Node], rows: Sequence[Row]) -> Any:
        having = [row for row in rows if evaluate(arguments[0], row) is not None]
        row = choose(having, key=lambda row: row.get("@timestamp", 0), default=None)
        return None if row is None else evaluate(arguments[0], row)

    return found


_AGGREGATES: Mapping[str, Callable[[Sequence[Node], Sequence[Row]], Any]] = {
    "avg": _of_numbers(statistics.fmean),
    "count": _count,
    "count_distinct": lambda arguments, rows: len({show(value) for value in _present(arguments, rows)}),
    "earliest": _at_the_end(min),
    "latest": _at_the_end(max),
    "max": _extreme(max),
    "min": _extreme(min),
    "pct": _percentile,
    "stddev": _of_numbers(lambda numbers: statistics.stdev(numbers) if len(numbers) > 1 else 0.0),
    "sum": _of_numbers(math.fsum),
}
