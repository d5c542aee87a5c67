"""Metrics as lines of a log, of which CloudWatch makes metrics by itself: no call, no right, no wait.

Where Lambda collects what is printed. Format and limits (100 metrics a line, 100 values a metric):
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from pipewarden_job.series import Series, Value, gather

MOST_VALUES = 100
MOST_METRICS = 100
MILLISECONDS = 1000
Place = tuple[str, tuple[tuple[str, str], ...], int]


def embedded_lines(values: Iterable[Value]) -> Iterator[str]:
    """One line for each namespace, set of dimensions and minute; more where one would hold too much."""
    lines: dict[Place, list[dict[str, Series]]] = {}
    for series in gather(values, MOST_VALUES):
        metric = series.metric
        documents = lines.setdefault((metric.namespace, metric.dimensions, series.at), [{}])
        if metric.name in documents[-1] or len(documents[-1]) == MOST_METRICS:
            documents.append({})
        documents[-1][metric.name] = series
    for place, documents in lines.items():
        for document in documents:
            yield json.dumps(_document(place, document), separators=(",", ":"))


def _document(place: Place, document: dict[str, Series]) -> dict[str, Any]:
    namespace, dimensions, at = place
    directive = {
        "Namespace": namespace,
        "Dimensions": [[name for name, _ in dimensions]],
        "Metrics": [{"Name": name, "Unit": series.metric.unit} for name, series in document.items()],
    }
    numbers = {name: _short(series.values) for name, series in document.items()}
    envelope = {"Timestamp": at * MILLISECONDS, "CloudWatchMetrics": [directive]}
    return {"_aws": envelope, **dict(dimensions), **numbers}


def _short(values: list[float]) -> Any:
    return values[0] if len(values) == 1 else values


class EmbeddedMetrics:
    """Writes lines to a stream; standard output unless told."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def __call__(self, values: Iterable[Value]) -> None:
        for line in embedded_lines(values):
            print(line, file=self._stream or sys.stdout, flush=True)
