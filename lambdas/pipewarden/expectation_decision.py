"""Decisions about expectations of time that were missed, and about the end of a run that took too long."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.incident import Incident
from pipewarden.signal import RUN_KINDS, Signal
from pipewarden.situation import Decision, History, Policy

STILL_RUNNING = "still-running"
CURED_BY_SUCCESS = ("not-started", "no-success")
ECHO = timedelta(hours=1)
DURATION_ALARMS = ("duration", "duration-ratio")


def expectation_key(expectation: str, resource: str) -> str:
    """Key of the reason that an expectation was missed."""
    return f"{expectation}:{resource}"


def decide_missed(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    """A page, unless what was missed has come meanwhile: the signal may have waited in the queue."""
    if signal.state == STILL_RUNNING and history.pursuit != "running":
        return Decision(action="ignore", why="the run has ended meanwhile")
    good, since = history.runs.last_good, datetime.fromisoformat(str(signal.detail["since"]))
    if signal.state in CURED_BY_SUCCESS and good and good > since:
        return Decision(action="ignore", why="a run has succeeded meanwhile")
    key = expectation_key(signal.state, policy.resource)
    told = history.told(key, policy.severity, now, policy.respond_within_seconds)
    return Decision(action="page", why="an expectation was missed", page=not told)


def end_overdue(signal: Signal, decision: Decision, history: History, policy: Policy) -> Decision:
    """The decision about a run's end, with the reason gone that this very run took too long."""
    key = _overdue_key(signal, history.incident, policy.resource)
    if not key or signal.kind not in RUN_KINDS or decision.action == "busy":
        return decision
    if decision.action in ("ignore", "note"):
        return replace(decision, action="clear", why=f"it ended: {decision.why}", cleared=(key,))
    return replace(decision, cleared=(*decision.cleared, key))


def is_told_while_running(history: History, policy: Policy, now: datetime) -> bool:
    """True for an alarm about the length of a run that people were told of before it ended."""
    runs, alarm = history.runs, policy.alarm
    if alarm is None or runs.overdue is None or alarm.key.rpartition(".")[2] not in DURATION_ALARMS:
        return False
    ended = max((moment for moment in (runs.last_good, runs.last_failed) if moment), default=None)
    return ended is None or (ended >= runs.overdue and now - ended < ECHO)


def _overdue_key(signal: Signal, incident: Incident | None, resource: str) -> str:
    key = expectation_key(STILL_RUNNING, resource)
    reason = incident.reason(key) if incident else None
    return key if reason and reason.open and reason.run_id == signal.run_id else ""
