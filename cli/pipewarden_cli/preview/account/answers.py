"""Answers from an account or the embedded AWS: GetMetricData, ListMetrics, DescribeAlarms, Logs Insights."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.evaluator.search import parse_search
from pipewarden_cli.preview.account.alarms import describe_alarms
from pipewarden_cli.preview.account.logs import ask
from pipewarden_cli.preview.account.metric_data import Clients, MetricData
from pipewarden_cli.preview.request import AlarmStatus, LogAnswer, LogRequest, MetricAnswer, MetricRequest
from pipewarden_cli.preview.widgets.alarm import alarm_name

MOST_PAGES = 10
"""Pages of 500 metrics that a search looks through."""
AT_ONCE = 4
"""Logs Insights queries at a time; an account runs at most 30 (100 in newer ones)."""


@dataclass
class AccountAnswers:
    """A source that asks AWS, and keeps what it was told."""

    clients: Clients
    region: str
    data: MetricData = field(init=False)
    _alarms: dict[str, AlarmStatus | None] = field(default_factory=dict)
    _logs: dict[LogRequest, LogAnswer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data = MetricData(self.clients)

    def prepare(self, metrics: Iterable[MetricRequest], alarms: Iterable[str], logs: Iterable[LogRequest] = ()) -> None:
        """Ask for everything of a dashboard, in as few calls as the services take."""
        self.data.fetch(metrics)
        by_region: dict[str, list[str]] = {}
        for arn in alarms:
            if arn not in self._alarms:
                self._alarms[arn] = None
                by_region.setdefault(self._region(arn), []).append(arn)
        for region, arns in by_region.items():
            found = {alarm.name: alarm for alarm in describe_alarms(map(alarm_name, arns), region, self.clients)}
            self._alarms |= {arn: found.get(alarm_name(arn)) for arn in arns}
        missing = [request for request in dict.fromkeys(logs) if request not in self._logs]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self._logs.update(zip(missing, pool.map(lambda request: ask(request, self.clients), missing), strict=True))

    def metric(self, request: MetricRequest) -> MetricAnswer:
        """What GetMetricData said."""
        self.data.fetch([request])
        return self.data.answers[request]

    def alarms(self, arns: Sequence[str]) -> Sequence[AlarmStatus]:
        """The alarms that exist."""
        self.prepare([], [arn for arn in arns if arn not in self._alarms])
        return [alarm for arn in arns if (alarm := self._alarms[arn])]

    def logs(self, request: LogRequest) -> LogAnswer:
        """What Logs Insights found."""
        self.prepare([], [], [request])
        return self._logs[request]

    def search(self, text: str, region: str) -> Sequence[Metric]:
        """Metrics by a search, out of those that ListMetrics names."""
        try:
            search = parse_search(text)
            return search.find(self._listed(search.namespace, region or self.region))
        except (EvaluatorError, ClientError):
            return []

    def _listed(self, namespace: str | None, region: str) -> Iterator[Metric]:
        call: dict[str, Any] = {"Namespace": namespace} if namespace else {}
        client = self.clients("cloudwatch", region)
        for _ in range(MOST_PAGES):
            answer = client.list_metrics(**call)
            yield from (Metric.from_api(row) for row in answer["Metrics"])
            if not answer.get("NextToken"):
                return
            call["NextToken"] = answer["NextToken"]

    def _region(self, arn: str) -> str:
        parts = arn.split(":")
        return parts[3] if len(parts) > 6 and parts[3] else self.region
