"""The functions of metric math, by name.

Which shapes a function takes and what it makes of missing points: "Functions supported for metric math" in the
CloudWatch user guide. Functions that need the whole calculation (IF, FILL, METRICS, SEARCH, ...) live beside it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

from pipewarden_cli.evaluator.samples import Grid, Values
from pipewarden_cli.evaluator.series import Series, Value, columns, mapped, present

POINTWISE: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": lambda value: float(math.ceil(value)),
    "FLOOR": lambda value: float(math.floor(value)),
    "LOG": math.log,
    "LOG10": math.log10,
}
"""TS -> TS and TS[] -> TS[]."""

REDUCERS: dict[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum,
    "AVG": statistics.fmean,
    "MIN": min,
    "MAX": max,
    "STDDEV": statistics.pstdev,
    "DATAPOINT_COUNT": lambda values: float(len(values)),
}
"""TS -> S over its points, TS[] -> TS over the series that have the point."""

DIFFERENCES = frozenset(("DIFF", "DIFF_TIME", "RATE"))
"""TS -> TS and TS[] -> TS[], each point against the one before it."""

CALENDAR: dict[str, Callable[[datetime], float]] = {
    "MINUTE": lambda at: float(at.minute),
    "HOUR": lambda at: float(at.hour),
    "DAY": lambda at: float(at.isoweekday()),
    "DATE": lambda at: float(at.day),
    "MONTH": lambda at: float(at.month),
    "YEAR": lambda at: float(at.year),
    "EPOCH": lambda at: at.timestamp(),
}
"""TS -> a value for every period, from its UTC start."""


def each(compute: Callable[[Values], Values], value: Series | list[Series]) -> Value:
    """Apply a series function to a series, or to every series of an array."""
    if isinstance(value, list):
        return [Series(series.label, compute(series.values)) for series in value]
    return Series(value.label, compute(value.values))


def reduce(name: str, value: Series | list[Series]) -> Value:
    """SUM, AVG, MIN, MAX, STDDEV or DATAPOINT_COUNT.

    Over an array AVG divides by the number of series, because "missing values are treated as 0"; over a single
    series it averages the points that exist. A reduction of a series without points is 0.
    """
    compute = REDUCERS[name]
    if isinstance(value, Series):
        points = present(value.values)
        return compute(points) if points else 0.0
    if name == "AVG":
        size = len(value)
        return Series(name, [math.fsum(column) / size if column else None for column in columns(value)])
    return Series(name, [compute(column) if column else None for column in columns(value)])


def percentile_of(values: list[float], share: float) -> float:
    """The interpolated percentile of some points; 0 when there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    rank = share / 100.0 * (len(ordered) - 1)
    lower = int(rank)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (rank - lower) * (ordered[upper] - ordered[lower])


def running_sum(values: Values) -> Values:
    """The sum of all points so far, at each point that exists."""
    total, result = 0.0, Values()
    for value in values:
        total += value or 0.0
        result.append(None if value is None else total)
    return result


def differences(name: str, values: Values, grid: Grid) -> Values:
    """DIFF, DIFF_TIME or RATE against the preceding point that exists; the first point has none."""
    result, last = Values(), None
    for at, value in zip(grid.starts, values, strict=True):
        if value is None:
            result.append(None)
            continue
        if last is None:
            result.append(None)
        else:
            change, seconds = value - last[1], at - last[0]
            result.append({"DIFF": change, "DIFF_TIME": float(seconds), "RATE": change / seconds}[name])
        last = (at, value)
    return result


def calendar(name: str, grid: Grid) -> Values:
    """MINUTE ... EPOCH of every period of the grid, whether or not the metric has data there."""
    compute = CALENDAR[name]
    return [compute(datetime.fromtimestamp(start, UTC)) for start in grid.starts]


def fill_constant(values: Values, filler: float) -> Values:
    """Missing points become the number."""
    return [filler if value is None else value for value in values]


def fill_from(values: Values, filler: Values) -> Values:
    """Missing points become those of another series, where it has them."""
    return [other if value is None else value for value, other in zip(values, filler, strict=True)]


def fill_repeat(values: Values) -> Values:
    """Missing points repeat the last point before them; those before the first point stay missing."""
    result, last = Values(), None
    for value in values:
        last = last if value is None else value
        result.append(last)
    return result


def fill_linear(values: Values) -> Values:
    """Missing points lie on the line between their neighbours; those outside of a gap stay missing."""
    result = list(values)
    known = [i for i, value in enumerate(values) if value is not None]
    for left, right in pairwise(known):
        start, stop = values[left], values[right]
        assert start is not None
        assert stop is not None
        for i in range(left + 1, right):
            result[i] = start + (stop - start) * (i - left) / (right - left)
    return result


def pointwise(name: str, value: Series | list[Series]) -> Value:
    """ABS, CEIL, FLOOR, LOG or LOG10."""
    return each(lambda values: mapped(POINTWISE[name], values), value)


def sort_series(array: list[Series], by: str, order: str, limit: int | None) -> list[Series]:
    """The series ordered by AVG, MIN, MAX or SUM of their points, those without points last."""
    compute = REDUCERS[by]
    filled = [(compute(points), series) for series in array if (points := present(series.values))]
    filled.sort(key=lambda pair: pair[0], reverse=order == "DESC")
    ordered = [series for _, series in filled] + [series for series in array if not present(series.values)]
    return ordered[:limit]
