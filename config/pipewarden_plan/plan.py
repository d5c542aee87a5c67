"""The plan: everything that will be deployed for one environment, as pure data.

`make_plan` fills it, constructs render it, the command line explains it. The same model gives the same plan, byte for
byte. Names are final (`pipewarden.names`), ARNs are real, units are seconds and CloudFormation's own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipewarden.settings import Settings
from pipewarden_plan.model import Environment


@dataclass(frozen=True, kw_only=True)
class MetricPlan:
    """One CloudWatch metric with its exact dimension set and statistic."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class AlarmPlan:
    """One metric alarm. `description` is Markdown (at most 1,024 characters); `action_topic` a topic name or "".

    `comparison` is one of `>`, `>=`, `<`, `<=`, `outside-band`; with a band, `threshold` is its width in standard
    deviations. A disabled alarm stays in the plan with its `disabled_reason` and is not deployed.
    """

    name: str
    key: str
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
    fleet: str = ""
    """The fleet alarm that watches this in its place; then it is not deployed. `stays` says why none does."""
    stays: str = ""
    warm_up_minutes: int = 0
    disabled_reason: str = ""
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

    Acts on `action_topic` ("": on nothing) unless the suppressor alarm is in ALARM.
    """

    name: str
    description: str
    children: tuple[str, ...]
    rule: str = ""
    action_topic: str = ""
    suppressor: str = ""
    suppressor_wait_seconds: int = 60
    suppressor_extension_seconds: int = 60


@dataclass(frozen=True, kw_only=True)
class MutePlan:
    """A CloudWatch mute rule: `expression` and `duration` (ISO 8601) say when, `alarms` (at most 100) whose actions."""

    name: str
    description: str
    expression: str
    duration: str
    timezone: str
    alarms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RulePlan:
    """An EventBridge rule whose only target is the signals queue. `open_pattern` says that the pattern names no
    resources because they would not fit, and the responder drops what nobody declared."""

    name: str
    technology: str
    kind: str
    pattern: Mapping[str, Any]
    open_pattern: bool = False


@dataclass(frozen=True, kw_only=True)
class TopicPlan:
    """`subscriptions` are (SNS protocol, endpoint); `publishers` service principals that may publish."""

    name: str
    purpose: Literal["alarm", "page", "channel"]
    display_name: str
    publishers: tuple[str, ...] = ()
    subscriptions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChatPlan:
    """A channel of AWS's own chat service, by its CloudFormation type; it listens to `topics` (names)."""

    name: str
    resource: str
    properties: Mapping[str, str]
    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class QueuePlan:
    """`dead_letters` names the queue that takes a message after `receives` failed deliveries."""

    name: str
    purpose: Literal["signals", "dead-letters", "quarantine"]
    fifo: bool = False
    retention_seconds: int = 1_209_600
    visibility_seconds: int = 30
    dead_letters: str = ""
    receives: int = 0


@dataclass(frozen=True, kw_only=True)
class SchedulePlan:
    """An EventBridge Scheduler schedule: `expression` is its own syntax (`rate(5 minutes)`, six-field cron). Scheduler
    tries to deliver for `retry_seconds` (at least 60), then the signals' dead-letter queue has it."""

    name: str
    expression: str
    timezone: str
    target: Literal["signals", "probe", "reconciler", "drainer"]
    input: Mapping[str, Any]
    description: str = ""
    retry_seconds: int = 3_600


KEY = "$(key)"
ACKNOWLEDGE_URL = "$(acknowledge_url)"
"""Stands in a function's environment for the address of the acknowledge function, which only the deployment knows."""


@dataclass(frozen=True, kw_only=True)
class StatementPlan:
    """One IAM statement; `reason` stands in the plan and in the docs. The resource `KEY` is the environment's KMS key,
    whose ARN only the deployment knows; such a statement is left out where the environment has no key of its own."""

    sid: str
    reason: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FunctionPlan:
    """One of our Lambda functions. `handler` is an import path; the asset is shared by all.

    `statements` go into the role's inline policy; what does not fit there into `managed`, one policy each.
    """

    role: str
    name: str
    handler: str
    description: str
    memory_mb: int
    timeout_seconds: int
    environment: Mapping[str, str]
    statements: tuple[StatementPlan, ...]
    managed: tuple[tuple[StatementPlan, ...], ...] = ()
    reserved_concurrency: int | None = None


@dataclass(frozen=True, kw_only=True)
class DashboardPlan:
    """A CloudWatch dashboard; `body` is its JSON as a mapping."""

    name: str
    title: str
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class QueryPlan:
    """A saved query of CloudWatch Logs Insights over at most fifty log groups."""

    name: str
    text: str
    log_groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LogFilterPlan:
    """A metric filter: what `pattern` finds in the log group counts `value` (a number, or a field of the line)."""

    name: str
    log_group: str
    pattern: str
    namespace: str
    metric: str
    value: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class TracingPlan:
    """X-Ray groups as (name, filter expression) and one sampling rule as (name, fixed rate 0-1); with
    `transaction_search`, the percentage of spans that the whole account indexes."""

    groups: tuple[tuple[str, str], ...]
    sampling_rule: tuple[str, float] | None
    transaction_search: float | None = None


@dataclass(frozen=True, kw_only=True)
class BudgetPlan:
    """An AWS Budget over a calendar month. `filters` are its cost filters; `warn_at` percentages of the limit."""

    name: str
    limit_usd: float
    filters: Mapping[str, tuple[str, ...]]
    warn_at: tuple[float, ...]
    topic: str


@dataclass(frozen=True, kw_only=True)
class AnomalyPlan:
    """A monitor of AWS Cost Anomaly Detection with one subscription; without a `tag` it looks at every service."""

    name: str
    above_usd: float
    tag: tuple[str, str] | None
    topic: str


@dataclass(frozen=True, kw_only=True)
class RetentionPlan:
    """Log groups that are kept for the same number of days."""

    days: int
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TeamPlan:
    """One stack: what one declaration file gets."""

    team: str
    stack: str
    owner: str
    alarms: tuple[AlarmPlan, ...]
    composites: tuple[CompositePlan, ...]
    queues: tuple[QueuePlan, ...]
    schedules: tuple[SchedulePlan, ...]
    dashboards: tuple[DashboardPlan, ...]
    tracing: TracingPlan
    tags: Mapping[str, str]
    queries: tuple[QueryPlan, ...] = ()
    log_filters: tuple[LogFilterPlan, ...] = ()
    mutes: tuple[MutePlan, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CorePlan:
    """The stack that every team's stack leans on. `retention_days` is for the logs of our own functions."""

    stack: str
    topics: tuple[TopicPlan, ...]
    queues: tuple[QueuePlan, ...]
    rules: tuple[RulePlan, ...]
    schedules: tuple[SchedulePlan, ...]
    functions: tuple[FunctionPlan, ...]
    scheduler_statements: tuple[StatementPlan, ...]
    alarms: tuple[AlarmPlan, ...]
    composites: tuple[CompositePlan, ...]
    retention_days: int
    retention: tuple[RetentionPlan, ...]
    archive_days: int
    tracing: TracingPlan
    tags: Mapping[str, str]
    dashboards: tuple[DashboardPlan, ...] = ()
    budgets: tuple[BudgetPlan, ...] = ()
    anomalies: tuple[AnomalyPlan, ...] = ()
    chats: tuple[ChatPlan, ...] = ()
    chat_statements: tuple[StatementPlan, ...] = ()
    fleets: tuple[FleetPlan, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything for one environment. `notices` are sentences a reader of the plan should know (what was split, left
    open, widened or left out, with the numbers). `monthly_usd` is what watching costs by list prices: each pipeline by
    its name, and what all share under ""."""

    environment: Environment
    settings: Settings
    core: CorePlan
    teams: tuple[TeamPlan, ...]
    notices: tuple[str, ...] = ()
    monthly_usd: Mapping[str, float] = field(default_factory=dict)
