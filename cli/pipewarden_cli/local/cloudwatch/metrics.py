"""The emulator's stored metrics as a source for the evaluator."""

from __future__ import annotations

from collections.abc import Iterable

from ministack.services import cloudwatch

from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.evaluator.samples import Samples

Key = tuple[str, str, str]
"""How the emulator files a metric: namespace, name, dimensions in its own spelling."""


def metric_key(metric: Metric) -> Key:
    """The emulator's key of exactly this metric."""
    return (metric.namespace, metric.name, cloudwatch._dims_key(dict(metric.dimensions)))


class EmulatorMetrics:
    """The metrics of the current account and region."""

    def samples(self, metric: Metric, unit: str | None, start: float, end: float) -> Samples:
        """The samples of the metric in a stretch of time, restricted to a unit if there is one."""
        points = cloudwatch._metrics.get(metric_key(metric)) or ()
        rows = sorted(
            (point["Timestamp"], *cloudwatch._point_stats(point))
            for point in list(points)
            if start <= point["Timestamp"] < end and (unit is None or point.get("Unit") == unit)
        )
        samples = Samples()
        for timestamp, count, total, low, high in rows:
            samples.add_set(timestamp, count, total, low, high)
        return samples

    def metrics(self) -> Iterable[Metric]:
        """Every metric with data."""
        for (namespace, name, _), points in cloudwatch._metrics.items():
            if points:
                yield Metric.of(namespace, name, points[0].get("Dimensions") or {})
