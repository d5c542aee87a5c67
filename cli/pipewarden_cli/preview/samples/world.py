"""The world that samples describe: what is declared, which resource a metric belongs to, and what went wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.preview.samples.runs import Run, Trouble, downtimes, runs_of, usual_seconds
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan

NOW = 1_773_826_200
"""Wednesday 18 March 2026, 09:30 UTC: the moment of the samples where none is given."""
BURST_SECONDS = 100 * 60
"""How long before that moment messages began to land in a dead-letter queue."""


@dataclass(frozen=True)
class Subject:
    """The resource a metric is about; `dead` where it is its dead-letter queue."""

    pipeline: str
    resource: str
    dead: bool = False


@dataclass
class World:
    """A plan at a moment; without a plan, a world in which nothing is declared."""

    plan: Plan | None = None
    now: int = NOW
    _runs: dict[str, dict[str, list[Run]]] = field(default_factory=dict)

    @cached_property
    def pipelines(self) -> Mapping[str, PipelineSettings]:
        """Declared pipelines by name."""
        return self.plan.settings.pipelines if self.plan else {}

    @cached_property
    def alarms(self) -> Mapping[str, AlarmPlan]:
        """Deployed metric alarms by name."""
        if self.plan is None:
            return {}
        everything = [*self.plan.core.alarms, *(alarm for team in self.plan.teams for alarm in team.alarms)]
        return {alarm.name: alarm for alarm in everything if not alarm.disabled_reason}

    @cached_property
    def alarms_by_metric(self) -> Mapping[Metric, list[AlarmPlan]]:
        """Alarms by what they judge."""
        found: dict[Metric, list[AlarmPlan]] = {}
        for alarm in self.alarms.values():
            found.setdefault(metric_of(alarm), []).append(alarm)
        return found

    def subject(self, metric: Metric) -> Subject | None:
        """The declared resource that a metric is about, by the values of its dimensions."""
        dimensions = dict(metric.dimensions)
        pipeline, resource = dimensions.get("Pipeline", ""), dimensions.get("Resource", "")
        if pipeline in self.pipelines and resource in self.pipelines[pipeline].resources:
            return Subject(pipeline, resource)
        for value in dimensions.values():
            if found := self._by_value.get(value):
                return found
        return None

    def runs(self, pipeline: str, resource: str) -> list[Run]:
        """The runs of a resource, oldest first; none where it is nothing that runs."""
        if pipeline not in self._runs:
            trouble, troubled = self.troubles.get(pipeline, ("", ""))
            usual = self._usual(pipeline)
            self._runs[pipeline] = runs_of(pipeline, self.pipelines[pipeline], usual, troubled, trouble, self.now)
        return self._runs[pipeline].get(resource, [])

    def pipeline_runs(self, pipeline: str) -> list[Run]:
        """The runs of its last resource that runs: when they end, new data is there."""
        usual = [name for name in self._usual(pipeline) if not self.pipelines[pipeline].resources[name].within]
        return self.runs(pipeline, usual[-1]) if usual else []

    @cached_property
    def troubles(self) -> Mapping[str, tuple[Trouble, str]]:
        """What goes wrong with which resource: in each team one pipeline is rescued and one is failing."""
        found: dict[str, tuple[Trouble, str]] = {}
        teams: dict[str, list[str]] = {}
        for name, pipeline in self.pipelines.items():
            if self._usual(name):
                teams.setdefault(pipeline.team, []).append(name)
        for names in teams.values():
            scheduled = sorted(names, key=lambda name: not self.pipelines[name].schedule)
            found[scheduled[0]] = ("recovered", next(iter(self._usual(scheduled[0]))))
            if len(scheduled) > 2:
                worst = min(scheduled[1:], key=lambda name: self.pipelines[name].severity)
                found[worst] = ("failing", next(iter(self._usual(worst))))
        return found

    def is_late(self, pipeline: str) -> bool:
        """Whether the data of a pipeline is late: where nothing of it runs, the producer has stopped."""
        return not self._usual(pipeline)

    @cached_property
    def burst(self) -> tuple[int, int]:
        """When messages landed in dead-letter queues, from and to."""
        return self.now - BURST_SECONDS, self.now - BURST_SECONDS + 1500

    @cached_property
    def incidents(self) -> list[tuple[int, int | None]]:
        """From when to when something was wrong; None where it still is."""
        found: list[tuple[int, int | None]] = []
        for name, (trouble, resource) in self.troubles.items():
            spans = downtimes(self.runs(name, resource))
            found += [
                (since, None if trouble == "failing" and until >= self.now - 600 else until) for since, until in spans
            ]
        return sorted([*found, (self.burst[0], None)], key=lambda span: span[0])

    def most(self, pipeline: str, resource: str, name: str) -> float | None:
        """The threshold of the alarm on one of our own metrics of a resource."""
        return self._limits.get((pipeline, resource, name))

    @cached_property
    def _limits(self) -> dict[tuple[str, str, str], float]:
        return {
            (alarm.pipeline, alarm.resource, alarm.metric.name): alarm.threshold
            for alarm in self.alarms.values()
            if alarm.comparison != "outside-band"
        }

    @cached_property
    def _running(self) -> set[tuple[str, str]]:
        return {(alarm.pipeline, alarm.resource) for alarm in self.alarms.values() if alarm.role == "run"}

    def _usual(self, pipeline: str) -> dict[str, float]:
        return {
            name: usual_seconds(pipeline, name, resource.type, self.most(pipeline, name, "RunDurationSeconds"))
            for name, resource in _in_order(self.pipelines[pipeline])
            if (pipeline, name) in self._running
        }

    @cached_property
    def _by_value(self) -> dict[str, Subject]:
        found: dict[str, Subject] = {}
        for name, pipeline in self.pipelines.items():
            for resource_name, resource in pipeline.resources.items():
                for value, dead in _values(resource):
                    found.setdefault(value, Subject(name, resource_name, dead))
        for metric, alarms in self.alarms_by_metric.items():
            for alarm in alarms:
                if alarm.resource and metric.dimensions and metric.namespace != "Pipewarden":
                    found.setdefault(metric.dimensions[-1][1], Subject(alarm.pipeline, alarm.resource))
        return found


def metric_of(alarm: AlarmPlan) -> Metric:
    """The metric that an alarm judges."""
    return Metric.of(alarm.metric.namespace, alarm.metric.name, alarm.metric.dimensions)


def _in_order(pipeline: PipelineSettings) -> list[tuple[str, ResourceSettings]]:
    """Resources after those that they come after."""
    depth: dict[str, int] = {}

    def depth_of(name: str) -> int:
        if name not in depth:
            depth[name] = 0
            above = [*pipeline.resources[name].after, pipeline.resources[name].within]
            depth[name] = max((depth_of(other) + 1 for other in above if other in pipeline.resources), default=0)
        return depth[name]

    return sorted(pipeline.resources.items(), key=lambda item: depth_of(item[0]))


def _values(resource: ResourceSettings) -> Iterator[tuple[str, bool]]:
    yield from ((identity, False) for identity in resource.identities)
    yield from _leaves(resource.fields, False)


def _leaves(value: Any, dead: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in ("drain", "statistic", "namespace", "metric", "qualifier", "log_group_prefix"):
                yield from _leaves(item, dead or key == "dead_letter")
    elif isinstance(value, str):
        yield value, dead
