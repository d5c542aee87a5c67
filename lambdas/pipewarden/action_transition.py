"""What actions besides retries change in an incident: planned, put off, done, ended. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.action_decision import end_of, outcome_of
from pipewarden.attempt import Attempt
from pipewarden.incident import Effect, Incident
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy


def plan_action(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    """The incident with the action planned."""
    due = now + timedelta(seconds=decision.delay_seconds)
    attempt = Attempt(
        resource=policy.resource,
        number=decision.attempt,
        state="planned",
        due=due,
        failed_run_id=signal.run_id,
        failed_redrive=signal.redrive,
        depth=(history.attempt.depth if history.attempt else 0) + 1,
        planned=now,
        action=decision.act,
        reason=decision.reason,
        alarm=signal.alarm,
    )
    incident = incident.with_attempt(attempt).with_effect(due_effect(attempt, due))
    return incident.noting(now, "action-planned", decision.why)


def due_effect(attempt: Attempt, at: datetime) -> Effect:
    """The signal that asks for an attempt at that time. The key says when, because an earlier one may be there still;
    the first one of a retry needs no more than its number."""
    what = f"{attempt.action}-{attempt.number}" if attempt.action else f"retry-{attempt.resource}-{attempt.number}"
    again = f"-{at:%d%H%M%S}" if attempt.action or attempt.waits else ""
    detail = {"action": attempt.action, "alarm": attempt.alarm} if attempt.action else {}
    return Effect(
        key=f"{what}{again}",
        kind="schedule-retry",
        resource=attempt.resource,
        attempt=attempt.number,
        at=at,
        detail=detail,
    )


def settle_action(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    """The action that the signal is about, as it is after the decision."""
    attempt = incident.attempt(policy.resource, signal.attempt, signal.state)
    if signal.kind != SignalKind.ACTION_DUE or attempt is None or decision.action == "postpone":
        return incident
    if attempt.state == "planned":
        return incident.with_attempt(replace(attempt, state="cancelled"))
    found = outcome_of(attempt, history)
    if decision.action == "wait":
        at = now + timedelta(seconds=decision.delay_seconds)
        found = replace(found, due=at, until=decision.detail.get("until", found.until))
        return incident.with_attempt(found).with_effect(due_effect(found, at))
    end = end_of(attempt, history, now)
    state = "failed" if end == "failed" else "succeeded"
    return incident.with_attempt(replace(found, state=state))  # type: ignore[arg-type]


def end_actions(incident: Incident, keys: tuple[str, ...]) -> Incident:
    """What was planned for these reasons is not needed any more; what was done for them has helped."""
    for attempt in (one for key in keys for one in incident.actions_for(key)):
        if attempt.state == "planned":
            incident = incident.with_attempt(replace(attempt, state="cancelled"))
        elif attempt.state == "started" and attempt.result != "running":
            incident = incident.with_attempt(replace(attempt, state="succeeded"))
    return incident


def failed_run(incident: Incident, signal: Signal, history: History, policy: Policy) -> tuple[str, int, int]:
    """The run that a retry is of, its redrive count, and how often it was retried: after an action those of the run for
    whose failure that was done."""
    attempt = incident.attempt(policy.resource, signal.attempt, signal.state)
    if signal.kind == SignalKind.ACTION_DUE and attempt:
        return attempt.failed_run_id, attempt.failed_redrive, attempt.depth - 1
    return signal.run_id, signal.redrive, history.attempt.depth if history.attempt else 0
