"""What was published of one metric, and the periods it is cut into."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Values = list[float | None]
"""One value per period of a grid; None where the metric has no data."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Consecutive periods: period i starts at `starts[i]` and ends where the next one starts, the last one at `end`.

    Times are seconds since the epoch, UTC. Regular grids hold a `range`, so a grid of a year costs nothing;
    wall-clock grids hold the real edges, because a local day may last 23 or 25 hours.
    """

    starts: Sequence[float]
    end: float
    period: int

    @classmethod
    def regular(cls, start: int, period: int, count: int) -> Grid:
        """A grid of equal periods."""
        return cls(range(start, start + period * count, period), start + period * count, period)

    def __len__(self) -> int:
        return len(self.starts)

    def before(self, count: int) -> Grid:
        """The regular grid of `count` periods that ends where this one starts."""
        return Grid.regular(int(self.starts[0]) - count * self.period, self.period, count)


@dataclass(slots=True)
class Samples:
    """Everything published of one metric: parallel lists ordered by time, no object per point.

    A plain value is a sample with count 1; a statistic set keeps its four numbers. Only where the least and the
    greatest value are equal are the raw values known, which percentiles and trimmed statistics need.
    """

    timestamps: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)
    minimums: list[float] = field(default_factory=list)
    maximums: list[float] = field(default_factory=list)

    def add(self, timestamp: float, value: float, count: float = 1.0) -> None:
        """Record a value seen `count` times."""
        self.add_set(timestamp, count, value * count, value, value)

    def add_set(self, timestamp: float, count: float, total: float, minimum: float, maximum: float) -> None:
        """Record a statistic set; one without samples carries no information and is dropped."""
        if count <= 0:
            return
        stamps = self.timestamps
        at = len(stamps) if not stamps or stamps[-1] <= timestamp else bisect_left(stamps, timestamp)
        stamps.insert(at, timestamp)
        self.counts.insert(at, count)
        self.sums.insert(at, total)
        self.minimums.insert(at, minimum)
        self.maximums.insert(at, maximum)

    @classmethod
    def of(cls, points: Iterable[tuple[float, float]]) -> Samples:
        """Samples of plain (timestamp, value) points in any order."""
        ordered = sorted(points)
        values = [value for _, value in ordered]
        return cls([stamp for stamp, _ in ordered], [1.0] * len(values), values, list(values), list(values))

    def slots(self, grid: Grid) -> list[tuple[int, int]]:
        """For each period of the grid the half-open range of samples that fall into it."""
        stamps = self.timestamps
        low = bisect_left(stamps, grid.starts[0]) if len(grid) else 0
        cuts = []
        last = len(stamps)
        for edge in [*grid.starts[1:], grid.end]:
            # Most periods hold no sample or one, which is sooner seen than searched for.
            high = low + (low < last and stamps[low] < edge)
            if high < last and stamps[high] < edge:
                high = bisect_left(stamps, edge, high)
            cuts.append((low, high))
            low = high
        return cuts
