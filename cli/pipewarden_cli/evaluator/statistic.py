"""The statistics CloudWatch computes per period.

Names and rules: "CloudWatch statistics definitions" in the CloudWatch user guide. Percentile-like statistics need raw
values and do not exist for metrics with negative values.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache

from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.samples import Grid, Samples, Values

Statistic = Callable[[Samples, int, int], float | None]
Weighted = list[tuple[float, float]]

_SHORT = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)")
_RANGE = re.compile(r"(TM|TC|TS|WM|PR)\((-?[\d.]*)(%?):(-?[\d.]*)(%?)\)")


class StatisticError(EvaluatorError):
    """A statistic name that CloudWatch does not know."""


def _count(samples: Samples, low: int, high: int) -> float | None:
    return sum(samples.counts[low:high])


# Most periods hold one sample: that is taken as it is, which takes half the time of a slice and its sum.
def _sum(samples: Samples, low: int, high: int) -> float | None:
    return samples.sums[low] if high - low == 1 else sum(samples.sums[low:high])


def _average(samples: Samples, low: int, high: int) -> float | None:
    if high - low == 1:
        return samples.sums[low] / samples.counts[low]
    return sum(samples.sums[low:high]) / sum(samples.counts[low:high])


def _minimum(samples: Samples, low: int, high: int) -> float | None:
    return samples.minimums[low] if high - low == 1 else min(samples.minimums[low:high])


def _maximum(samples: Samples, low: int, high: int) -> float | None:
    return samples.maximums[low] if high - low == 1 else max(samples.maximums[low:high])


_BASIC: dict[str, Statistic] = {
    "SampleCount": _count,
    "Sum": _sum,
    "Average": _average,
    "Minimum": _minimum,
    "Maximum": _maximum,
}


@lru_cache(maxsize=512)
def read_statistic(name: str) -> Statistic:
    """The computation behind a statistic name such as `Average`, `p99.9`, `tm90`, `IQM` or `TM(10%:90%)`.

    Raises StatisticError for a name CloudWatch does not know.
    """
    if name in _BASIC:
        return _BASIC[name]
    if name == "IQM":
        name = "TM(25%:75%)"
    if short := _SHORT.fullmatch(name):
        share = float(short[2])
        if share > 100:
            raise StatisticError(f"{name}: a percentile lies between 0 and 100")
        if short[1] == "p":
            return lambda samples, low, high: _over_raw(samples, low, high, lambda raw: percentile(raw, share))
        return _trimmed(short[1].upper(), 0.0, share, True)
    if ranged := _RANGE.fullmatch(name):
        return _ranged(name, ranged)
    raise StatisticError(f"{name!r} is not a CloudWatch statistic")


def _ranged(name: str, match: re.Match[str]) -> Statistic:
    kind, low_text, low_unit, high_text, high_unit = match.groups()
    shares = bool(low_unit or high_unit)
    if not (low_text or high_text) or (low_text and high_text and low_unit != high_unit) or (kind == "PR" and shares):
        raise StatisticError(f"{name!r} does not name a range CloudWatch takes")
    try:
        low = float(low_text) if low_text else (0.0 if shares else float("-inf"))
        high = float(high_text) if high_text else (100.0 if shares else float("inf"))
    except ValueError:
        raise StatisticError(f"{name!r} has a bound that is not a number") from None
    return _trimmed(kind, low, high, shares)


def _trimmed(kind: str, low: float, high: float, shares: bool) -> Statistic:
    def compute(raw: Weighted) -> float | None:
        bottom, top = (percentile(raw, low), percentile(raw, high)) if shares else (low, high)
        # Bounds given as percentages keep their edges; absolute bounds exclude the lower one (statistics definitions).
        kept = [(v, w) for v, w in raw if (bottom <= v if shares else bottom < v) and v <= top]
        weight = sum(w for _, w in kept)
        total = sum(v * w for v, w in kept)
        if kind == "TC":
            return weight
        if kind == "TS":
            return total
        if kind == "PR":
            return 100.0 * weight / sum(w for _, w in raw)
        if kind == "WM":
            return sum(min(max(v, bottom), top) * w for v, w in raw) / sum(w for _, w in raw)
        return total / weight if weight else None

    return lambda samples, first, last: _over_raw(samples, first, last, compute)


def _over_raw(samples: Samples, low: int, high: int, compute: Callable[[Weighted], float | None]) -> float | None:
    least, greatest = samples.minimums[low:high], samples.maximums[low:high]
    if least != greatest or min(least) < 0:
        return None
    return compute(sorted(zip(least, samples.counts[low:high], strict=True)))


def percentile(ordered: Weighted, share: float) -> float:
    """The value below which `share` percent of the weighted values lie, interpolated between its neighbours."""
    total = sum(weight for _, weight in ordered)
    rank = share / 100.0 * (total - 1) if total > 1 else 0.0
    lower = int(rank)

    def at(index: int) -> float:
        seen = 0.0
        for value, weight in ordered:
            seen += weight
            if index < seen:
                return value
        return ordered[-1][0]

    base = at(lower)
    return base + (rank - lower) * (at(lower + 1) - base) if rank > lower else base


def percentile_share(name: str) -> float | None:
    """99.0 for `p99`; None for a statistic that is not a percentile."""
    match = _SHORT.fullmatch(name)
    return float(match[2]) if match and match[1] == "p" else None


def aggregate(samples: Samples, name: str, grid: Grid) -> Values:
    """One value of the statistic per period of the grid."""
    compute = read_statistic(name)
    return [compute(samples, low, high) if high > low else None for low, high in samples.slots(grid)]


def newest(samples: Samples, name: str, grid: Grid, count: int) -> Values:
    """As `aggregate`, but only the newest `count` values that exist; the periods before them are not looked at.

    Alarms are judged by these alone, and mostly a third of their range is older.
    """
    compute, stamps, starts = read_statistic(name), samples.timestamps, grid.starts
    values: Values = [None] * len(starts)
    high = bisect_left(stamps, grid.end)
    for index in range(len(starts) - 1, -1, -1):
        low = bisect_left(stamps, starts[index], 0, high)
        if low < high and (value := compute(samples, low, high)) is not None:
            values[index] = value
            count -= 1
            if not count:
                break
        high = low
    return values


def sample_counts(samples: Samples, grid: Grid) -> list[float]:
    """How many samples each period of the grid holds."""
    return [sum(samples.counts[low:high]) for low, high in samples.slots(grid)]
