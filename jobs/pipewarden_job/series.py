"""Values of metrics, checked against what CloudWatch takes and gathered by metric and minute.

Limits: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

MOST_DIMENSIONS = 30
LONGEST_NAME, LONGEST_DIMENSION = 255, 1024
LARGEST = 2.0**360
MINUTE = 60
UNITS = frozenset({"None", "Count", "Percent", "Seconds", "Milliseconds", "Microseconds", "Bytes", "Kilobytes",
                   "Megabytes", "Gigabytes", "Bits", "Count/Second", "Bytes/Second"})  # fmt: skip


class Metric(NamedTuple):
    """What makes a metric in CloudWatch: another dimension, or another value of one, is another metric."""

    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]


class Value(NamedTuple):
    """One value, at a time in seconds since 1970."""

    metric: Metric
    value: float
    at: float


class Series(NamedTuple):
    """The values of one metric within one minute, which begins `at`."""

    metric: Metric
    at: int
    values: list[float]


def make_value(
    namespace: str, name: str, value: float, unit: str, dimensions: Mapping[str, object], at: float
) -> Value:
    """A value that CloudWatch takes. Raises ValueError where it would not."""
    texts = tuple((key, str(of)) for key, of in dimensions.items())
    wrong = {
        f"{value!r} is no finite number": not math.isfinite(value) or abs(value) > LARGEST,
        f"{unit} is no unit": unit not in UNITS,
        f"{name!r} is no name of a metric": not _fits(name, LONGEST_NAME) or name in dimensions,
        f"{namespace!r} is no namespace": not _fits(namespace, LONGEST_NAME) or namespace.startswith("AWS/"),
        f"more than {MOST_DIMENSIONS} dimensions": len(texts) > MOST_DIMENSIONS,
        f"{dict(texts)} are no dimensions": not all(
            _fits(key, LONGEST_NAME) and not key.startswith(":") and _fits(of, LONGEST_DIMENSION) for key, of in texts
        ),
    }
    if found := [why for why, holds in wrong.items() if holds]:
        raise ValueError(f"{name} was not written: {'; '.join(found)}")
    return Value(Metric(namespace, name, unit, texts), float(value), at)


def _fits(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isascii() and text.isprintable() and bool(text.strip())


def gather(values: Iterable[Value], most: int) -> Iterator[Series]:
    """The values by metric and minute, at most so many in one series."""
    found: dict[tuple[Metric, int], list[float]] = {}
    for value in values:
        found.setdefault((value.metric, int(value.at) // MINUTE * MINUTE), []).append(value.value)
    for (metric, at), numbers in found.items():
        for first in range(0, len(numbers), most):
            yield Series(metric, at, numbers[first : first + most])
