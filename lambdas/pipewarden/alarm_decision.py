"""Decisions about alarms, and about what the drainer reports."""

from datetime import datetime, timedelta

from pipewarden.action_decision import with_action
from pipewarden.expectation_decision import is_told_while_running
from pipewarden.kill_switch import effective_mode
from pipewarden.run_decision import HOLD_SECONDS, run_key
from pipewarden.signal import Signal
from pipewarden.situation import Decision, History, Policy

ECHO = timedelta(hours=1)
"""A run alarm within this time after a failed run repeats what the run's event told: metrics arrive after events."""


def alarm_key(alarm: str) -> str:
    """Key of the reason that an alarm is in ALARM."""
    return f"alarm:{alarm}"


def dead_letters_key(resource: str) -> str:
    """Key of the reason that dead letters of a resource wait."""
    return f"dead-letters:{resource}"


def role_of(policy: Policy) -> str:
    """What an alarm means here: a run alarm of something that sends no run events tells by itself, and a drain alarm
    without a declared drain likewise."""
    role = policy.alarm.role if policy.alarm else "health"
    if (role == "run" and not policy.runs) or (role == "drain" and policy.drain is None):
        return "health"
    return role


def decide_raised(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    role = role_of(policy)
    if role == "run":
        return _decide_run_alarm(history, policy, now)
    if is_told_while_running(history, policy, now):
        return Decision(action="ignore", why="people were told while the run was going on")
    severity = policy.alarm.severity if policy.alarm else policy.severity
    key = dead_letters_key(policy.resource) if role == "drain" else alarm_key(signal.alarm)
    told = history.told(key, severity, now, policy.respond_within_seconds)
    if role != "drain":
        page = Decision(action="page", why="nothing here can be retried", page=not told)
        return with_action(history, policy, key, told, now, page)
    mode = effective_mode(policy.mode, history.switch)
    if mode.mode == "off":
        return Decision(action="page", why=f"not drained: remediation is off, {mode.why}", page=not told)
    if mode.mode == "observe":
        would, why = "drained its dead-letter queue", f" ({mode.why})" if mode.why else ""
        return Decision(action="page", why=f"observe mode{why}: would have {would}", page=not told, would=would)
    return Decision(action="drain", why="the drainer is taking the messages out")


def decide_cleared(signal: Signal, history: History, policy: Policy, _now: datetime) -> Decision:
    reason = history.incident.reason(alarm_key(signal.alarm)) if history.incident else None
    if reason and reason.open:
        return Decision(action="clear", why="the alarm cleared", cleared=(reason.key,))
    if history.incident is None or role_of(policy) == "health":
        return Decision(action="ignore", why="the alarm cleared and nothing is open for it")
    return Decision(action="note", why=f"the alarm {signal.alarm} cleared")


def decide_drained(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    """Drained to the last message: gone. Anything put aside or left behind, or a drain that was stopped: people must
    look at it."""
    key = dead_letters_key(policy.resource)
    stuck = int(signal.detail.get("quarantined", 0)) + int(signal.detail.get("left", 0))
    if stuck or signal.detail.get("stop"):
        told = history.told(key, policy.severity, now, policy.respond_within_seconds)
        return Decision(action="page", why=f"{stuck} dead letters need a person", page=not told)
    reason = history.incident.reason(key) if history.incident else None
    if reason and reason.open:
        replayed = int(signal.detail.get("replayed", 0))
        why = f"{replayed} dead letters were replayed, none came back" if replayed else "the dead-letter queue is empty"
        return Decision(action="clear", why=why, cleared=(key,))
    return Decision(action="ignore", why="drained, and nothing is open for it")


def _decide_run_alarm(history: History, policy: Policy, now: datetime) -> Decision:
    incident = history.incident
    reason = incident.reason(run_key(policy.resource)) if incident else None
    if reason and reason.open:
        return Decision(action="note", why="the alarm repeats what the run told")
    last = history.runs.last_failed
    if last is not None and now - last < ECHO:
        return Decision(action="ignore", why="the alarm repeats a failure that was handled")
    why = "an alarm says that a run failed, and no event told of it yet"
    return Decision(action="hold", why=why, delay_seconds=HOLD_SECONDS)
