"""Calculates the queries of one request: metrics, expressions over them, and expressions over expressions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipewarden_cli.evaluator import insights
from pipewarden_cli.evaluator.expression import parse_expression
from pipewarden_cli.evaluator.expression_tree import ExpressionError
from pipewarden_cli.evaluator.query import MetricDataQuery, MetricSource, MetricStat
from pipewarden_cli.evaluator.samples import Grid, Values
from pipewarden_cli.evaluator.scope import Scope
from pipewarden_cli.evaluator.series import Series, Value
from pipewarden_cli.evaluator.statistic import aggregate

_LONGEST_CHAIN = 40
"""Expressions over expressions over expressions: as deep as anybody goes, and clear of Python's recursion limit."""


class Calculation:
    """The values of a set of queries over one grid; each query is calculated at most once."""

    def __init__(self, queries: Iterable[MetricDataQuery], source: MetricSource, grid: Grid) -> None:
        self.queries = {query.id: query for query in queries}
        self.source = source
        self.grid = grid
        self._known: dict[str, Value] = {}
        self._open: list[str] = []

    def result(self, query_id: str) -> list[Series]:
        """The time series a query yields. Raises ExpressionError, also when it yields only a number."""
        value = self.value(query_id)
        if isinstance(value, float):
            raise ExpressionError(f"{query_id} yields a number, not a time series", self._text(query_id))
        return value if isinstance(value, list) else [value]

    def value(self, query_id: str) -> Value:
        """The value of one query by its id."""
        if query_id not in self._known:
            query = self.queries.get(query_id)
            if query is None:
                raise ExpressionError(f"there is no metric or expression with the id {query_id!r}")
            if query_id in self._open:
                raise ExpressionError(f"{' -> '.join([*self._open, query_id])} refer to each other")
            if len(self._open) >= _LONGEST_CHAIN:
                raise ExpressionError(f"more than {_LONGEST_CHAIN} expressions refer to one another in a row")
            self._open.append(query_id)
            try:
                self._known[query_id] = self._calculate(query)
            finally:
                self._open.pop()
        return self._known[query_id]

    def over(self, grid: Grid) -> Calculation:
        """The same queries over another grid."""
        return Calculation(self.queries.values(), self.source, grid)

    def metric_values(self, stat: MetricStat) -> Values:
        """A metric's statistic over the grid.

        A metric with a longer period than the grid has a value only where one of its own periods starts.
        """
        samples = self.source.samples(stat.metric, stat.unit, self.grid.starts[0], self.grid.end + stat.period)
        if stat.period <= self.grid.period or not isinstance(self.grid.starts, range):
            return aggregate(samples, stat.statistic, self.grid)
        step, first = self.grid.period, self.grid.starts[0]
        offset = -first % stat.period
        own = Grid.regular(first + offset, stat.period, max(0, -(-(len(self.grid) * step - offset) // stat.period)))
        values: Values = [None] * len(self.grid)
        for start, value in zip(own.starts, aggregate(samples, stat.statistic, own) if len(own) else (), strict=True):
            values[int(start - first) // step] = value
        return values

    def _text(self, query_id: str) -> str:
        return self.queries[query_id].expression or ""

    def _calculate(self, query: MetricDataQuery) -> Value:
        if query.metric_stat is not None:
            return Series(query.label or query.id, self.metric_values(query.metric_stat))
        if query.expression is None:
            raise ExpressionError(f"{query.id} has neither a metric nor an expression")
        if insights.is_insights(query.expression):
            return self._insights(query, query.expression)
        value = Scope(self, query.expression).value(parse_expression(query.expression))
        if isinstance(value, Series):
            return replace(value, label=query.label or query.id)
        if isinstance(value, list) and query.label:
            return [replace(series, label=f"{query.label} {series.label}") for series in value]
        return value

    def _insights(self, query: MetricDataQuery, expression: str) -> Value:
        parsed = insights.parse_insights(expression)
        found = insights.calculate(parsed, self.source, self.grid)
        if not parsed.group_by:
            return Series(query.label or query.id, found[0][1])
        head = [query.label] if query.label else []
        return [Series(" ".join([*head, *(value for _, value in group)]), values) for group, values in found]
