"""From a decision to the incident as it is afterwards, with the effects still to be done. Pure."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.action_transition import due_effect, end_actions, failed_run, plan_action, settle_action
from pipewarden.attempt import Attempt
from pipewarden.check_transition import with_check
from pipewarden.due_decision import check_delay_seconds
from pipewarden.duration import say_time
from pipewarden.expectation_decision import expectation_key
from pipewarden.hold_transition import calm_down, hold_back, wait_for_window
from pipewarden.impact_transition import with_bound
from pipewarden.incident import Effect, Incident, IncidentState
from pipewarden.page_transition import page_again
from pipewarden.reason import read_reasons
from pipewarden.reason_transition import (
    after_start,
    cancel_planned,
    say_reason,
    tell_all,
    with_failed_retry,
    with_failure,
    with_success,
)
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy, severity_of

WRONG_STILL = ("retry", "act", "page", "hold")
"""What one reason makes way for here is another one, so the incident goes on."""
DRAIN_CHECK_SECONDS = 3600.0


def apply_decision(
    signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident | None:
    """The incident after one decision; None when there is none and none is opened.

    A new incident has version 0. Starting an attempt that is due is not done here but in `attempt`, since it takes two
    writes.
    """
    move = MOVES.get(decision.action)
    if move is None:
        return None
    incident = history.incident or replace(_open(signal, history, policy, now), flaps=decision.flaps)
    incident = settle_action(incident, signal, decision, history, policy, now)
    after = move(incident, signal, decision, history, policy, now)
    return after.without_reasons(decision.cleared) if decision.action in WRONG_STILL else after


def _open(signal: Signal, history: History, policy: Policy, now: datetime) -> Incident:
    severity = policy.alarm.severity if policy.alarm else policy.severity
    opened = min(signal.time, now)
    incident = Incident(
        id=history.incident_id, pipeline=policy.pipeline, severity=severity, opened=opened, impact=policy.impact
    )
    return with_bound(incident, policy.stakeholders, opened)


def _note(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    incident = with_success(incident, signal, history, policy.resource)
    return incident.noting(now, "note", decision.why)


def _hold(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    incident = with_failed_retry(incident, signal, history)
    for reason in read_reasons(signal, decision, history, policy):
        old = incident.reason(reason.key)
        if old and old.open:
            reason = replace(reason, evidence=old.evidence, told=old.told, held=old.held, times=old.times + 1)
        incident = incident.with_reason(reason).noting(reason.since, "failed", say_reason(reason))
        if decision.delay_seconds:
            incident = with_check(incident, reason.key, policy.resource, now, decision.delay_seconds)
    return incident.noting(now, "held", decision.why)


def _retry(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    incident = with_failure(incident, signal, decision, history, policy, told=decision.page)
    if decision.hold:
        incident = hold_back(incident, signal, decision.hold, policy, now)
    due = now + timedelta(seconds=decision.delay_seconds)
    run_id, redrive, depth = failed_run(incident, signal, history, policy)
    attempt = Attempt(
        resource=policy.resource,
        number=decision.attempt,
        state="planned",
        due=due,
        failed_run_id=run_id,
        failed_redrive=redrive,
        depth=depth + 1,
        planned=now,
        larger=history.failure_class == "resource" and bool(policy.retry and policy.retry.scale),
    )
    incident = incident.with_attempt(attempt).with_effect(due_effect(attempt, due))
    incident = incident.noting(now, "retry-planned", f"{policy.resource}: {decision.why}, at {say_time(due)}")
    incident = wait_for_window(incident, decision.waits)
    if incident.state == IncidentState.OPEN:
        incident = replace(incident, state=IncidentState.REMEDIATING)
    return _page_people(incident, signal, decision, policy, now) if decision.page else incident


def _act(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    incident = with_failure(incident, signal, decision, history, policy, told=decision.page)
    if decision.hold:
        incident = hold_back(incident, signal, decision.hold, policy, now)
    incident = wait_for_window(plan_action(incident, signal, decision, history, policy, now), decision.waits)
    if incident.state == IncidentState.OPEN:
        incident = replace(incident, state=IncidentState.REMEDIATING)
    return _page_people(incident, signal, decision, policy, now) if decision.page else incident


def _page(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    held = decision.hold is not None
    incident = with_failure(incident, signal, decision, history, policy, told=not held)
    if signal.kind == SignalKind.RETRY_DUE:
        incident = cancel_planned(incident, policy.resource)
    if signal.kind in (SignalKind.RETRY_DUE, SignalKind.ACTION_DUE):
        incident = tell_all(incident, policy.resource, held=held)
    if signal.kind == SignalKind.CHECK_DUE and (reason := incident.reason(str(signal.detail.get("reason", "")))):
        incident = incident.with_reason(replace(reason, evidence=False, told=reason.told or not held, held=held))
    if signal.kind != SignalKind.HOLD_DUE or not held:
        incident = incident.noting(now, "decided", decision.why)
    if signal.kind == SignalKind.EXPECTATION_MISSED and signal.run_id:
        key = expectation_key(signal.state, policy.resource)
        incident = with_check(incident, key, policy.resource, now, check_delay_seconds(0))
    if decision.hold:
        return hold_back(incident, signal, decision.hold, policy, now)
    return _page_people(incident, signal, decision, policy, now) if decision.page else incident


def _drain(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    for reason in read_reasons(signal, decision, history, policy):
        incident = incident.with_reason(reason).noting(reason.since, "alarm", say_reason(reason))
        effect = Effect(key=f"drain-{policy.resource}-{signal.key[:8]}", kind="drain", resource=policy.resource)
        incident = with_check(incident.with_effect(effect), reason.key, policy.resource, now, DRAIN_CHECK_SECONDS)
    if incident.state == IncidentState.OPEN:
        incident = replace(incident, state=IncidentState.REMEDIATING)
    return incident.noting(now, "draining", decision.why)


def _clear(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> Incident:
    incident = with_success(incident, signal, history, policy.resource)
    if signal.kind == SignalKind.RUN_SUCCEEDED:
        incident = cancel_planned(incident, policy.resource)
    for reason in incident.open_reasons:
        if reason.key in decision.cleared and signal.kind == SignalKind.DRAIN_FINISHED:
            incident = incident.with_reason(replace(reason, detail={**reason.detail, **signal.detail}))
    moment = after_start(signal.time, incident, policy.resource)
    incident = end_actions(incident.without_reasons(decision.cleared), decision.cleared)
    incident = incident.noting(moment, "cleared", decision.why)
    if incident.open_reasons:
        return incident
    if incident.flaps and signal.kind != SignalKind.HOLD_DUE:
        return calm_down(incident, signal, policy, now)
    ended = max(signal.time, incident.opened)
    cured = incident.remediated or signal.kind == SignalKind.DRAIN_FINISHED
    if incident.pages or cured:
        incident = incident.with_effect(Effect(key="recovered", kind="recovered", detail=decision.detail))
    incident = incident.ended_as(IncidentState.RECOVERED, incident.calm_since or ended, cured=cured)
    return incident.noting(now, "recovered", "nothing is wrong any more")


def _wait(
    incident: Incident, signal: Signal, decision: Decision, _history: History, policy: Policy, now: datetime
) -> Incident:
    if signal.kind == SignalKind.ACTION_DUE:
        return incident.noting(now, "waiting", decision.why)
    count, key = int(signal.detail.get("count", 0)) + 1, str(signal.detail.get("reason", ""))
    incident = incident.noting(now, "waiting", decision.why)
    return with_check(incident, key, policy.resource, now, decision.delay_seconds, count, signal.attempt)


def _postpone(
    incident: Incident, _signal: Signal, decision: Decision, _history: History, policy: Policy, now: datetime
) -> Incident:
    """The planned retry at a later time; the schedule's name says when, because the old one may still be there."""
    attempt = incident.attempt(policy.resource, decision.attempt, decision.act)
    if attempt is None:
        return incident
    due = now + timedelta(seconds=decision.delay_seconds)
    attempt = replace(attempt, due=due, waits=attempt.waits + 1)
    text = f"{attempt.action or f'{policy.resource}: retry {attempt.number}'} {decision.why}"
    incident = wait_for_window(incident, decision.waits)
    incident = incident.with_attempt(attempt).with_effect(due_effect(attempt, due))
    return incident.noting(now, "action-planned" if attempt.action else "retry-planned", text)


MOVES: dict[str, Callable[[Incident, Signal, Decision, History, Policy, datetime], Incident]] = {
    "note": _note,
    "hold": _hold,
    "retry": _retry,
    "act": _act,
    "page": _page,
    "drain": _drain,
    "clear": _clear,
    "wait": _wait,
    "postpone": _postpone,
}


def _page_people(incident: Incident, signal: Signal, decision: Decision, policy: Policy, now: datetime) -> Incident:
    return page_again(incident, decision.why, severity_of(signal, incident, policy), now)
