"""Which shape the samples of a metric have, by its namespace and name."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random

from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.preview.samples.chance import generator, share
from pipewarden_cli.preview.samples.runs import Run
from pipewarden_cli.preview.samples.world import Subject, World

Point = tuple[float, float]


@dataclass(frozen=True)
class Ask:
    """What a shape is asked for: one metric over a time, at steps of some minutes."""

    world: World
    metric: Metric
    subject: Subject | None
    start: int
    end: int
    step: int

    @cached_property
    def chance(self) -> Random:
        """The metric's own generator, from the start of the time."""
        return generator(self.metric.namespace, self.metric.name, *self.metric.dimensions, self.start)

    @cached_property
    def scale(self) -> float:
        """How large this metric is among its kind, from 0 to 1."""
        return share(self.metric.namespace, self.metric.name, *self.metric.dimensions)

    @property
    def times(self) -> range:
        """The steps that are over."""
        return range(self.start - self.start % self.step, min(self.end, self.world.now), self.step)

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of the metric's resource, within the time."""
        if self.subject is None:
            return []
        found = self.world.runs(self.subject.pipeline, self.subject.resource)
        return [run for run in found if self.start <= run.end < self.end]

    @cached_property
    def is_run(self) -> bool:
        """Whether the metric is about something that runs."""
        return self.subject is not None and bool(self.world.runs(self.subject.pipeline, self.subject.resource))

    @cached_property
    def limit(self) -> tuple[str, float] | None:
        """Comparison and threshold of an alarm on this very metric."""
        alarms = self.world.alarms_by_metric.get(self.metric, [])
        return next(
            ((alarm.comparison, alarm.threshold) for alarm in alarms if alarm.comparison != "outside-band"), None
        )

    def has(self, pattern: str) -> bool:
        """Whether the metric's name matches."""
        return re.search(pattern, self.metric.name) is not None


Shape = Callable[[Ask], list[Point]]
