"""GetMetricData with metric math."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.services import cloudwatch

from pipewarden_cli.evaluator.calculation import Calculation
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.query import MetricDataQuery
from pipewarden_cli.evaluator.samples import Grid
from pipewarden_cli.evaluator.series import Series
from pipewarden_cli.local.cloudwatch.metrics import EmulatorMetrics

# The emulator keeps two weeks; asking for more yields nothing but empty periods.
_KEPT_SECONDS = 15 * 86400


def get_metric_data(_params: Any, data: Mapping[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
    """Answer GetMetricData."""
    try:
        results = calculate(data)
    except EvaluatorError as wrong:
        return cloudwatch._error("ValidationError", str(wrong), 400, use_json=is_json, use_cbor=is_cbor)
    if is_cbor:
        return cloudwatch._cbor_ok({"MetricDataResults": [cloudwatch._cbor_metric_data_result(r) for r in results]})
    return cloudwatch._json_ok({"MetricDataResults": results})


def calculate(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The results of a request, newest point first unless ScanBy asks for the opposite. Raises EvaluatorError."""
    queries = [MetricDataQuery.from_api(query) for query in request.get("MetricDataQueries") or ()]
    now = time.time()
    start = max(cloudwatch._parse_ts(request.get("StartTime")) or 0.0, now - _KEPT_SECONDS)
    end = min(cloudwatch._parse_ts(request.get("EndTime")) or now, now + _KEPT_SECONDS)
    ascending = request.get("ScanBy") == "TimestampAscending"
    shortest = min((query.metric_stat.period for query in queries if query.metric_stat), default=None)
    calculations: dict[int, Calculation] = {}
    results: list[dict[str, Any]] = []
    for query in queries:
        if not query.return_data:
            continue
        step = _step(query, shortest)
        calculation = calculations.get(step) or Calculation(queries, EmulatorMetrics(), _grid(start, end, step))
        calculations[step] = calculation
        results.extend(
            _result(query, series, calculation.grid, start, end, ascending) for series in _series(calculation, query)
        )
    return results


def _series(calculation: Calculation, query: MetricDataQuery) -> Iterable[Series]:
    return calculation.result(query.id) if len(calculation.grid) else [Series(query.label or query.id, [])]


def _step(query: MetricDataQuery, shortest: int | None) -> int:
    if query.metric_stat is not None:
        return query.metric_stat.period
    step = shortest or query.period or 60
    if step < 1:
        raise EvaluatorError("a period must be at least a second")
    return step


def _grid(start: float, end: float, step: int) -> Grid:
    first = math.floor(start / step) * step
    return Grid.regular(first, step, max(0, math.ceil((end - first) / step)))


def _result(
    query: MetricDataQuery, series: Series, grid: Grid, start: float, end: float, ascending: bool
) -> dict[str, Any]:
    first = math.floor(start / grid.period) * grid.period
    points = [
        (at, value)
        for at, value in zip(grid.starts, series.values, strict=True)
        if value is not None and first <= at < end
    ]
    if not ascending:
        points.reverse()
    label = series.label
    if query.metric_stat is not None and not query.label:
        label = query.metric_stat.metric.name
    return {
        "Id": query.id,
        "Label": label,
        "Timestamps": [cloudwatch._ts_iso(at) for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }
