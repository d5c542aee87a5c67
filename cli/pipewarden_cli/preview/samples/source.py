"""Samples as a source of metrics for the evaluator, made when they are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.evaluator.samples import Samples
from pipewarden_cli.preview.samples.shape import Ask, Point
from pipewarden_cli.preview.samples.shapes import samples_of
from pipewarden_cli.preview.samples.world import World
from pipewarden_cli.preview.timeframe import DAY

FINE_DAYS = 9
FINE_STEP, COARSE_STEP = 300, 3600
"""Samples of the newest days lie five minutes apart, older ones an hour: nobody sees more of them."""
OLDEST_DAYS = 60


@dataclass
class SampleMetrics:
    """The metrics of a world. `known` are those that a search looks through."""

    world: World
    known: set[Metric] = field(default_factory=set)
    _days: dict[tuple[Metric, int], list[Point]] = field(default_factory=dict)
    _made: dict[tuple[Metric, int], Samples] = field(default_factory=dict)

    def samples(self, metric: Metric, unit: str | None, start: float, end: float) -> Samples:  # noqa: ARG002
        """The metric's samples; asked for again, and from another moment on, they are the same."""
        first = max(int(start) // DAY, self.world.now // DAY - OLDEST_DAYS)
        if (metric, first) not in self._made:
            days = range(first, self.world.now // DAY + 1)
            self._made[metric, first] = Samples.of(point for day in days for point in self._day(metric, day))
        return self._made[metric, first]

    def metrics(self) -> Iterable[Metric]:
        """What a search looks through."""
        return self.known

    def _day(self, metric: Metric, day: int) -> list[Point]:
        if (metric, day) not in self._days:
            start = day * DAY
            fine = self.world.now - start < FINE_DAYS * DAY
            end = min(start + DAY, self.world.now)
            ask = Ask(self.world, metric, self.world.subject(metric), start, end, FINE_STEP if fine else COARSE_STEP)
            self._days[metric, day] = samples_of(ask)
        return self._days[metric, day]
