"""What a decision is made from, and what it says: three plain records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pipewarden.action import Result
from pipewarden.action_policy import ActionPolicy
from pipewarden.attempt import Attempt
from pipewarden.breaker import Breakers
from pipewarden.drain_policy import DrainPolicy
from pipewarden.error_pattern import ErrorPattern, FailureClass
from pipewarden.hold import Hold
from pipewarden.impact import Impact
from pipewarden.incident import Incident, IncidentState
from pipewarden.kill_switch import Switch
from pipewarden.pipeline_settings import AlarmSettings
from pipewarden.retry_policy import BreakerPolicy, RetryPolicy
from pipewarden.route_settings import Flapping, Stakeholders
from pipewarden.run import Run
from pipewarden.run_history import RunHistory
from pipewarden.settings import Settings
from pipewarden.signal import Signal, SignalKind
from pipewarden.window import Maintenance, QuietHours


@dataclass(frozen=True, kw_only=True)
class Slo:
    """A target: percent of the runs of the last `days` that end well; `runs` is how many the schedule promises."""

    target: float
    days: int
    runs: float


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What was declared for the pipeline and resource that a signal is about.

    `retryable` says that the technology can start a run again, `runs` that its runs send events; `independent` runs do
    work of their own each and cannot be asked about later (invocations of a function), so that the success of another
    one cures nothing. `within` is declared, or told by a service: then `started_by` is the run that started it. `inner`
    are the resources that run within this one, `after` and `upstream` all those (resources, pipelines) that must have
    succeeded before it, `completes` asks for a message when a run succeeds, `quiet_hours` those of each severity,
    `rate_days` the time over which its rate of success is taken.
    """

    pipeline: str
    resource: str = ""
    severity: str
    respond_within_seconds: float
    mode: str = "act"
    retries_per_hour: int = 100
    environment_breaker: BreakerPolicy = Settings.breaker
    retry: RetryPolicy | None = None
    retryable: bool = False
    runs: bool = False
    independent: bool = False
    rate_days: int = 30
    slo: Slo | None = None
    within: str = ""
    started_by: str = ""
    inner: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    quiet_hours: Mapping[str, QuietHours] = field(default_factory=dict)
    flapping: Flapping = field(default_factory=Flapping)
    completes: bool = False
    impact: Impact | None = None
    stakeholders: tuple[Stakeholders, ...] = ()
    alarm: AlarmSettings | None = None
    failure: AlarmSettings | None = None
    """The alarm that repeats what the signal tells of a run: what is declared about it holds for that failure."""
    drain: DrainPolicy | None = None
    actions: Mapping[str, ActionPolicy] = field(default_factory=dict)
    """Those of the resource and of the alarm, by `action_name`."""
    error_patterns: tuple[ErrorPattern, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lapse:
    """One run resource that has not succeeded by its deadline, and how that shows."""

    resource: str
    text: str
    run: Run | None = None


@dataclass(frozen=True, kw_only=True)
class History:
    """What is known when a signal is decided.

    `incident` is the open one of the pipeline, `incident_id` its id or the one that a new incident would get; `attempt`
    is the retry of ours whose run the signal tells of, and `earlier_attempts` its number when that was in an incident
    which is over. `upstream` are the incidents of pipelines above this one. `pursuit` answers a check: what the run in
    question does now.

    For the guards: `switch`, the `breakers` with this signal counted, `spent_today` (what the pipeline's retries took,
    by unit), and `going_on`, the id of another run of the resource that runs now.
    """

    incident_id: str
    incident: Incident | None = None
    attempt: Attempt | None = None
    earlier_attempts: int = 0
    runs: RunHistory = field(default_factory=RunHistory)
    retries_this_hour: int = 0
    switch: Switch = field(default_factory=Switch)
    breakers: Breakers = field(default_factory=Breakers)
    spent_today: Mapping[str, float] = field(default_factory=dict)
    going_on: str = ""
    acted: bool = False
    """An action for this failure was done, after which the failed run is to be started again whatever its class."""
    result: Result | None = None
    """What has become of the action that the signal asks about, where that goes on."""
    run: Run | None = None
    failure_class: FailureClass = "unknown"
    failure_reason: str = ""
    advice: str = ""
    lapses: tuple[Lapse, ...] = ()
    upstream: tuple[Incident, ...] = ()
    ends: tuple[datetime, ...] = ()
    pursuit: Literal["", "running", "ended", "gone", "silent"] = ""

    def told(self, key: str, severity: str, now: datetime, respond_within_seconds: float) -> bool:
        """True when people need no page for this reason: they have one that is still being answered.

        A page is due all the same when the reason is more severe than what was paged; or when it is another reason, and
        the last page was acknowledged already or is older than the time in which it should have been. The page of an
        incident that flaps stands for all that follow.
        """
        incident = self.incident
        if incident is None or incident.last_paged is None or severity < incident.severity:
            return False
        if incident.flaps:
            return True
        old = incident.reason(key)
        if old and old.open and old.told:
            return True
        stale = now - incident.last_paged > timedelta(seconds=respond_within_seconds)
        return incident.state != IncidentState.ACKNOWLEDGED and not stale


def attempt_of(signal: Signal, run: Run | None, resource: str, incident: Incident) -> Attempt | None:
    """The retry of ours, still going on, whose run the signal tells of.

    A quick run may end before its id was written down; then what it is a retry of tells, or that it is the failed run
    itself, redriven.
    """
    for attempt in incident.attempts_of(resource):
        same = attempt.run_id == signal.run_id and signal.redrive >= attempt.redrive
        again = attempt.failed_run_id == signal.run_id and signal.redrive > attempt.failed_redrive
        heir = run is not None and run.retry_of == attempt.failed_run_id
        if (attempt.state == "started" and same) or (attempt.state == "starting" and (again or heir)):
            return attempt
    return None


Action = Literal[
    "ignore", "note", "hold", "retry", "act", "page", "drain", "clear", "start", "postpone", "wait", "busy"
]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do about one signal, and why.

    `ignore` nothing; `note` a line in the timeline; `hold` wait for what explains it; `retry` start attempt `attempt`
    after `delay_seconds`; `act` do the action `act` for the reason `reason` then; `page` only people can cure it;
    `drain` start the drainer; `clear` the reasons `cleared` are gone; `start` the attempt that is due; `postpone` it by
    `delay_seconds`; `wait` look again after `delay_seconds`; `busy` another invocation is at it: deliver the signal
    again later. `page` is True when people are told now; `would` is what would have been done in `act` mode. `hold`
    says what holds the page back that would be due, `waits` what the retry waits for, `flaps` how often it came and
    went before.
    """

    action: Action
    why: str
    page: bool = False
    attempt: int = 0
    delay_seconds: float = 0.0
    cleared: tuple[str, ...] = ()
    would: str = ""
    hold: Hold | None = None
    waits: Hold | None = None
    flaps: int = 0
    act: str = ""
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def severity_of(signal: Signal, incident: Incident | None, policy: Policy) -> str:
    """What a page about this signal is paged as; one that was held back keeps its incident's severity."""
    if signal.kind == SignalKind.HOLD_DUE and incident:
        return incident.severity
    return policy.alarm.severity if policy.alarm else policy.severity
