"""Whether a failed run is started again, and when: the guards first, then the backoff. Pure."""

from datetime import datetime

from pipewarden.attempt import Attempt
from pipewarden.backoff import backoff_seconds
from pipewarden.duration import say_seconds
from pipewarden.guard import Asked, Objection
from pipewarden.guard_table import first_objection
from pipewarden.kill_switch import effective_mode
from pipewarden.retry_policy import RetryPolicy
from pipewarden.situation import Decision, History, Policy

PAGE_AT_ONCE = "P0"


def decide_retry(history: History, policy: Policy, told: bool, now: datetime) -> Decision:
    """The next attempt of a run that has failed, or the page that says why there is none."""
    objection = object_to_retry(history, policy, now)
    (number, delay), tried = _next_attempt(history, policy), _used(history, policy) + 1
    if objection and objection.until is None:
        return Decision(action="page", why=objection.why, page=not told)
    held = f": {objection.why}" if objection else ""
    if objection and objection.until:
        delay = max(delay, (objection.until - now).total_seconds())
    mode = effective_mode(policy.mode, history.switch)
    if mode.mode != "act":
        would = f"retried in {say_seconds(delay)} (attempt {tried} of {_attempts(policy)}){held}"
        why = f"observe mode{f' ({mode.why})' if mode.why else ''}: would have been {would}"
        return Decision(action="page", why=why, page=not told, would=would)
    urgent = policy.severity == PAGE_AT_ONCE
    why = f"attempt {tried} of {_attempts(policy)} in {say_seconds(delay)}{held}"
    return Decision(action="retry", why=why, page=urgent and not told, attempt=number, delay_seconds=delay)


def object_to_retry(
    history: History, policy: Policy, now: datetime, attempt: Attempt | None = None
) -> Objection | None:
    """What the guards say, about a run that has failed or about the planned `attempt` that is due."""
    retry = policy.retry or RetryPolicy(attempts=0, backoff_seconds=(0.0, 0.0))
    return first_objection(Asked(history, policy, retry, _used(history, policy), now, attempt))


def _used(history: History, policy: Policy) -> int:
    """Retries so far: of this failed run where each does work of its own, else of the resource in this incident."""
    if policy.independent:
        return history.attempt.depth if history.attempt else history.earlier_attempts
    return _last_number(history, policy.resource)


def _last_number(history: History, resource: str) -> int:
    attempts = history.incident.attempts_of(resource) if history.incident else ()
    return max((attempt.number for attempt in attempts), default=history.earlier_attempts)


def _attempts(policy: Policy) -> int:
    return policy.retry.attempts if policy.retry else 0


def _next_attempt(history: History, policy: Policy) -> tuple[int, float]:
    number = _last_number(history, policy.resource) + 1
    if policy.retry is None:
        return number, 0.0
    seed = f"{history.incident_id}/{policy.resource}/{number}"
    return number, backoff_seconds(_used(history, policy) + 1, policy.retry.backoff_seconds, seed)
