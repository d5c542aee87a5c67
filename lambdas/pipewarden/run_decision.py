"""Decisions about runs that failed, succeeded or were stopped."""

from datetime import datetime

from pipewarden.action_decision import with_action
from pipewarden.expectation_decision import STILL_RUNNING, expectation_key
from pipewarden.incident import Incident
from pipewarden.run_retry import decide_retry
from pipewarden.signal import Signal
from pipewarden.situation import Decision, History, Policy

HOLD_SECONDS = 300.0
"""How long what explains something else waits for what it explains. A state machine reports its own failure within
seconds of the inner one, an event within a minute or two; longer silence means that the owner went on, or that nobody
will tell."""


def run_key(resource: str) -> str:
    """Key of the reason that runs of a resource fail."""
    return f"run:{resource}"


def decide_failed(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    key = run_key(policy.resource)
    if _is_outdated(signal, history, policy):
        return Decision(action="ignore", why=f"a run of {policy.resource} that began later has succeeded already")
    if policy.within:
        return _decide_inner(history, policy)
    if policy.independent and history.attempt is None and _being_started(history, policy.resource, now):
        return Decision(action="busy", why="a retry is being started, and this may be its run")
    told = history.told(key, policy.severity, now, policy.respond_within_seconds)
    return with_action(history, policy, key, told, now, decide_retry(history, policy, told, now))


def decide_stopped(_signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    """A person who stops a run knows why: no retry and no page, but a page when it was our retry that they stopped,
    because the failure before it is still uncured."""
    if history.incident is None:
        return Decision(action="ignore", why="stopped by a person, and nothing is open")
    if history.attempt is None:
        return Decision(action="note", why=f"a run of {policy.resource} was stopped by a person")
    told = history.told(run_key(policy.resource), policy.severity, now, policy.respond_within_seconds)
    why = f"retry {history.attempt.number} was stopped by a person; the failure before it stands"
    return Decision(action="page", why=why, page=not told)


def decide_succeeded(signal: Signal, history: History, policy: Policy, _now: datetime) -> Decision:
    incident = history.incident
    keys = _cured_by(policy, incident) if incident else ()
    if not incident or not keys:
        return Decision(action="ignore", why="it succeeded and nothing is open for it")
    if policy.independent and (history.attempt is None or _is_told(incident, policy.resource)):
        why = "it succeeded, which does not cure the one that failed"
        return Decision(action="note" if history.attempt else "ignore", why=why)
    number = history.attempt.number if history.attempt else 0
    if _is_sibling(signal, history, incident, policy.resource):
        why = f"another run of {policy.resource} succeeded, which does not cure the one that failed"
        return Decision(action="note", why=why, attempt=number)
    others = [attempt for attempt in incident.attempts_of(policy.resource) if attempt.number != number]
    waiting = [a for a in others if a.state == "started" or (policy.independent and a.in_flight)]
    if waiting:
        why = f"a run of {policy.resource} succeeded; retry {waiting[0].number} is still going on"
        return Decision(action="note", why=why, attempt=number)
    why = f"retry {number} succeeded" if number else f"a later run of {policy.resource} succeeded"
    return Decision(action="clear", why=why, cleared=keys, attempt=number)


def _decide_inner(history: History, policy: Policy) -> Decision:
    """The failure of what runs within another resource is the reason of that one's failure, never retried by itself."""
    incident = history.incident
    owner = incident.reason(run_key(policy.within)) if incident else None
    if owner and owner.open and not owner.evidence:
        return Decision(action="hold", why=f"explains the failure of {policy.within}")
    held = incident.reason(run_key(policy.resource)) if incident else None
    started = (
        f"{policy.started_by} of {policy.within} started it" if policy.started_by else f"runs within {policy.within}"
    )
    why = f"{started}: waiting for what that reports"
    if held and held.open:
        return Decision(action="hold", why=why)
    return Decision(action="hold", why=why, delay_seconds=HOLD_SECONDS)


def _being_started(history: History, resource: str, now: datetime) -> bool:
    attempts = history.incident.attempts_of(resource) if history.incident else ()
    return any(a.state == "starting" and a.claimed_until and now < a.claimed_until for a in attempts)


def _is_told(incident: Incident, resource: str) -> bool:
    reason = incident.reason(run_key(resource))
    return bool(reason and reason.told)


def _cured_by(policy: Policy, incident: Incident) -> tuple[str, ...]:
    """What a success ends: failures and missed expectations of the resource, and failures within it. That a run takes
    too long ends with that run only."""
    resources, overdue = (policy.resource, *policy.inner), expectation_key(STILL_RUNNING, policy.resource)
    return tuple(
        reason.key
        for reason in incident.open_reasons
        if (reason.kind == "run" and reason.resource in resources)
        or (reason.kind == "deadline" and reason.resource == policy.resource and reason.key != overdue)
    )


def _is_outdated(signal: Signal, history: History, policy: Policy) -> bool:
    """True for a failure that is told late: what it failed to do was done since."""
    began = history.runs.last_good_started
    ended = history.run.ended if history.run and history.run.ended else signal.time
    return not policy.independent and history.attempt is None and began is not None and began >= min(ended, signal.time)


def _is_sibling(signal: Signal, history: History, incident: Incident, resource: str) -> bool:
    """True for a run that was going on already when the latest failure happened: it did other work. One that the
    service or we have started in its place did not."""
    failure, run = incident.reason(run_key(resource)), history.run
    if failure is None or not failure.open or failure.run_id in (signal.run_id, run.retry_of if run else ""):
        return False
    latest = max(failure.since, history.runs.last_failed or failure.since)
    started = history.attempt.started if history.attempt else run.started if run else None
    return (started or signal.time) < latest
