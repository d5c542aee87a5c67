"""The plan: everything that will be deployed for one environment, as pure data.

`make_plan` fills it, constructs render it, the command line explains it. The same model gives the same plan, byte for
byte. Names are final (`pipewarden.names`), ARNs are real, units are seconds and CloudFormation's own words.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipewarden.settings import Settings
from pipewarden_plan.model import Environment
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan, FleetPlan, MutePlan
from pipewarden_plan.planned_delivery import ChatPlan, QueuePlan, RulePlan, SchedulePlan, TopicPlan
from pipewarden_plan.planned_function import FunctionPlan, StatementPlan


@dataclass(frozen=True, kw_only=True)
class DashboardPlan:
    """A CloudWatch dashboard; `body` is its JSON as a mapping, `text` the same as it is deployed."""

    name: str
    title: str
    body: Mapping[str, Any]

    @cached_property
    def text(self) -> str:
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False)


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
    log_query_statements: tuple[StatementPlan, ...] = ()
    """What the role of alarms on log queries may do; there is none where this is empty."""
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
