"""What widgets ask for, and what answers them: samples, an account or the embedded AWS."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipewarden_cli.evaluator.query import Metric, MetricDataQuery
from pipewarden_cli.evaluator.samples import Grid
from pipewarden_cli.evaluator.series import Series


@dataclass(frozen=True)
class MetricRequest:
    """The queries of one widget over one regular grid. `accounts` are the ones its metrics name, in the same order."""

    queries: tuple[MetricDataQuery, ...]
    start: int
    end: int
    period: int
    region: str = ""
    accounts: tuple[str, ...] = ()

    @property
    def grid(self) -> Grid:
        """The periods of the answer."""
        return Grid.regular(self.start, self.period, max(1, -(-(self.end - self.start) // self.period)))


@dataclass(frozen=True)
class MetricAnswer:
    """The series of each query that is returned, by its id, over the request's grid; `error` says why some lack.

    `found` are the metrics behind the labels of series that a search found.
    """

    series: Mapping[str, Sequence[Series]] = field(default_factory=dict)
    error: str = ""
    found: Mapping[str, Metric] = field(default_factory=dict)

    def found_by(self, series: Series) -> Metric | None:
        """The metric of a series that came from a search."""
        return self.found.get(series.label)


@dataclass(frozen=True)
class LogRequest:
    """One Logs Insights query over a time."""

    query: str
    start: int
    end: int
    region: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogAnswer:
    """Rows in the query's order, each with a text per column; `error` says why there are none."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    error: str = ""


@dataclass(frozen=True)
class AlarmStatus:
    """An alarm as it is: `fields` are PutMetricAlarm's parameters, empty for a composite."""

    name: str
    state: str
    since: int | None = None
    reason: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


class Answers(Protocol):
    """A source of data. `prepare` may ask for many at once; the others then answer from what came."""

    def prepare(self, metrics: Iterable[MetricRequest], alarms: Iterable[str], logs: Iterable[LogRequest] = ()) -> None:
        """Fetch these now, in as few calls as possible."""

    def metric(self, request: MetricRequest) -> MetricAnswer:
        """The series of one request."""

    def alarms(self, arns: Sequence[str]) -> Sequence[AlarmStatus]:
        """The alarms that exist of these, in their order."""

    def logs(self, request: LogRequest) -> LogAnswer:
        """The rows of one query."""

    def search(self, text: str, region: str) -> Sequence[Metric]:
        """The metrics that a search finds."""
