"""One signal from arrival to done: read what is known, decide, write, then act.

Everything that a signal changes is one conditional write, which also marks it as seen and lists the effects that are
still to be done. So whatever is delivered twice, out of order, or interrupted between two calls ends the same way.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipewarden.breaker import Breakers
from pipewarden.company import Company, look_around
from pipewarden.deadline import DAY_SECONDS, find_lapses
from pipewarden.decision import decide
from pipewarden.effect import Effects
from pipewarden.flapping import fold, remember_end
from pipewarden.fleet import as_member
from pipewarden.heartbeat import beat
from pipewarden.incident import Incident, new_incident_id
from pipewarden.incident_store import ConflictError, Snapshot
from pipewarden.incident_write import Write
from pipewarden.item import to_text
from pipewarden.measurement import Measurement
from pipewarden.notice import Notices
from pipewarden.place import Place, find_place
from pipewarden.pursuit import look_at, pursue
from pipewarden.remediation import Remediation
from pipewarden.restraint import postpone, restrain
from pipewarden.retry_outcome import breaker_metrics, changed_breakers, count_outcome, say_transitions, settle_cost
from pipewarden.run import Run
from pipewarden.run_record import measure_run, remember_run
from pipewarden.run_signal import describe
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy, attempt_of
from pipewarden.transition import apply_decision
from pipewarden.workplace import BusyError, Workplace

MOST_CONFLICTS = 12
PAUSE_SECONDS = 0.02
MOST_PAUSES = 5
"""In a storm many write what all pipelines share (the environment's circuit breaker): who is outrun again steps back
for a random time, of up to so many pauses."""
UNRELATED = ("ignore", "busy")
"""Actions that say nothing about an incident."""
COUNTED = {SignalKind.DEPLOYED: "Deployments", SignalKind.CHANGED: "TableChanges"}
"""Signals that are only counted, each in its metric; what they mean to people is said by alarms and marks."""
RUN_KINDS = (SignalKind.RUN_FAILED, SignalKind.RUN_SUCCEEDED, SignalKind.RUN_STOPPED)


class Responder:
    """Handles signals. `deadline` is when this invocation will be over whatever happens: leases end there."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._effects = Effects(workplace)
        self._remediation = Remediation(workplace)
        self._notices = Notices(workplace)

    def handle(self, signal: Signal, deadline: datetime, receives: int = 1) -> str:
        """Do what the signal asks for; one word for what was done.

        Raises BusyError, or whatever AWS raised, when the signal must be delivered again.
        """
        workplace = self._workplace
        if signal.kind == SignalKind.HEARTBEAT:
            beat(workplace)
            return "heartbeat"
        if signal.kind in self._notices.doers:
            return self._notices.handle(signal, deadline)
        signal = as_member(signal, workplace.settings)
        place = find_place(workplace, signal)
        if place is None:
            workplace.measure(Measurement(name="SignalsIgnored"))
            return "undeclared"
        if metric := COUNTED.get(signal.kind):
            workplace.measure(Measurement(name=metric, pipeline=place.policy.pipeline, resource=place.policy.resource))
            return signal.kind.value
        run = None
        if signal.kind in RUN_KINDS and place.technology and place.target:
            signal, run = describe(workplace, place.technology, place.target, signal)
        for tries in range(MOST_CONFLICTS):
            try:
                return self._handle_once(signal, place, run, deadline, receives)
            except ConflictError:
                workplace.sleep(random.uniform(0.0, PAUSE_SECONDS * min(tries, MOST_PAUSES)))
        raise BusyError("others keep writing this incident")

    def _handle_once(self, signal: Signal, place: Place, run: Run | None, deadline: datetime, receives: int) -> str:
        workplace, now = self._workplace, self._workplace.now()
        found = self._read(signal, place, now)
        if found.seen is not None:
            return self._finish(found, found.seen.incident, now, deadline)
        history = self._gather(signal, place, run, found)
        if signal.kind == SignalKind.CHECK_DUE and found.incident:
            told, running = pursue(workplace, signal, place, found.incident)
            if told:
                self.handle(told, deadline)
                history = replace(history, incident=workplace.store.load(found.incident.id))
            history = replace(history, pursuit=running)
        if signal.kind == SignalKind.EXPECTATION_MISSED and signal.run_id:
            overdue, going_on = look_at(workplace, place, signal)
            history = replace(history, run=overdue, pursuit=going_on)
        history = replace(history, breakers=count_outcome(signal, history, place.policy, now))
        decision = fold(decide(signal, history, place.policy, now), history, place.policy, now)
        decision = postpone(decision, history, place.policy, now)
        company = Company()
        if decision.action == "start" and history.incident:
            company = look_around(workplace, place, history.incident.attempt(place.policy.resource, signal.attempt))
        if company.running:
            decision = decide(signal, replace(history, going_on=company.running), place.policy, now)
        if turned := say_transitions(found.breakers, history.breakers, place.policy.pipeline):
            decision = replace(decision, detail={**decision.detail, "besides": turned})
        self._log(signal, place, decision, history)
        if decision.action == "busy":
            raise BusyError(decision.why)
        if decision.action == "start" and history.incident:
            refusal = self._remediation.start(signal, history, place, decision, deadline, receives, company.failed)
            if refusal is None:
                return "start"
            history, decision = replace(history, incident=refusal.incident), refusal.decision
        if decision.page:
            history = self._look_up(history, place.policy)
            decision = restrain(signal, decision, history, place.policy, now)
        self._change(signal, place, history, decision, now, deadline, found.breakers)
        return decision.action

    def _read(self, signal: Signal, place: Place, now: datetime) -> Snapshot:
        run = f"{place.run_prefix}#{signal.run_id}" if signal.kind in RUN_KINDS else ""
        pipeline, seen_last = place.policy.pipeline, self._workplace.open_incidents
        found = self._workplace.store.read(
            now,
            signal_key=signal.key,
            pipeline=pipeline,
            resource=place.policy.resource,
            run=run,
            incident=signal.incident or seen_last.get(pipeline, ""),
        )
        seen_last[pipeline] = found.open_incident
        return found

    def _gather(self, signal: Signal, place: Place, run: Run | None, found: Snapshot) -> History:
        """Everything known, in the form in which decisions take it."""
        workplace, policy = self._workplace, place.policy
        history = History(
            incident_id=found.open_incident or new_incident_id(policy.pipeline, signal),
            incident=found.incident,
            runs=found.runs,
            retries_this_hour=found.retries_this_hour,
            breakers=found.breakers,
            spent_today=found.spent_today,
            ends=found.ends,
            run=run,
        )
        if _may_remediate(signal, policy):
            history = replace(history, switch=workplace.kill_switch.read())
        if signal.kind in RUN_KINDS and found.incident:
            history = replace(history, attempt=attempt_of(signal, run, policy.resource, found.incident))
        if found.run and found.run.incident != found.open_incident:
            history = replace(history, earlier_attempts=found.run.attempt)
        if signal.kind == SignalKind.RUN_FAILED and run and place.technology:
            failure = workplace.classify(place.technology, run, policy.error_patterns)
            history = replace(
                history,
                failure_class=failure.failure_class,
                failure_reason=failure.explanation,
                advice=failure.advice,
            )
            history = _explained_by_inner(history, policy.inner)
        if signal.kind == SignalKind.DEADLINE_REACHED:
            window = float(signal.detail.get("window_seconds", DAY_SECONDS))
            lapses = find_lapses(
                workplace.settings,
                workplace.technologies,
                workplace.clients,
                policy.pipeline,
                signal.time,
                window,
                started=signal.state == "started",
            )
            history = replace(history, lapses=lapses)
        return history

    def _look_up(self, history: History, policy: Policy) -> History:
        """With the incidents above, the one that was waited for included when that is over."""
        store, hold = self._workplace.store, history.incident.hold if history.incident else None
        found = store.load_open(policy.upstream) if policy.upstream else []
        known = {incident.id for incident in found}
        before = store.load(hold.incident) if hold and hold.incident and hold.incident not in known else None
        return replace(history, upstream=(*found, *([before] if before else [])))

    def _change(
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
        self._measure_incident(before, written)
        for measured in breaker_metrics(breakers, history.breakers, place.policy.pipeline):
            self._workplace.measure(measured)
        if written and mine:
            self._effects.perform(written, mine)

    def _finish(self, found: Snapshot, incident_id: str, now: datetime, deadline: datetime) -> str:
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

    def _measure_incident(self, before: Incident | None, after: Incident | None) -> None:
        measure = self._workplace.measure
        if after and before is None:
            measure(Measurement(name="IncidentsOpened"))
        if after and after.ended and not (before and before.ended):
            seconds = (after.ended - after.since).total_seconds()
            measure(Measurement(name="SecondsToRecover", value=max(0.0, seconds), unit="Seconds"))
            if after.auto_remediated:
                measure(Measurement(name="IncidentsAutoRemediated"))

    def _log(self, signal: Signal, place: Place, decision: Decision, history: History) -> None:
        """One line for each decision; with what a dashboard needs to say what is broken, since when, and what hangs
        below it (`log_widget.incidents`)."""
        facts = {"signal": signal.kind.value, "pipeline": place.policy.pipeline, "resource": place.policy.resource}
        facts |= {"run_id": signal.run_id, "alarm": signal.alarm, "incident": signal.incident}
        if decision.action not in UNRELATED:
            since = history.incident.since if history.incident else signal.time
            below = self._workplace.settings.pipelines[place.policy.pipeline].downstream
            facts |= {
                "incident": history.incident_id,
                "since": f"{since:%Y-%m-%d %H:%M:%S}",
                "hangs_below": ", ".join(below),
            }
        known = {name: value for name, value in facts.items() if value}
        self._workplace.log.info(f"{decision.action}: {decision.why}", extra=known)


def _may_remediate(signal: Signal, policy: Policy) -> bool:
    """Whether the kill switch matters: it takes a call, once a minute."""
    retried = policy.retryable and not policy.within and policy.retry is not None
    drained = signal.kind == SignalKind.ALARM_RAISED and policy.drain is not None
    return drained or (retried and signal.kind in (SignalKind.RUN_FAILED, SignalKind.RETRY_DUE))


def _ends(history: History, after: Incident | None) -> tuple[datetime, ...] | None:
    """The latest ends, when this change ends the incident."""
    if after is None or not after.ending or after.ended is None:
        return None
    return remember_end(history.ends, after.ended, flapped=bool(after.flaps))


def _input_to_keep(decision: Decision, history: History, place: Place) -> tuple[int, Mapping[str, Any]] | None:
    """What only the event told about the failed run, and its retry will need."""
    needed = decision.action == "retry" and place.policy.independent and history.run
    return (decision.attempt, history.run.input) if needed and history.run else None


def _effects_to_do(before: Incident | None, after: Incident | None, now: datetime) -> frozenset[str]:
    """Those that this change adds, and those left behind by an invocation that is over."""
    if after is None:
        return frozenset()
    old = frozenset(effect.key for effect in before.pending) if before else frozenset()
    abandoned = before is not None and (before.leased_until is None or before.leased_until <= now)
    return frozenset(effect.key for effect in after.pending if abandoned or effect.key not in old)


def _explained_by_inner(history: History, inner: tuple[str, ...]) -> History:
    """An owner whose own words say nothing has failed for the reason for which something within it did."""
    reasons = history.incident.open_reasons if history.incident else ()
    if history.failure_class != "unknown":
        return history
    for reason in reasons:
        if reason.resource in inner and reason.failure_class and reason.failure_class != "unknown":
            why = f"{reason.resource}, which runs within it, failed: {reason.detail.get('why', '')}"
            return replace(history, failure_class=reason.failure_class, failure_reason=why, advice=reason.advice)
    return history
