"""The resolved declaration of one environment: every default, override and interpolation applied.

Values are in base units (seconds, percent 0-100, per second). `Mark` keeps the place in the YAML that a message names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pipewarden.action_policy import ActionPolicy
from pipewarden.error_pattern import ErrorPattern
from pipewarden.impact import Impact
from pipewarden.retry_policy import BreakerPolicy, RetryPolicy
from pipewarden.route_settings import Channel, Flapping, Severity, Stakeholders
from pipewarden.settings import Settings
from pipewarden.window import Maintenance


class Mark(NamedTuple):
    """Where something was written; lines and columns count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class AlarmOverride:
    """What `alarms:` says about one alarm, by its key. None keeps the default."""

    enabled: bool = True
    reason: str = ""
    severity: str | None = None
    threshold: float | None = None
    period_seconds: int | None = None
    periods: int | None = None
    datapoints: int | None = None
    missing: str | None = None
    statistic: str | None = None
    low_samples: str | None = None
    meaning: str | None = None
    steps: tuple[str, ...] = ()
    runbook: str = ""
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """`cron` is the five-field form, `rate_seconds` the interval; exactly one is set."""

    cron: str = ""
    rate_seconds: int = 0
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """`fields` are the technology's own; `expect` is keyed as the technology's expectations are."""

    name: str
    type: str
    fields: Mapping[str, Any]
    after: tuple[str, ...] = ()
    within: str = ""
    retry: RetryPolicy | None = None
    actions: Mapping[str, ActionPolicy] = field(default_factory=dict)
    error_patterns: tuple[ErrorPattern, ...] = ()
    """Its own, then those of its pipeline and of its file."""
    expect: Mapping[str, Any] = field(default_factory=dict)
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    name: str
    team: str
    owner: str
    severity: str
    description: str = ""
    runbook: str = ""
    schedule: Schedule | None = None
    depends_on: tuple[str, ...] = ()
    log_retention_days: int | None = None
    """None: as long as the environment says."""
    expect: Mapping[str, Any] = field(default_factory=dict)
    impact: Impact | None = None
    completion: tuple[str, ...] | None = None
    """Channels that are told of each success; empty for those of its severity, None for nobody."""
    resources: tuple[Resource, ...] = ()
    alarms: Mapping[str, AlarmOverride] = field(default_factory=dict)
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """What the watching itself may cost in a month, in US dollars: altogether, or for each pipeline."""

    usd: float
    per_pipeline: bool


@dataclass(frozen=True, kw_only=True)
class Spending:
    """A limit of AWS's charges in a month. `tag` is (key, value), `warn_at` percentages of `limit_usd`."""

    name: str
    limit_usd: float
    services: tuple[str, ...] = ()
    tag: tuple[str, str] | None = None
    warn_at: tuple[float, ...] = (80.0, 100.0)
    severity: str = "P3"


@dataclass(frozen=True, kw_only=True)
class CostAnomaly:
    """A watch for unusual charges of at least `above_usd`; without a `tag` over each service of the account."""

    name: str
    above_usd: float
    tag: tuple[str, str] | None = None
    severity: str = "P3"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`protected` keeps all state when a stack is deleted; `encryption` is customer-managed or aws-owned;
    `tracing_groups` is how many X-Ray groups it may have (0: one a team), `transaction_search_percent` is None where
    the account's switch is left as it is."""

    name: str
    account: str
    region: str
    partition: str = "aws"
    log_retention_days: int = 30
    tracing_percent: float = 5.0
    tracing_groups: int = 0
    transaction_search_percent: float | None = None
    remediation_mode: str = "act"
    retries_per_hour: int = 100
    breaker: BreakerPolicy = Settings.breaker
    probe_every_seconds: int = 300
    reconcile_every_seconds: int = 300
    encryption: str = "customer-managed"
    protected: bool = False
    severities: Mapping[str, Severity]
    channels: Mapping[str, Channel]
    maintenance: tuple[Maintenance, ...] = ()
    flapping: Flapping = field(default_factory=Flapping)
    stakeholders: tuple[Stakeholders, ...] = ()
    alarm_mode: Literal["pipeline", "fleet"] = "pipeline"
    whole_account: bool = False
    """Whether fleets may watch AWS's own metrics, whose queries see every resource of the account and region."""
    pipeline_composites: bool = False
    """Whether each pipeline has a composite alarm, which acts in place of those of its team."""
    monitoring_ceiling: Ceiling | None = None
    spending: tuple[Spending, ...] = ()
    cost_anomalies: tuple[CostAnomaly, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Model:
    """What is declared for one environment. Pipelines are sorted by team, then in declared order."""

    environment: Environment
    pipelines: tuple[Pipeline, ...]
