"""The declared pipelines of one environment as the functions read them: `settings.json` in their asset.

The plan writes it (`config/pipewarden_plan`), nothing else. Plain JSON types only; times in seconds, rates per second,
percentages 0-100. Small on purpose: what only templates need stays in the plan.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any

from pipewarden.error_pattern import ErrorPattern
from pipewarden.fleet import FleetSettings, read_fleet
from pipewarden.names import Names
from pipewarden.run import Scale
from pipewarden.target import Target
from pipewarden.window import Maintenance, QuietHours


@dataclass(frozen=True, kw_only=True)
class BreakerPolicy:
    """A circuit breaker opens when `failures` retries failed within `within_seconds`; after `open_seconds` it lets one
    retry through."""

    failures: int
    within_seconds: float
    open_seconds: float


@dataclass(frozen=True, kw_only=True)
class TimeWindow:
    """When retries may start: from one time of day (`22:00`) to another, past midnight where `end` is the earlier."""

    begin: str
    end: str
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often and how fast a failed run is started again, for which classes of failure, and what guards it.

    `cost_per_day` is by unit (`cost.UNITS`): what retries of the whole pipeline may take in one UTC day. `alone`: not
    beside a run of the same resource that is going on; `one_at_a_time`: not beside a retry of another resource of the
    pipeline; `owned`: also runs that something else started, which could be resumed there.
    """

    attempts: int
    backoff_seconds: tuple[float, float]
    classes: tuple[str, ...] = ("transient", "unknown")
    cooldown_seconds: float = 900.0
    cost_per_day: Mapping[str, float] = field(default_factory=lambda: {"dpu_hours": 100.0, "seconds": 86_400.0})
    breaker: BreakerPolicy = BreakerPolicy(failures=6, within_seconds=21_600.0, open_seconds=3_600.0)
    window: TimeWindow | None = None
    alone: bool = True
    one_at_a_time: bool = True
    owned: bool = False
    scale: Scale | None = None


HIGHEST_MOVE_RATE = 500
"""MaxNumberOfMessagesPerSecond of StartMessageMoveTask is at most this (SQS API reference)."""
NO_QUEUES = ("source", "archive", "quarantine")
"""Words of `to` that are no names of queues."""


@dataclass(frozen=True, kw_only=True)
class DrainPolicy:
    """What happens to the messages of one dead-letter queue. Queue names, not URLs; "" means: does not apply.

    `source` names what the messages are for, a queue (then `source_queue` too) or a function. `attempts` None: without
    a limit. `where` is a condition (`message_filter`); `most_returned` the percentage of replayed messages that may
    come back before the drain stops; `holds` the form of what lies in the queue, for sources that are no queue.
    """

    dead_letter_queue: str
    source_queue: str
    quarantine_queue: str
    to: str
    rate_per_second: float
    then: str
    archive: bool
    attempts: int | None = None
    fifo: bool = False
    source: str = ""
    where: str = ""
    most_returned: float = 50.0
    holds: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether SQS can move the messages by itself (StartMessageMoveTask): nothing is chosen, counted or kept, and
        the rate is one it takes."""
        counted = self.attempts is not None or self.archive or self.where or not self.target_queue
        return not counted and self.rate_per_second.is_integer() and 1 <= self.rate_per_second <= HIGHEST_MOVE_RATE

    @property
    def target_queue(self) -> str:
        """The queue that messages are replayed to; "" when it is no queue, or nothing is replayed."""
        return self.source_queue if self.to == "source" else "" if self.to in NO_QUEUES else self.to


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
    resources: Mapping[str, ResourceSettings] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """What an alarm name means. `role` as in `alarm_rule.AlarmRule`: run, health or drain."""

    pipeline: str
    resource: str
    key: str
    severity: str
    role: str
    meaning: str
    first_steps: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of an escalation: `to` is a channel name."""

    after_seconds: float
    to: str


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Every half hour, four times: a person who slept through the first call gets two more hours of chances, and a page
    that nobody will ever acknowledge ends."""

    every_seconds: float = 1_800.0
    times: int = 4


@dataclass(frozen=True, kw_only=True)
class Severity:
    """Routes of one severity. `notify` and the rungs name channels; the last rung, and reminders of what was taken and
    still fails, are repeated `repeat.times` times. In quiet hours nobody is told."""

    respond_within_seconds: float
    notify: tuple[str, ...]
    escalate: tuple[Rung, ...] = ()
    repeat: Repeat = field(default_factory=lambda: Repeat())
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to reach people. `address` is what SNS subscribes; `secret` the name of a secret in Secrets Manager, of
    which only the name stands here; `fields` is the rest of what was declared (see `channels`)."""

    type: str
    address: str = ""
    secret: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Flapping:
    """A pipeline flaps when it fails again after `cycles` incidents have ended `within_seconds`; it has calmed down
    when nothing was wrong for `calm_seconds`."""

    cycles: int = 3
    within_seconds: float = 3_600.0
    calm_seconds: float = 1_800.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the functions know about what was declared."""

    environment: str
    account: str
    region: str
    partition: str
    mode: str
    retries_per_hour: int
    pipelines: Mapping[str, PipelineSettings]
    alarms: Mapping[str, AlarmSettings]
    severities: Mapping[str, Severity]
    channels: Mapping[str, Channel]
    maintenance: tuple[Maintenance, ...] = ()
    breaker: BreakerPolicy = BreakerPolicy(failures=30, within_seconds=3_600.0, open_seconds=1_800.0)
    """Of the whole environment."""
    flapping: Flapping = field(default_factory=Flapping)
    fleets: Mapping[str, FleetSettings] = field(default_factory=dict)

    @property
    def names(self) -> Names:
        return Names(self.environment, self.account, self.region, self.partition)

    @cached_property
    def _by_identity(self) -> dict[tuple[str, str], tuple[str, str]]:
        return {
            (resource.type, identity): (pipeline_name, resource_name)
            for pipeline_name, pipeline in self.pipelines.items()
            for resource_name, resource in pipeline.resources.items()
            for identity in resource.identities
        }

    @cached_property
    def fleet_of(self) -> Mapping[str, str]:
        """The fleet alarm that watches in place of an alarm, by the name of the latter."""
        return {alarm: name for name, fleet in self.fleets.items() for alarm in fleet.members}

    def find(self, technology: str, identity: str) -> tuple[str, str] | None:
        """(pipeline, resource) that declared the AWS resource an event names; None when nobody did."""
        return self._by_identity.get((technology, identity))

    def target(self, pipeline: str, resource: str) -> Target:
        """The declared resource as technologies take it. Raises KeyError when it is not declared any more."""
        found = self.pipelines[pipeline].resources[resource]
        return Target(
            pipeline=pipeline,
            resource=resource,
            technology=found.type,
            fields=found.fields,
            environment=self.environment,
            account=self.account,
            region=self.region,
            partition=self.partition,
        )

    def to_json(self) -> str:
        """Sorted, compact JSON: the same settings give the same bytes, so the asset's hash moves only when they do."""
        return json.dumps(_without_defaults(self), sort_keys=True, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        values = json.loads(text)
        return cls(
            **{
                **values,
                "pipelines": {name: _pipeline(row) for name, row in values.get("pipelines", {}).items()},
                "alarms": {name: AlarmSettings(**_tuples(row)) for name, row in values.get("alarms", {}).items()},
                "severities": {name: _severity(row) for name, row in values.get("severities", {}).items()},
                "channels": {name: Channel(**row) for name, row in values.get("channels", {}).items()},
                "flapping": Flapping(**values.get("flapping", {})),
                "fleets": {name: read_fleet(row) for name, row in values.get("fleets", {}).items()},
                "maintenance": tuple(Maintenance(**_tuples(row)) for row in values.get("maintenance", ())),
                **({"breaker": BreakerPolicy(**values["breaker"])} if "breaker" in values else {}),
            }
        )


def _without_defaults(value: Any) -> Any:
    """The value in JSON's types, without what is empty or a record's default. Not `asdict`, which would first copy
    everything deeply."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return [_without_defaults(item) for item in value]
    if is_dataclass(value):
        value = {row.name: found for row in fields(value) if (found := getattr(value, row.name)) != row.default}
    if isinstance(value, Mapping):
        kept = ((key, _without_defaults(item)) for key, item in value.items())
        return {key: item for key, item in kept if item is not None and item not in ("", [], {})}
    return value


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(item) if isinstance(item, list) else item for key, item in row.items()}


def _resource(row: Mapping[str, Any]) -> ResourceSettings:
    values = _tuples(row)
    if retry := values.get("retry"):
        values["retry"] = _retry(_tuples(retry))
    if patterns := values.get("error_patterns"):
        values["error_patterns"] = tuple(ErrorPattern(**{"advice": "", **pattern}) for pattern in patterns)
    if drain := values.get("drain"):
        values["drain"] = DrainPolicy(**{"source_queue": "", "quarantine_queue": "", **drain})
    return ResourceSettings(**{"fields": {}, **values})


def _retry(row: Mapping[str, Any]) -> RetryPolicy:
    records = {"breaker": BreakerPolicy, "window": TimeWindow, "scale": Scale}
    read = {name: records[name](**row[name]) for name in records if row.get(name)}
    return RetryPolicy(**{"cost_per_day": {}, **row, **read})


def _pipeline(row: Mapping[str, Any]) -> PipelineSettings:
    resources = {name: _resource(item) for name, item in row.get("resources", {}).items()}
    return PipelineSettings(**{**_tuples(row), "resources": resources})


def _severity(row: Mapping[str, Any]) -> Severity:
    values = _tuples(row)
    rungs = tuple(Rung(**rung) for rung in values.get("escalate", ()))
    repeat = Repeat(**values["repeat"]) if "repeat" in values else Repeat()
    quiet = QuietHours(**values["quiet_hours"]) if "quiet_hours" in values else None
    return Severity(**{"notify": (), **values, "escalate": rungs, "repeat": repeat, "quiet_hours": quiet})
