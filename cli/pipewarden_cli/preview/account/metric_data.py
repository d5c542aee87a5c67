"""GetMetricData for many widgets at once: one call for every 500 queries."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden_cli.evaluator.query import MetricDataQuery
from pipewarden_cli.evaluator.series import Series
from pipewarden_cli.preview.account.renaming import own_ids, renamed
from pipewarden_cli.preview.request import MetricAnswer, MetricRequest

QUERIES = 500
"""The most that GetMetricData takes in one call."""
MOST_PAGES = 50

Clients = Callable[[str, str], Any]
"""A client by service and region; an empty region is the environment's own."""


@dataclass
class MetricData:
    """Answers that came from GetMetricData, by request."""

    clients: Clients
    answers: dict[MetricRequest, MetricAnswer] = field(default_factory=dict)

    def fetch(self, requests: Iterable[MetricRequest]) -> None:
        """Ask for all of these that are not known yet."""
        missing = [request for request in dict.fromkeys(requests) if request not in self.answers]
        by_time: dict[tuple[str, int, int], list[MetricRequest]] = {}
        for request in missing:
            by_time.setdefault((request.region, request.start, request.end), []).append(request)
        for together in by_time.values():
            for batch in batches(together):
                self.answers.update(self._ask(batch))

    def _ask(self, batch: Sequence[MetricRequest]) -> dict[MetricRequest, MetricAnswer]:
        try:
            return self._call(batch)
        except ClientError as refused:
            if len(batch) == 1:
                return {batch[0]: MetricAnswer(error=_sentence(refused))}
            # One wrong expression refuses the whole call; ask for each widget alone, so that only that one lacks.
            return {request: answer for one in batch for request, answer in self._ask([one]).items()}
        except BotoCoreError as failed:
            return {request: MetricAnswer(error=f"{failed}") for request in batch}

    def _call(self, batch: Sequence[MetricRequest]) -> dict[MetricRequest, MetricAnswer]:
        ids = [own_ids(request, number) for number, request in enumerate(batch)]
        queries = [
            _api_query(query, request, own, account)
            for request, own in zip(batch, ids, strict=True)
            for query, account in itertools.zip_longest(request.queries, request.accounts[: len(request.queries)])
        ]
        found: dict[str, dict[tuple[str, int], dict[int, float]]] = {}
        for page in self._pages(batch[0], queries):
            seen: dict[str, int] = {}
            for result in page:
                # Series of a search share the id; their labels may repeat as well, hence the count.
                at = seen[result["Id"]] = seen.get(result["Id"], -1) + 1
                points = found.setdefault(result["Id"], {}).setdefault((result.get("Label", ""), at), {})
                stamps = (int(stamp.timestamp()) for stamp in result["Timestamps"])
                points.update(zip(stamps, result["Values"], strict=True))
        return {request: _answer(request, own, found) for request, own in zip(batch, ids, strict=True)}

    def _pages(self, first: MetricRequest, queries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        call: dict[str, Any] = {
            "MetricDataQueries": queries,
            "StartTime": datetime.fromtimestamp(first.start, UTC),
            "EndTime": datetime.fromtimestamp(first.end, UTC),
            "ScanBy": "TimestampAscending",
        }
        client = self.clients("cloudwatch", first.region)
        for _ in range(MOST_PAGES):
            answer = client.get_metric_data(**call)
            yield answer["MetricDataResults"]
            if not answer.get("NextToken"):
                return
            call["NextToken"] = answer["NextToken"]


def batches(requests: Iterable[MetricRequest]) -> Iterator[list[MetricRequest]]:
    """Requests in groups of at most 500 queries; a widget is never cut in two."""
    batch: list[MetricRequest] = []
    size = 0
    for request in requests:
        if batch and size + len(request.queries) > QUERIES:
            yield batch
            batch, size = [], 0
        batch.append(request)
        size += len(request.queries)
    if batch:
        yield batch


def _api_query(
    query: MetricDataQuery, request: MetricRequest, ids: dict[str, str], account: str | None
) -> dict[str, Any]:
    common: dict[str, Any] = {"Id": ids[query.id], "ReturnData": query.return_data}
    if account:
        common["AccountId"] = account
    stat = query.metric_stat
    if stat is None:
        return {**common, "Expression": renamed(query.expression or "", request, ids), "Period": request.period}
    metric = {
        "Namespace": stat.metric.namespace,
        "MetricName": stat.metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in stat.metric.dimensions],
    }
    return {**common, "MetricStat": {"Metric": metric, "Period": stat.period, "Stat": stat.statistic}}


def _answer(
    request: MetricRequest, ids: dict[str, str], found: dict[str, dict[tuple[str, int], dict[int, float]]]
) -> MetricAnswer:
    grid = request.grid
    series: dict[str, list[Series]] = {}
    for query in request.queries:
        rows = found.get(ids[query.id], {})
        series[query.id] = [Series(label, _on_grid(points, request, len(grid))) for (label, _), points in rows.items()]
        if query.return_data and query.metric_stat and not series[query.id]:
            series[query.id] = [Series(query.id, [None] * len(grid))]
    return MetricAnswer(series)


def _on_grid(points: dict[int, float], request: MetricRequest, count: int) -> list[float | None]:
    values: list[float | None] = [None] * count
    for at, value in points.items():
        index = (at - request.start) // request.period
        if 0 <= index < count:
            values[index] = float(value)
    return values


def _sentence(refused: ClientError) -> str:
    error = refused.response.get("Error", {})
    return f"{error.get('Code', 'Error')}: {error.get('Message', refused)}"
