"""Metrics Insights: queries over all metrics of a kind, one time series a group.

Grammar and rules: "Query components and syntax in CloudWatch Metrics Insights" and "SQL inference" in the CloudWatch
user guide. Keywords are case-insensitive, names are not; conditions are `=` and `!=`, joined by AND only. Labels that
are no dimensions (`tag.env`, `AWS.AccountId`) are refused: samples carry neither tags nor accounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pipewarden_cli.evaluator.expression_tree import ExpressionError
from pipewarden_cli.evaluator.query import Metric, MetricSource
from pipewarden_cli.evaluator.samples import Grid, Samples, Values
from pipewarden_cli.evaluator.series import present
from pipewarden_cli.evaluator.statistic import aggregate

Group = tuple[tuple[str, str], ...]
"""The labels of one time series and their values, in the order of GROUP BY."""

STATISTICS = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
MOST_SERIES = 500
OTHER = "Other"
"""The value of a label that a metric does not have."""

_TOKEN = re.compile(
    r"""\s*(?:"(?P<name>(?:[^"\\]|\\.)*)"|'(?P<value>(?:[^'\\]|\\.)*)'|(?P<word>[A-Za-z0-9_.]+)|(?P<sign>!=|[=(),]))"""
)
_KEYWORDS = frozenset(("SELECT", "FROM", "SCHEMA", "WHERE", "AND", "GROUP", "BY", "ORDER", "ASC", "DESC", "LIMIT"))
_UNKNOWN_LABELS = ("tag.", "AWS.AccountId")


@dataclass(frozen=True, slots=True)
class Insights:
    """A read query. `labels` are SCHEMA's dimensions, None without SCHEMA; `conditions` are (label, value, whether it
    must be equal); `order` is (function, whether the greatest comes first)."""

    function: str
    metric: str
    namespace: str
    labels: frozenset[str] | None
    conditions: tuple[tuple[str, str, bool], ...]
    group_by: tuple[str, ...]
    order: tuple[str, bool] | None
    limit: int

    def matches(self, metric: Metric) -> bool:
        """Whether the query looks at the metric. `!=` holds for a label that the metric does not have."""
        if (metric.namespace, metric.name) != (self.namespace, self.metric):
            return False
        found = dict(metric.dimensions)
        if self.labels is not None and found.keys() != self.labels:
            return False
        return all((found.get(label) == value) is equal for label, value, equal in self.conditions)

    def group(self, metric: Metric) -> Group:
        """The time series that a metric belongs to."""
        found = dict(metric.dimensions)
        return tuple((label, found.get(label, OTHER)) for label in self.group_by)


def is_insights(expression: str) -> bool:
    """Whether an expression is a Metrics Insights query instead of metric math."""
    return expression.lstrip()[:7].upper() == "SELECT "


def calculate(query: Insights, source: MetricSource, grid: Grid) -> list[tuple[Group, Values]]:
    """The time series in the query's order; a group without data has none. Without GROUP BY there is exactly one."""
    members: dict[Group, list[Metric]] = {} if query.group_by else {(): []}
    for metric in source.metrics():
        if query.matches(metric):
            members.setdefault(query.group(metric), []).append(metric)
    statistic = STATISTICS[query.function]
    found = [
        (group, aggregate(_together(source, metrics, grid), statistic, grid))
        for group, metrics in sorted(members.items())
    ]
    if not query.group_by:
        return found
    found = [(group, values) for group, values in found if present(values)]
    if query.order is not None:
        function, greatest_first = query.order
        found.sort(key=lambda row: _scalar(function, present(row[1])), reverse=greatest_first)
    return found[: query.limit]


def _together(source: MetricSource, metrics: Iterable[Metric], grid: Grid) -> Samples:
    """All observations of several metrics as if of one."""
    samples = Samples()
    for metric in metrics:
        found = source.samples(metric, None, grid.starts[0], grid.end)
        for row in zip(found.timestamps, found.counts, found.sums, found.minimums, found.maximums, strict=True):
            samples.add_set(*row)
    return samples


def _scalar(function: str, values: list[float]) -> float:
    return {
        "AVG": sum(values) / len(values),
        "COUNT": float(len(values)),
        "MAX": max(values),
        "MIN": min(values),
        "SUM": sum(values),
    }[function]


@lru_cache(maxsize=512)
def parse_insights(text: str) -> Insights:
    """A query from its text. Raises ExpressionError."""
    return _Words(text).query()


class _Words:
    """Reads the query word by word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        at, end = 0, len(text.rstrip().rstrip(";").rstrip())
        while at < end:
            match = _TOKEN.match(text, at, end)
            if match is None:
                raise ExpressionError("cannot read the query", text, at)
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind], match.start(kind)))
            at = match.end()
        self.index = 0

    def query(self) -> Insights:
        self.keyword("SELECT")
        function = self.function()
        self.sign("(")
        metric = self.name("a metric")
        self.sign(")")
        self.keyword("FROM")
        namespace, labels = self.source()
        conditions = self.conditions() if self.takes("WHERE") else ()
        group_by: tuple[str, ...] = ()
        if self.takes("GROUP"):
            self.keyword("BY")
            group_by = tuple(self.listed())
        order = self.order() if self.takes("ORDER") else None
        limit = self.limit() if self.takes("LIMIT") else MOST_SERIES
        if self.index < len(self.tokens):
            raise self.fail("nothing more")
        return Insights(function, metric, namespace, labels, conditions, group_by, order, limit)

    def source(self) -> tuple[str, frozenset[str] | None]:
        if not self.takes("SCHEMA"):
            return self.name("a namespace"), None
        self.sign("(")
        namespace = self.name("a namespace")
        labels = self.listed() if self.takes(",", "sign") else []
        self.sign(")")
        return namespace, frozenset(labels)

    def conditions(self) -> tuple[tuple[str, str, bool], ...]:
        found = [self.condition()]
        while self.takes("AND"):
            found.append(self.condition())
        return tuple(found)

    def condition(self) -> tuple[str, str, bool]:
        label = self.label()
        equal = self.takes("=", "sign")
        if not equal:
            self.sign("!=")
        kind, value, _ = self.peek()
        if kind != "value":
            raise self.fail("a value in single quotation marks")
        self.index += 1
        return label, _unescaped(value), equal

    def order(self) -> tuple[str, bool]:
        self.keyword("BY")
        function = self.function()
        self.sign("(")
        self.sign(")")
        greatest_first = self.takes("DESC")
        if not greatest_first:
            self.takes("ASC")
        return function, greatest_first

    def limit(self) -> int:
        kind, text, _ = self.peek()
        if kind != "word" or not text.isdecimal() or not 1 <= int(text) <= MOST_SERIES:
            raise self.fail(f"a number from 1 to {MOST_SERIES}")
        self.index += 1
        return int(text)

    def listed(self) -> list[str]:
        found = [self.label()]
        while self.takes(",", "sign"):
            found.append(self.label())
        return found

    def label(self) -> str:
        kind, text, at = self.peek()
        if kind == "word" and text.startswith(_UNKNOWN_LABELS):
            raise ExpressionError(f"{text} is no dimension, and only dimensions are known here", self.text, at)
        return self.name("a label")

    def name(self, what: str) -> str:
        kind, text, _ = self.peek()
        bare = kind == "word" and "." not in text and text.upper() not in _KEYWORDS
        if kind != "name" and not bare:
            raise self.fail(f"{what}, in double quotation marks where it is not of letters, digits and _")
        self.index += 1
        return _unescaped(text)

    def function(self) -> str:
        kind, text, _ = self.peek()
        if kind != "word" or text.upper() not in STATISTICS:
            raise self.fail(f"one of {', '.join(sorted(STATISTICS))}")
        self.index += 1
        return text.upper()

    def keyword(self, word: str) -> None:
        if not self.takes(word):
            raise self.fail(word)

    def sign(self, sign: str) -> None:
        if not self.takes(sign, "sign"):
            raise self.fail(repr(sign))

    def takes(self, text: str, kind: str = "word") -> bool:
        found, word, _ = self.peek()
        if found != kind or word.upper() != text:
            return False
        self.index += 1
        return True

    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.index] if self.index < len(self.tokens) else ("end", "", len(self.text))

    def fail(self, wanted: str) -> ExpressionError:
        return ExpressionError(f"expected {wanted}", self.text, self.peek()[2])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
