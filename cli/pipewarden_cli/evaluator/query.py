"""Metric queries as the CloudWatch API writes them, and the source they are answered from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from pipewarden_cli.evaluator.samples import Samples


class Metric(NamedTuple):
    """One metric: namespace, name and the exact set of dimensions, sorted by name.

    A tuple, for it is the key by which samples are looked up: a tuple's hash costs a tenth of a dataclass's.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str] | None = None) -> Metric:
        """A metric from a plain mapping of dimensions."""
        return cls(namespace, name, tuple(sorted((dimensions or {}).items())))

    @classmethod
    def from_api(cls, fields: Mapping[str, Any]) -> Metric:
        """A metric from the API's `Namespace`, `MetricName` and `Dimensions`."""
        dimensions = {str(d["Name"]): str(d.get("Value", "")) for d in fields.get("Dimensions") or ()}
        return cls.of(str(fields.get("Namespace") or ""), str(fields.get("MetricName") or ""), dimensions)


@dataclass(frozen=True, slots=True)
class MetricStat:
    """A metric, its statistic and its period in seconds; `unit` restricts to samples published with that unit."""

    metric: Metric
    period: int
    statistic: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class MetricDataQuery:
    """One entry of `MetricDataQueries` or of an alarm's `Metrics`: a metric or an expression under an id."""

    id: str
    metric_stat: MetricStat | None = None
    expression: str | None = None
    label: str | None = None
    return_data: bool = True
    period: int | None = None

    @classmethod
    def from_api(cls, fields: Mapping[str, Any]) -> MetricDataQuery:
        """A query from its API form. Fields that are absent keep the API's defaults."""
        stat = fields.get("MetricStat")
        parsed = None
        if stat:
            parsed = MetricStat(
                metric=Metric.from_api(stat.get("Metric") or {}),
                period=int(stat.get("Period") or 60),
                statistic=str(stat.get("Stat") or "Average"),
                unit=stat.get("Unit") or None,
            )
        returns = fields.get("ReturnData", True)
        return cls(
            id=str(fields.get("Id") or ""),
            metric_stat=parsed,
            expression=fields.get("Expression") or None,
            label=fields.get("Label"),
            return_data=returns if isinstance(returns, bool) else str(returns).lower() != "false",
            period=int(fields["Period"]) if fields.get("Period") else None,
        )


class MetricSource(Protocol):
    """Where published samples come from."""

    def samples(self, metric: Metric, unit: str | None, start: float, end: float) -> Samples:
        """The samples of exactly this metric with `start <= timestamp < end`; more is allowed, less is not."""

    def metrics(self) -> Iterable[Metric]:
        """Every metric that has data; SEARCH looks through these."""


@dataclass(slots=True)
class RecordedMetrics:
    """A source that holds its samples in memory: for previews, replays and tests. Units are not kept."""

    recorded: dict[Metric, Samples] = field(default_factory=dict)

    def record(self, metric: Metric, timestamp: float, value: float) -> None:
        """Add one value."""
        self.recorded.setdefault(metric, Samples()).add(timestamp, value)

    def samples(self, metric: Metric, unit: str | None, start: float, end: float) -> Samples:  # noqa: ARG002
        """All samples of the metric."""
        return self.recorded.get(metric) or Samples()

    def metrics(self) -> Iterable[Metric]:
        """Every metric recorded so far."""
        return self.recorded
