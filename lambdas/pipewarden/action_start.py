"""Doing one action: settled and claimed first, then done, then recorded, whatever else happens to the incident."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from pipewarden.action import NotPossibleError, Result, Task, Way, action_token
from pipewarden.action_decision import look_delay_seconds
from pipewarden.action_policy import ActionPolicy
from pipewarden.action_transition import due_effect
from pipewarden.attempt import Attempt
from pipewarden.effect import due_signal
from pipewarden.incident import Incident
from pipewarden.incident_store import ConflictError
from pipewarden.incident_write import Write
from pipewarden.kill_switch import Switch, effective_mode
from pipewarden.measurement import Measurement
from pipewarden.place import Place
from pipewarden.refusal import LIMITS, error_code, error_status
from pipewarden.retry_outcome import as_written, breaker_metrics, changed_breakers, let_start
from pipewarden.situation import Decision, History
from pipewarden.workplace import BusyError, Workplace

MOST_CONFLICTS = 12
TRIES_WHEN_BUSY = 3
MOST_TEXT = 400


@dataclass(frozen=True, kw_only=True)
class Deed:
    """An action as it is to be done for one incident."""

    incident: Incident
    attempt: Attempt
    way: Way
    task: Task


class Actions:
    """Does the actions that are due, and looks after those that go on."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace

    def start(self, history: History, place: Place, decision: Decision, deadline: datetime, receives: int) -> None:
        """Do the action and record what came of it; what follows is decided by whoever reads the incident next.

        Raises ConflictError when somebody else changed the incident before the claim: then decide again. After a crash
        the redelivered signal comes here with the attempt `starting`, and with what was settled at its claim.
        """
        incident, policy = history.incident, place.policy
        assert incident is not None, "decided for an incident that is open"
        attempt = incident.attempt(policy.resource, decision.attempt, decision.act)
        assert attempt is not None, "decided for an attempt that exists"
        deed, interrupted = self._deed(incident, attempt, policy.actions[decision.act]), attempt.state == "starting"
        try:
            plan = attempt.plan if interrupted else deed.way.prepare(self._workplace.clients, deed.task)
        except (ClientError, NotPossibleError) as error:
            self._record(deed, _failure(error, receives))
            return
        deed = self._claim(deed, plan, history, place, deadline, interrupted=interrupted)
        try:
            result = self._do(deed, effective_mode(policy.mode, history.switch), interrupted=interrupted)
        except (ClientError, NotPossibleError) as error:
            result = _failure(error, receives)
        self._record(deed, result)
        owner = decision.act.partition(".")[0]
        self._workplace.measure(Measurement(name="ActionsDone", pipeline=policy.pipeline, resource=owner))

    def look(self, incident: Incident, attempt: Attempt, action: ActionPolicy | None) -> Result:
        """What has become of an action that goes on; as it was where the service does not answer."""
        deed = self._deed(incident, attempt, action) if action else None
        if deed is None or deed.way.look is None:
            return Result(state="failed", text="is declared no more, and its end is not known", id=attempt.run_id)
        try:
            return deed.way.look(self._workplace.clients, deed.task, attempt.run_id)
        except (ClientError, NotPossibleError) as error:
            self._workplace.log.warning("the action could not be looked at", extra={"error": str(error)})
            return Result(state="running", text=attempt.text, id=attempt.run_id)

    def _deed(self, incident: Incident, attempt: Attempt, action: ActionPolicy) -> Deed:
        kind, names = self._workplace.actions()[action.type], self._workplace.settings.names
        way = kind.way(action.fields)
        if way is None:
            raise NotPossibleError("it is not declared whole")
        reason = incident.reason(attempt.reason)
        facts = {
            "environment": names.environment,
            "pipeline": incident.pipeline,
            "resource": attempt.resource,
            "action": attempt.action,
            "incident": incident.id,
            "reason": reason.text if reason else "",
            "failure_class": reason.failure_class if reason else "",
            "run_id": attempt.failed_run_id,
        }
        task = Task(
            values=kind.values(action.fields, names),
            names=names,
            now=self._workplace.now(),
            token=action_token(incident.id, attempt.key),
            plan=attempt.plan,
            facts={name: text for name, text in facts.items() if text},
        )
        return Deed(incident=incident, attempt=attempt, way=way, task=task)

    def _claim(
        self,
        deed: Deed,
        plan: Mapping[str, Any],
        history: History,
        place: Place,
        deadline: datetime,
        *,
        interrupted: bool,
    ) -> Deed:
        """The deed, once everything that it takes is written: the attempt with what is settled, the budget, the
        breakers' leave, when it was done last. A look at it is scheduled then, so that no crash loses it."""
        now, policy, standing = self._workplace.now(), place.policy, history.breakers
        attempt = replace(deed.attempt, state="starting", claimed=deed.attempt.claimed or now, claimed_until=deadline)
        attempt = replace(attempt, plan=plan)
        write = Write(incident=deed.incident.with_attempt(attempt))
        if not interrupted:
            letting = let_start(history, policy, attempt, now)
            standing = as_written(history.breakers, letting)
            write = replace(
                write,
                pipeline=policy.pipeline,
                resource=policy.resource,
                runs=replace(history.runs, acted={**history.runs.acted, attempt.action: now}),
                counts_retry=True,
                breakers=changed_breakers(history.breakers, letting, policy.pipeline),
            )
        written = self._workplace.store.write(write, now)
        assert written is not None, "a claim writes the incident"
        for measured in breaker_metrics(history.breakers, standing, policy.pipeline):
            self._workplace.measure(measured)
        self._schedule_look(written, attempt, now)
        return replace(deed, incident=written, attempt=attempt, task=replace(deed.task, plan=plan))

    def _do(self, deed: Deed, switch: Switch, *, interrupted: bool) -> Result:
        if interrupted and switch.mode != "act":
            why = f", {switch.why}" if switch.why else ""
            raise NotPossibleError(
                f"it was interrupted and may have been done; remediation is switched to {switch.mode}{why}"
            )
        return deed.way.start(self._workplace.clients, deed.task)

    def _record(self, deed: Deed, result: Result) -> None:
        """Write what came of it, whatever else has happened to the incident meanwhile."""
        incident, attempt = deed.incident, deed.attempt
        now, text = self._workplace.now(), result.text[:MOST_TEXT]
        outcome = result.state if result.changed or result.state != "succeeded" else "dry"
        for _ in range(MOST_CONFLICTS):
            current = incident.attempt(attempt.resource, attempt.number, attempt.action) or attempt
            state = "started" if current.state in ("planned", "starting") else current.state
            done = replace(current, state=state, run_id=result.id, result=outcome, text=text, started=now)
            changed = incident.with_attempt(done).noting(now, "action-done", f"{attempt.action} {text}")
            try:
                self._workplace.store.write(Write(incident=changed), now)
            except ConflictError:
                incident = self._workplace.store.load(incident.id) or incident
                continue
            return
        raise BusyError("others keep writing this incident")

    def _schedule_look(self, incident: Incident, attempt: Attempt, now: datetime) -> None:
        moment = now + timedelta(seconds=look_delay_seconds(1))
        effect = due_effect(attempt, moment)
        signal = due_signal(incident, effect, moment)
        self._workplace.one_shots.signal_at(moment, now, f"{incident.id}-{effect.key}", signal)


def _failure(error: Exception, receives: int) -> Result:
    """What a refusal means: nothing was done. Raises where it may pass, or where it may have been done all the same:
    the claim stands, and the next delivery goes on."""
    if isinstance(error, ClientError):
        if error_code(error) in LIMITS and receives < TRIES_WHEN_BUSY:
            raise BusyError(f"{error_code(error)}: tried again when the signal is delivered again") from error
        if error_status(error) >= 500 and error_code(error) not in LIMITS:
            raise error
    return Result(state="failed", text=str(error))
