"""What was declared of one pipeline, of its resources and of its alarms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipewarden.action_policy import ActionPolicy
from pipewarden.drain_policy import DrainPolicy
from pipewarden.error_pattern import ErrorPattern
from pipewarden.impact import Impact
from pipewarden.retry_policy import RetryPolicy


@dataclass(frozen=True, kw_only=True)
class ResourceSettings:
    """One declared resource. `events` maps a technology's event identity to it (see `Settings.find`)."""

    type: str
    fields: Mapping[str, Any]
    identities: tuple[str, ...] = ()
    within: str = ""
    after: tuple[str, ...] = ()
    retry: RetryPolicy | None = None
    error_patterns: tuple[ErrorPattern, ...] = ()
    """What the team declared about errors, in the order in which it is tried."""
    drain: DrainPolicy | None = None
    actions: Mapping[str, ActionPolicy] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    log_groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PipelineSettings:
    """One declared pipeline with the names of everything that hangs above and below it."""

    team: str
    owner: str
    severity: str
    description: str = ""
    runbook: str = ""
    schedule: Mapping[str, str] = field(default_factory=dict)
    """`cron` or `rate`, and `timezone`; empty when none is declared."""
    expect: Mapping[str, Any] = field(default_factory=dict)
    upstream: tuple[str, ...] = ()
    downstream: tuple[str, ...] = ()
    dashboard: str = ""
    impact: Impact | None = None
    completion: tuple[str, ...] = ()
    """Channels that are told of each run that succeeded."""
    resources: Mapping[str, ResourceSettings] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """What an alarm name means. `role` as in `alarm_rule.AlarmRule`: run, health or drain. `own_steps` says that the
    team wrote the first steps; `runbook` is "" where that of the pipeline holds."""

    pipeline: str
    resource: str
    key: str
    severity: str
    role: str
    meaning: str
    first_steps: tuple[str, ...] = ()
    own_steps: bool = False
    runbook: str = ""
    unit: str = ""
