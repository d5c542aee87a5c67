"""What a decision changes: one conditional write, then the effects that came of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipewarden.breaker import Breakers
from pipewarden.completion import completion_signal
from pipewarden.effect import Effects
from pipewarden.flapping import remember_end
from pipewarden.incident import Incident
from pipewarden.incident_store import Snapshot
from pipewarden.incident_write import Write
from pipewarden.item import to_text
from pipewarden.measurement import Measurement
from pipewarden.place import Place
from pipewarden.retry_outcome import breaker_metrics, changed_breakers, settle_cost
from pipewarden.run_record import measure_run, remember_run
from pipewarden.signal import Signal
from pipewarden.situation import Decision, History
from pipewarden.transition import apply_decision
from pipewarden.window import quiet_until
from pipewarden.workplace import BusyError, Workplace


class Changes:
    """Writes what decisions change, and does what that leaves to be done."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._effects = Effects(workplace)

    def make(
        self,
        signal: Signal,
        place: Place,
        history: History,
        decision: Decision,
        now: datetime,
        deadline: datetime,
        breakers: Breakers,
    ) -> None:
        """Write what the decision changes, in one go, and do the effects that came of it."""
        self._have_completion_told(signal, place, history, now)
        before = history.incident
        after = apply_decision(signal, decision, history, place.policy, now)
        mine = _effects_to_do(before, after, now)
        if after and mine:
            after = replace(after, leased_until=deadline)
        write = Write(
            signal_key=signal.key,
            signal_time=to_text(signal.time),
            incident=after,
            pipeline=place.policy.pipeline,
            resource=place.policy.resource,
            runs=remember_run(signal, decision, history, place.policy, now),
            ends=_ends(history, after),
            input=_input_to_keep(decision, history, place),
            breakers=changed_breakers(breakers, history.breakers, place.policy.pipeline),
            spent=settle_cost(signal, history, place.policy),
        )
        written = self._workplace.store.write(write, now)
        if written and not written.over:
            self._workplace.open_incidents[written.pipeline] = written.id
        measure_run(self._workplace.measure, signal, decision, history, place.policy, now)
        self._measure(before, written)
        for measured in breaker_metrics(breakers, history.breakers, place.policy.pipeline):
            self._workplace.measure(measured)
        if written and mine:
            self._effects.perform(written, mine)

    def _have_completion_told(self, signal: Signal, place: Place, history: History, now: datetime) -> None:
        """Before the signal counts as seen: a crash in between asks twice for the same message, which is told once."""
        if told := completion_signal(signal, history, place.policy, now):
            moment = quiet_until(place.policy.quiet_hours.get(place.policy.severity), now) or now
            self._workplace.one_shots.signal_at(moment, now, f"completed-{told.key}", told)

    def finish(self, found: Snapshot, incident_id: str, now: datetime, deadline: datetime) -> str:
        """A signal met before: if whoever met it left effects undone, do them."""
        incident = found.incident if incident_id == found.open_incident else None
        if incident is None and incident_id:
            incident = self._workplace.store.load(incident_id)
        if incident is None or not incident.pending:
            self._workplace.measure(Measurement(name="SignalsIgnored"))
            return "duplicate"
        if incident.leased_until and now < incident.leased_until:
            raise BusyError("another invocation is doing it")
        keys = frozenset(effect.key for effect in incident.pending)
        written = self._workplace.store.write(Write(incident=replace(incident, leased_until=deadline)), now)
        if written:
            self._effects.perform(written, keys)
        return "finished"

    def _measure(self, before: Incident | None, after: Incident | None) -> None:
        measure = self._workplace.measure
        if after and before is None:
            measure(Measurement(name="IncidentsOpened"))
        if after and after.ended and not (before and before.ended):
            seconds = (after.ended - after.since).total_seconds()
            measure(Measurement(name="SecondsToRecover", value=max(0.0, seconds), unit="Seconds"))
            if after.auto_remediated:
                measure(Measurement(name="IncidentsAutoRemediated"))


def _ends(history: History, after: Incident | None) -> tuple[datetime, ...] | None:
    """The latest ends, when this change ends the incident."""
    if after is None or not after.ending or after.ended is None:
        return None
    return remember_end(history.ends, after.ended, flapped=bool(after.flaps))


def _input_to_keep(decision: Decision, history: History, place: Place) -> tuple[str, Mapping[str, Any]] | None:
    """What only the event told about the failed run, and its retry will need."""
    if decision.action not in ("retry", "act") or not place.policy.independent or history.run is None:
        return None
    action = decision.act if decision.action == "act" else ""
    lane = f"{place.policy.resource}#{action}" if action else place.policy.resource
    return f"{lane}#{decision.attempt}", history.run.input


def _effects_to_do(before: Incident | None, after: Incident | None, now: datetime) -> frozenset[str]:
    """Those that this change adds, and those left behind by an invocation that is over."""
    if after is None:
        return frozenset()
    old = frozenset(effect.key for effect in before.pending) if before else frozenset()
    abandoned = before is not None and (before.leased_until is None or before.leased_until <= now)
    return frozenset(effect.key for effect in after.pending if abandoned or effect.key not in old)
