"""Everything that is raised and cleared, as the plan has it: alarms, fleets, composites and their mutes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class MetricPlan:
    """One CloudWatch metric with its exact dimension set and statistic."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class LogQuestion:
    """A query of Logs Insights whose rows become one `value`, asked once a period of the alarm over the time between
    the two offsets (seconds before it is asked), with a role of the team's stack."""

    query: str
    value: str
    log_groups: tuple[str, ...]
    start_offset_seconds: int
    end_offset_seconds: int


@dataclass(frozen=True, kw_only=True)
class AlarmPlan:
    """One metric alarm. `description` is Markdown (at most 1,024 characters); `action_topic` a topic name or "".

    `comparison` is one of `>`, `>=`, `<`, `<=`, `outside-band`; with a band, `threshold` is its width in standard
    deviations. A disabled alarm stays in the plan with its `disabled_reason` and is not deployed.
    """

    name: str
    key: str
    row: str = ""
    """Key of the technology's row that it comes of; a graded limit gives one row several alarms."""
    team: str
    pipeline: str
    resource: str
    severity: str
    role: Literal["run", "health", "drain", "own"]
    meaning: str
    description: str
    metric: MetricPlan
    comparison: str
    threshold: float
    period_seconds: int
    periods: int
    datapoints: int
    missing: str
    action_topic: str
    expression: str = ""
    """Metric math that is judged in place of `metric`, which is its `m`; `inputs` are its further metrics by id."""
    inputs: Mapping[str, MetricPlan] = field(default_factory=dict)
    query: str = ""
    """A query of Metrics Insights that is judged in place of `metric`."""
    asks: LogQuestion | None = None
    """What is asked of log groups and judged in place of `metric`, which only names it; periods are answers then."""
    fleet: str = ""
    """The fleet alarm that watches this in its place; then it is not deployed. `stays` says why none does."""
    stays: str = ""
    warm_up_minutes: int = 0
    low_samples: str = ""
    """`ignore`: a percentile of too few values changes nothing."""
    disabled_reason: str = ""
    reason: str = ""
    """Why `alarms:` changes it, in the words of whoever did."""
    first_steps: tuple[str, ...] = ()
    own_steps: bool = False
    """Whether the declaration says the first steps."""
    runbook: str = ""
    """Its own; where it has none that of its pipeline holds."""
    tags: Mapping[str, str] = field(default_factory=dict)
    where: str = ""

    @property
    def metrics(self) -> tuple[MetricPlan, ...]:
        """All that it looks at."""
        return (self.metric, *self.inputs.values())

    @property
    def deployed(self) -> bool:
        """Whether it is an alarm of its own: neither switched off nor watched by a fleet alarm."""
        return not self.disabled_reason and not self.fleet


@dataclass(frozen=True, kw_only=True)
class FleetPlan:
    """One alarm in place of many: `members` are the values of the labels `group_by` by the name of each alarm that it
    stands for. Signals, incidents and settings know those names only."""

    alarm: AlarmPlan
    group_by: tuple[str, ...]
    members: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class CompositePlan:
    """ALARM while any child is, or while `rule` holds where one is given.

    Acts on `action_topic` ("": on nothing) unless the suppressor alarm is in ALARM. The two periods: how long it waits
    for the suppressor to be raised, and is silent after it.
    """

    name: str
    description: str
    children: tuple[str, ...]
    rule: str = ""
    action_topic: str = ""
    suppressor: str = ""
    suppressor_wait_seconds: int = 60
    suppressor_extension_seconds: int = 60
    pipeline: str = ""
    """The pipeline whose alarms it stands for; "" where it is a team's or the environment's."""
    overview: bool = False
    """Whether it is there to be looked at, so that it needs no action."""


@dataclass(frozen=True, kw_only=True)
class MutePlan:
    """A CloudWatch mute rule: `expression` and `duration` (ISO 8601) say when, `alarms` (at most 100) whose actions."""

    name: str
    description: str
    expression: str
    duration: str
    timezone: str
    alarms: tuple[str, ...]
