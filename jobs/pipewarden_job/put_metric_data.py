"""Metrics by calls of CloudWatch's API, for jobs whose output is no log that CloudWatch reads metrics from: Glue, ECS.

A call takes 1,000 metrics, 150 values of each, and 1 MB:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html. The role needs
`cloudwatch:PutMetricData`; the condition key `cloudwatch:namespace` bounds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote_plus

from pipewarden_job.series import Series, Value, gather

MOST_METRICS = 1_000
MOST_VALUES = 150
MOST_BYTES = 900_000
KEY_BYTES = 64
"""No key of the query protocol is longer: `MetricData.member.1000.Dimensions.member.30.Value=` and an `&`."""
NUMBER_BYTES = 30
ATTEMPTS = 6


def batches(values: Iterable[Value]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What each call takes: a namespace and its `MetricData`."""
    batch: list[dict[str, Any]] = []
    namespace, size = "", 0
    for series in sorted(gather(values, MOST_VALUES), key=lambda found: found.metric.namespace):
        more = _bytes(series)
        if batch and (series.metric.namespace != namespace or len(batch) == MOST_METRICS or size + more > MOST_BYTES):
            yield namespace, batch
            batch, size = [], 0
        namespace = series.metric.namespace
        batch.append(_datum(series))
        size += more
    if batch:
        yield namespace, batch


def _datum(series: Series) -> dict[str, Any]:
    metric = series.metric
    return {
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        "Timestamp": datetime.fromtimestamp(series.at, timezone.utc),
        "Unit": metric.unit,
        "Values": series.values,
    }


def _bytes(series: Series) -> int:
    """As form fields, the longest way in which a client of any age writes a call."""
    texts = [series.metric.name, series.metric.unit, *(text for pair in series.metric.dimensions for text in pair)]
    fields = len(texts) + 1 + len(series.values)
    numbers = NUMBER_BYTES * (1 + len(series.values))
    return KEY_BYTES * fields + numbers + sum(len(quote_plus(text)) for text in texts)


class PutMetricData:
    """Calls the API with a client of CloudWatch; makes one that tries up to six times unless told."""

    def __init__(self, client: Any | None = None) -> None:
        self._client = client

    def __call__(self, values: Iterable[Value]) -> None:
        for namespace, data in batches(values):
            self._cloudwatch().put_metric_data(Namespace=namespace, MetricData=data)

    def _cloudwatch(self) -> Any:
        if self._client is None:
            import boto3
            from botocore.config import Config

            config = Config(retries={"mode": "standard", "max_attempts": ATTEMPTS})
            self._client = boto3.client("cloudwatch", config=config)
        return self._client
