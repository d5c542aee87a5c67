"""An incident: one conversation about one pipeline, from the first failure to its end. Plain data, no decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pipewarden.attempt import Attempt
from pipewarden.error_pattern import FailureClass
from pipewarden.hold import Hold
from pipewarden.impact import Impact
from pipewarden.signal import Signal

EffectKind = Literal[
    "schedule-retry",
    "schedule-check",
    "hold",
    "page",
    "recovered",
    "drain",
    "acknowledged",
    "impact",
    "impact-over",
    "export",
]
MAX_REASONS = 40
MAX_TEXT = 2_000


class IncidentState(StrEnum):
    """`open`: held back, nothing done yet. `remediating`: being cured by us, nobody told. `paged`: people know.
    `acknowledged`: somebody took it. `recovered` and `closed` are the ends: cured, or ended by a person."""

    OPEN = "open"
    REMEDIATING = "remediating"
    PAGED = "paged"
    ACKNOWLEDGED = "acknowledged"
    RECOVERED = "recovered"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an incident is open. Gone when `open` is False; the incident is over when none is open any more.

    `evidence` reasons explain another one, or wait to be explained: they page nobody by themselves. `told` means that
    people know of it: a page carried it, or it folded into a page that nobody had answered yet. `held`: its page is
    held back. No signal ends a `lasting` reason: it ends when somebody takes it over. `times` counts how often it
    happened in this incident.
    """

    key: str
    kind: Literal["run", "alarm", "deadline", "dead-letters"]
    resource: str
    since: datetime
    text: str
    error: str = ""
    failure_class: FailureClass | Literal[""] = ""
    advice: str = ""
    run_id: str = ""
    redrive: int = 0
    log_group: str = ""
    log_stream: str = ""
    evidence: bool = False
    told: bool = False
    held: bool = False
    lasting: bool = False
    times: int = 1
    open: bool = True
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something still to be done in the world for this incident: written with it, done after, then taken out.

    So a crash between the write and the deed is made good by whoever handles the redelivered signal.
    """

    key: str
    kind: EffectKind
    resource: str = ""
    attempt: int = 0
    at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of an incident's timeline."""

    time: datetime
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Incident:
    """`version` counts writes (0: not written yet); `fresh` are timeline entries that the next write adds, and
    `ending` says that the next write is the one that ends it.

    `pending` effects belong, until `leased_until`, to the invocation that wrote them. `hold` says what holds back the
    page of the reasons that are `held`, `reminders` how many were sent since somebody acknowledged.
    `flaps` counts the cycles of an incident that comes and goes, `calm_since` is when it last went.
    `impact` is what was declared when it opened, `informed` the bounds in US dollars whose stakeholders were told.
    """

    id: str
    pipeline: str
    severity: str
    opened: datetime
    state: IncidentState = IncidentState.OPEN
    reasons: tuple[Reason, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    pending: tuple[Effect, ...] = ()
    leased_until: datetime | None = None
    pages: int = 0
    paged: datetime | None = None
    last_paged: datetime | None = None
    rungs: tuple[str, ...] = ()
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    ended: datetime | None = None
    hold: Hold | None = None
    reminders: int = 0
    auto_remediated: bool = False
    """Cured by us before anybody was told."""
    flaps: int = 0
    calm_since: datetime | None = None
    impact: Impact | None = None
    informed: tuple[float, ...] = ()
    version: int = 0
    entries: int = 0
    fresh: tuple[Entry, ...] = ()
    ending: bool = False

    @property
    def over(self) -> bool:
        return self.state in (IncidentState.RECOVERED, IncidentState.CLOSED)

    @property
    def open_reasons(self) -> tuple[Reason, ...]:
        return tuple(reason for reason in self.reasons if reason.open)

    @property
    def held_reasons(self) -> tuple[Reason, ...]:
        return tuple(reason for reason in self.reasons if reason.open and reason.held)

    @property
    def since(self) -> datetime:
        """When the first of its reasons happened."""
        return min((reason.since for reason in self.reasons), default=self.opened)

    @property
    def remediated(self) -> bool:
        """True when we did anything but tell: people may have noticed, so they hear of the end."""
        return any(attempt.state not in ("planned", "cancelled") for attempt in self.attempts)

    def reason(self, key: str) -> Reason | None:
        return next((reason for reason in self.reasons if reason.key == key), None)

    def attempt(self, resource: str, number: int, action: str = "") -> Attempt | None:
        """A retry of the resource by its number; with the name of an action that of the action."""
        return next((a for a in self.attempts_of(resource, action) if a.number == number), None)

    def attempts_of(self, resource: str, action: str = "") -> tuple[Attempt, ...]:
        return tuple(a for a in self.attempts if (a.resource, a.action) == (resource, action))

    def actions_for(self, key: str) -> tuple[Attempt, ...]:
        """The actions that were planned or done for a reason."""
        return tuple(attempt for attempt in self.attempts if attempt.action and attempt.reason == key)

    def is_remedied(self, reason: Reason) -> bool:
        """Whether a retry or an action that may cure it is planned or going on: its end will tell."""
        found = (*self.attempts_of(reason.resource), *self.actions_for(reason.key))
        return any(attempt.in_flight for attempt in found)

    def with_reason(self, reason: Reason) -> "Incident":
        """The reason added, or in place of the one with its key, keeping the earlier `since` while that was open."""
        old = self.reason(reason.key)
        if old and old.open:
            reason = replace(reason, since=min(old.since, reason.since))
        others = [other for other in self.reasons if other.key != reason.key]
        gone = [other for other in others if not other.open]
        if len(others) >= MAX_REASONS and gone:
            others.remove(gone[0])
        return replace(self, reasons=(*others, reason))

    def without_reasons(self, keys: tuple[str, ...]) -> "Incident":
        """The named reasons marked as gone."""
        reasons = tuple(replace(reason, open=reason.open and reason.key not in keys) for reason in self.reasons)
        return replace(self, reasons=reasons)

    def with_held_told(self) -> "Incident":
        """Nothing is held back any more: people know of it."""
        reasons = tuple(replace(reason, told=reason.told or reason.held, held=False) for reason in self.reasons)
        return replace(self, reasons=reasons, hold=None)

    def with_attempt(self, attempt: Attempt) -> "Incident":
        """The attempt added, or in place of the one with its lane and number."""
        others = [a for a in self.attempts if (a.lane, a.number) != (attempt.lane, attempt.number)]
        return replace(self, attempts=(*others, attempt))

    def with_effect(self, effect: Effect) -> "Incident":
        return replace(self, pending=(*(e for e in self.pending if e.key != effect.key), effect))

    def ended_as(self, state: IncidentState, ended: datetime, *, cured: bool = False) -> "Incident":
        """The incident at its end, to be told and exported; `cured` says that something of ours was what ended it."""
        told = bool(self.pages)
        over = replace(self, state=state, ended=ended, ending=True, auto_remediated=cured and not told)
        if over.informed:
            over = over.with_effect(Effect(key="impact-over", kind="impact-over"))
        return over.with_effect(Effect(key="export", kind="export"))

    def noting(self, time: datetime, kind: str, text: str) -> "Incident":
        """One timeline entry more."""
        return replace(self, fresh=(*self.fresh, Entry(time=time, kind=kind, text=text[:MAX_TEXT])))


def new_incident_id(pipeline: str, signal: Signal) -> str:
    """The same for every delivery of one signal, sortable by pipeline and time, short enough to say on the phone."""
    return f"{pipeline}-{signal.time:%Y%m%d-%H%M}-{signal.key[:4]}"
