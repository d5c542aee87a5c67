"""One signal from arrival to done: read what is known, decide, write, then act.

Everything that a signal changes is one conditional write, which also marks it as seen and lists the effects that are
still to be done. So whatever is delivered twice, out of order, or interrupted between two calls ends the same way.
"""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial

from pipewarden.action_start import Actions
from pipewarden.change import Changes
from pipewarden.circumstances import gather, look_up
from pipewarden.company import Company, look_around
from pipewarden.decision import decide
from pipewarden.decision_log import log_decision
from pipewarden.exercise import read_exercise
from pipewarden.flapping import fold
from pipewarden.fleet import as_member
from pipewarden.heartbeat import beat
from pipewarden.incident import Incident
from pipewarden.incident_store import ConflictError, Snapshot
from pipewarden.measurement import Measurement
from pipewarden.notice import Notices
from pipewarden.owner_search import Lookup, as_owned, find_owner
from pipewarden.place import Place, find_place
from pipewarden.pursuit import failed_run, look_at, pursue
from pipewarden.remediation import Remediation
from pipewarden.restraint import postpone, restrain
from pipewarden.retry_outcome import count_outcome, say_transitions
from pipewarden.run import Run
from pipewarden.run_signal import describe
from pipewarden.signal import RUN_KINDS, Signal, SignalKind
from pipewarden.situation import History
from pipewarden.workplace import BusyError, Workplace

MOST_CONFLICTS = 12
PAUSE_SECONDS = 0.02
MOST_PAUSES = 5
"""In a storm many write what all pipelines share (the environment's circuit breaker): who is outrun again steps back
for a random time, of up to so many pauses."""
COUNTED = {SignalKind.DEPLOYED: "Deployments", SignalKind.CHANGED: "TableChanges"}
"""Signals that are only counted, each in its metric; what they mean to people is said by alarms and marks."""


SOON = timedelta(seconds=10)
"""An action that was started just now need not be looked at."""


class Responder:
    """Handles signals. `deadline` is when this invocation will be over whatever happens: leases end there."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._changes = Changes(workplace)
        self._remediation = Remediation(workplace)
        self._actions = Actions(workplace)
        self._notices = Notices(workplace)

    def handle(self, signal: Signal, deadline: datetime, receives: int = 1) -> str:
        """Do what the signal asks for; one word for what was done.

        Raises BusyError, or whatever AWS raised, when the signal must be delivered again.
        """
        workplace = self._workplace
        if signal.kind == SignalKind.HEARTBEAT:
            beat(workplace)
            return "heartbeat"
        signal = read_exercise(signal, workplace.settings.names) or signal
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
        owner = cache(partial(find_owner, workplace, signal, place, run))
        for tries in range(MOST_CONFLICTS):
            try:
                return self._handle_once(signal, place, run, owner, deadline, receives)
            except ConflictError:
                workplace.sleep(random.uniform(0.0, PAUSE_SECONDS * min(tries, MOST_PAUSES)))
        raise BusyError("others keep writing this incident")

    def _handle_once(
        self, signal: Signal, place: Place, run: Run | None, owner: Lookup, deadline: datetime, receives: int
    ) -> str:
        workplace, now = self._workplace, self._workplace.now()
        found = self._read(signal, place, now)
        if found.seen is not None:
            return self._changes.finish(found, found.seen.incident, now, deadline)
        if signal.kind == SignalKind.CHECK_DUE and found.named and found.named.over and found.named.pending:
            # An earlier delivery of this check told of the end, and died before people were told.
            return self._changes.finish(found, found.named.id, now, deadline)
        place = as_owned(place, signal, found.incident, owner)
        history = gather(workplace, signal, place, run, found)
        history = self._look_closer(signal, place, history, deadline)
        history = replace(history, breakers=count_outcome(signal, history, place.policy, now))
        decision = fold(decide(signal, history, place.policy, now), history, place.policy, now)
        decision = postpone(decision, history, place.policy, now)
        company = Company()
        if decision.action == "start" and history.incident and not decision.act:
            company = look_around(workplace, place, history.incident.attempt(place.policy.resource, signal.attempt))
        if company.running:
            decision = decide(signal, replace(history, going_on=company.running), place.policy, now)
        if turned := say_transitions(found.breakers, history.breakers, place.policy.pipeline):
            decision = replace(decision, detail={**decision.detail, "besides": turned})
        log_decision(workplace, signal, place, decision, history)
        if decision.action == "busy":
            raise BusyError(decision.why)
        if decision.action == "start" and decision.act:
            self._actions.start(history, place, decision, deadline, receives)
            return self._handle_once(signal, place, run, owner, deadline, receives)
        if decision.action == "start" and history.incident:
            refusal = self._remediation.start(signal, history, place, decision, deadline, receives, company.failed)
            if refusal is None:
                return "start"
            history, decision = replace(history, incident=refusal.incident), refusal.decision
        if decision.page:
            history = look_up(workplace, history, place.policy)
            decision = restrain(signal, decision, history, place.policy, now)
        self._changes.make(signal, place, history, decision, now, deadline, found.breakers)
        return decision.action

    def _look_closer(self, signal: Signal, place: Place, history: History, deadline: datetime) -> History:
        """With what the service says of the run that the signal asks about."""
        if signal.kind == SignalKind.CHECK_DUE and history.incident:
            told, running = pursue(self._workplace, signal, place, history.incident)
            if told:
                self.handle(told, deadline)
                history = replace(history, incident=self._workplace.store.load(history.incident.id))
            return replace(history, pursuit=running)
        if signal.kind == SignalKind.EXPECTATION_MISSED and signal.run_id:
            overdue, going_on = look_at(self._workplace, place, signal)
            return replace(history, run=overdue, pursuit=going_on)
        if signal.kind == SignalKind.ACTION_DUE and history.incident:
            return self._look_at_action(signal, place, history, history.incident)
        return history

    def _look_at_action(self, signal: Signal, place: Place, history: History, incident: Incident) -> History:
        """With what has become of an action that was started, and of the run that is to be started again after it."""
        policy = place.policy
        attempt = incident.attempt(policy.resource, signal.attempt, signal.state)
        if attempt is None or attempt.state != "started":
            return history
        result = None
        just_started = attempt.started is not None and self._workplace.now() - attempt.started < SOON
        if attempt.result == "running" and not just_started:
            result = self._actions.look(incident, attempt, policy.actions.get(attempt.action))
        return replace(history, result=result, run=failed_run(self._workplace, place, incident, attempt))

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
