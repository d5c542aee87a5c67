"""Doing what an incident's pending effects say: doing one twice is harmless, or at worst a second message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from json import dumps

from pipewarden.acknowledgement import AFTER_ACKNOWLEDGING
from pipewarden.announcement import Announcements
from pipewarden.export import export_incident
from pipewarden.incident import Effect, Entry, Incident
from pipewarden.incident_store import ConflictError
from pipewarden.incident_write import Write
from pipewarden.signal import Signal, SignalKind
from pipewarden.stakeholder import Bound, schedule_bound, tell_end
from pipewarden.workplace import BusyError, Workplace

MOST_CONFLICTS = 12
LISTED = ("maintenance", "quiet")
DIGEST_FALLBACK = timedelta(minutes=2)
"""After quiet hours one message tells of everything; what that has not told of pages by itself."""


class Effects:
    """Performs effects and takes them out of the incident."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._announcements = Announcements(workplace)
        self._doers: dict[str, Callable[[Incident, Effect, datetime], tuple[Entry, ...]]] = {
            "schedule-retry": self._schedule_retry,
            "schedule-check": self._schedule_check,
            "page": self._announcements.page,
            "recovered": self._announcements.recovered,
            "drain": self._drain,
            "hold": self._hold,
            "acknowledged": self._announcements.acknowledged,
            "impact": self._watch_impact,
            "impact-over": self._impact_over,
        }

    def perform(self, incident: Incident, keys: frozenset[str]) -> None:
        """Do the effects with these keys, in order. What was done before one fails is taken out all the same.

        The export comes last, when the timeline holds everything that was done.
        """
        done: list[str] = []
        entries: list[Entry] = []
        try:
            for effect in incident.pending:
                if effect.key in keys and effect.kind != "export":
                    entries += self._doers[effect.kind](incident, effect, self._workplace.now())
                    done.append(effect.key)
        finally:
            if done:
                self._take_out(incident, frozenset(done), tuple(entries))
        exports = keys & {effect.key for effect in incident.pending if effect.kind == "export"}
        if exports:
            export_incident(self._workplace, incident.id)
            self._take_out(self._workplace.store.load(incident.id) or incident, exports, ())

    def finish_acknowledging(self, incident_id: str) -> str:
        """Do what an acknowledgement has left to be done; a word for what was done."""
        incident = self._workplace.store.load(incident_id)
        kinds = AFTER_ACKNOWLEDGING
        keys = frozenset(effect.key for effect in incident.pending if effect.kind in kinds) if incident else frozenset()
        if incident is None or not keys:
            return "nothing to tell"
        self.perform(incident, keys)
        return "told"

    def _take_out(self, incident: Incident, done: frozenset[str], entries: tuple[Entry, ...]) -> None:
        for _ in range(MOST_CONFLICTS):
            left = tuple(effect for effect in incident.pending if effect.key not in done)
            changed = replace(
                incident, pending=left, leased_until=incident.leased_until if left else None, fresh=entries
            )
            try:
                self._workplace.store.write(Write(incident=changed), self._workplace.now())
            except ConflictError:
                incident = self._workplace.store.load(incident.id) or incident
                continue
            return
        raise BusyError("others keep writing this incident")

    def _schedule_retry(self, incident: Incident, effect: Effect, now: datetime) -> tuple[Entry, ...]:
        due = effect.at or now
        signal = due_signal(incident, effect, due)
        self._workplace.one_shots.signal_at(due, now, f"{incident.id}-{effect.key}", signal)
        return ()

    def _schedule_check(self, incident: Incident, effect: Effect, now: datetime) -> tuple[Entry, ...]:
        due = effect.at or now
        key, count = str(effect.detail["reason"]), int(effect.detail.get("count", 0))
        signal = check_signal(incident, effect.resource, effect.attempt, key, count, due)
        self._workplace.one_shots.signal_at(due, now, f"{incident.id}-{effect.key}", signal)
        return ()

    def _hold(self, incident: Incident, effect: Effect, now: datetime) -> tuple[Entry, ...]:
        """Have the held page looked at again; what holds it by the clock remembers it for what it says at its end."""
        until, by, name = effect.at or now, str(effect.detail["by"]), str(effect.detail["name"])
        look = until
        if by in LISTED:
            self._workplace.store.add_held(by, name, until, incident.id)
        if by == "quiet":
            look = until + DIGEST_FALLBACK
            digest = Signal(kind=SignalKind.DIGEST_DUE, time=until, state=name)
            self._workplace.one_shots.signal_at(until, now, f"digest-{name}-{until:%Y%m%d%H%M}", digest)
        signal = Signal(kind=SignalKind.HOLD_DUE, time=look, pipeline=incident.pipeline, incident=incident.id)
        self._workplace.one_shots.signal_at(look, now, f"{incident.id}-{effect.key}", signal)
        return ()

    def _watch_impact(self, incident: Incident, effect: Effect, now: datetime) -> tuple[Entry, ...]:
        bound = Bound(above_usd=float(effect.detail["above"]))
        schedule_bound(self._workplace, incident.id, bound, effect.at or now, now)
        return ()

    def _impact_over(self, incident: Incident, _effect: Effect, now: datetime) -> tuple[Entry, ...]:
        return tell_end(self._workplace, incident, now)

    def _drain(self, incident: Incident, effect: Effect, _now: datetime) -> tuple[Entry, ...]:
        """Start the drainer; it leases the queue, so a second start finds it taken."""
        event = {"pipeline": incident.pipeline, "resource": effect.resource, "incident": incident.id}
        self._workplace.clients("lambda").invoke(
            FunctionName=self._workplace.settings.names.function("drainer"),
            InvocationType="Event",
            Payload=dumps(event).encode(),
        )
        return ()


def due_signal(incident: Incident, effect: Effect, due: datetime) -> Signal:
    """What asks for a retry, or for an action of its name; one for an alarm is decided as that alarm's signals are."""
    action, alarm = str(effect.detail.get("action", "")), str(effect.detail.get("alarm", ""))
    return Signal(
        kind=SignalKind.ACTION_DUE if action else SignalKind.RETRY_DUE,
        time=due,
        state=action,
        alarm=alarm,
        pipeline=incident.pipeline,
        resource=effect.resource,
        incident=incident.id,
        attempt=effect.attempt,
    )


def check_signal(incident: Incident, resource: str, attempt: int, key: str, count: int, moment: datetime) -> Signal:
    """The reminder to look what has become of something."""
    return Signal(
        kind=SignalKind.CHECK_DUE,
        time=moment,
        pipeline=incident.pipeline,
        resource=resource,
        incident=incident.id,
        attempt=attempt,
        detail={"reason": key, "count": count},
    )
