"""Decisions about our own reminders: a retry that is due, a check, a deadline."""

from dataclasses import replace
from datetime import datetime

from pipewarden.action_decision import decide_outcome, object_to_action
from pipewarden.alarm_decision import dead_letters_key
from pipewarden.attempt import Attempt
from pipewarden.duration import say_seconds, say_time
from pipewarden.expectation_decision import STILL_RUNNING, expectation_key
from pipewarden.guard import Objection
from pipewarden.incident import Incident
from pipewarden.run_decision import run_key
from pipewarden.run_retry import object_to_retry
from pipewarden.signal import Signal
from pipewarden.situation import Decision, History, Policy

FIRST_CHECK_SECONDS = 900.0
LAST_CHECK_SECONDS = 6 * 3600.0
MOST_CHECKS = 30
"""A run that we started is looked after for about a week; then people are told that its outcome is unknown."""


SILENCE_SECONDS = 3600.0
"""A function's invocation and its service's own two retries of it are over within the hour (15 minutes each, and waits
of one and two minutes); a failure is reported for certain, a success only where somebody asked for that."""


def deadline_key(resource: str) -> str:
    """Key of the reason that a resource missed the pipeline's deadline."""
    return f"deadline:{resource}"


def check_delay_seconds(count: int) -> float:
    """When to look for the `count`-th time (from 0): doubling from a quarter of an hour to six hours."""
    return float(min(LAST_CHECK_SECONDS, FIRST_CHECK_SECONDS * 2**count))


def decide_due(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    """Whether the retry or the action that is due is started. Guards are asked again: much can happen while it waits.
    Of an action that was started, what follows."""
    incident = history.incident
    attempt = incident.attempt(policy.resource, signal.attempt, signal.state) if incident else None
    if incident is None or incident.id != signal.incident or attempt is None:
        return Decision(action="ignore", why="the incident is over")
    about = Decision(action="start", why="it is due", attempt=attempt.number, act=attempt.action, reason=attempt.reason)
    if attempt.state == "starting":
        if attempt.claimed_until and now < attempt.claimed_until:
            return Decision(action="busy", why="another invocation is starting it")
        if attempt.action and attempt.action not in policy.actions:
            return replace(about, action="page", why=f"{attempt.action} is declared no more, and may have been done")
        return replace(about, why="its start was interrupted")
    if attempt.state == "started" and attempt.action:
        return decide_outcome(attempt, history, policy, now)
    if attempt.state != "planned":
        return Decision(action="ignore", why=f"attempt {attempt.number} is {attempt.state} already")
    key = attempt.reason or run_key(policy.resource)
    told = history.told(key, policy.severity, now, policy.respond_within_seconds)
    objection = _object(attempt, history, policy, now)
    if objection and objection.until:
        seconds = (objection.until - now).total_seconds()
        why = f"waits until {say_time(objection.until)}: {objection.why}"
        return replace(about, action="postpone", why=why, delay_seconds=seconds)
    return replace(about, action="page", why=objection.why, page=not told) if objection else about


def _object(attempt: Attempt, history: History, policy: Policy, now: datetime) -> Objection | None:
    if attempt.action:
        return object_to_action(history, policy, attempt.action, now, attempt)
    return object_to_retry(history, policy, now, attempt)


def decide_check(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    """Whether something that was left to others has come to its end; `pursuit` says what was found."""
    incident, key, count = history.incident, str(signal.detail.get("reason", "")), int(signal.detail.get("count", 0))
    reason = incident.reason(key) if incident else None
    if incident is None or incident.id != signal.incident or reason is None or not reason.open:
        return Decision(action="ignore", why="it has ended")
    if key == expectation_key(STILL_RUNNING, policy.resource):
        if history.pursuit == "running":
            return Decision(action="wait", why="still running", delay_seconds=check_delay_seconds(count + 1))
        return Decision(action="clear", why="the run that took too long has ended", cleared=(key,))
    if _explained(incident, key, signal.attempt, policy.within):
        return Decision(action="ignore", why="what it waited for has been told")
    if history.pursuit == "silent":
        why = f"no failure of retry {signal.attempt} was reported within {say_seconds(SILENCE_SECONDS)}"
        others = any(a.in_flight and a.number != signal.attempt for a in incident.attempts_of(policy.resource))
        return Decision(action="note" if others or reason.told else "clear", why=why, cleared=(key,))
    if history.pursuit == "running" and count < MOST_CHECKS:
        return Decision(action="wait", why="still running", delay_seconds=check_delay_seconds(count + 1))
    told = history.told(key, policy.severity, now, policy.respond_within_seconds)
    if reason.evidence:
        whom = policy.within or "an event"
        return Decision(action="page", why=f"no word from {whom} about it", page=not told)
    if key == dead_letters_key(policy.resource):
        return Decision(action="page", why="the drainer did not report", page=not told)
    return Decision(action="page", why=f"the outcome of retry {signal.attempt} is unknown", page=not told)


def decide_deadline(_signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    if not history.lapses:
        return Decision(action="ignore", why="everything has succeeded by the deadline")
    told = all(
        history.told(deadline_key(lapse.resource), policy.severity, now, policy.respond_within_seconds)
        for lapse in history.lapses
    )
    return Decision(action="page", why="the deadline has passed", page=not told)


def _explained(incident: Incident, key: str, number: int, owner: str) -> bool:
    """True when nothing waits any more: the evidence became a reason, its owner failed too, or the retry in question
    has ended."""
    reason = incident.reason(key)
    if reason is None or (reason.kind == "run" and number == 0 and not reason.evidence):
        return True
    if reason.evidence and any(other.key == run_key(owner) for other in incident.open_reasons):
        return True
    attempt = incident.attempt(reason.resource, number) if number else None
    return attempt is not None and attempt.state != "started"
