"""The guards of remediation: each says why a failed run must not be started again, or not yet. Pure.

`guard_table` lists them in the order in which they are asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pipewarden.attempt import Attempt
from pipewarden.breaker import Breaker
from pipewarden.cost import Cost, expected_cost
from pipewarden.duration import say_seconds, say_time
from pipewarden.kill_switch import effective_mode
from pipewarden.retry_policy import BreakerPolicy, RetryPolicy
from pipewarden.situation import History, Policy
from pipewarden.time_window import next_opening

UNKNOWN_RETRIES = 1
MOST_RETRIES = 50
FIRST_WAIT_SECONDS = 120.0
LAST_WAIT_SECONDS = 900.0

Moment = Literal["failure", "start"]


@dataclass(frozen=True, kw_only=True)
class Objection:
    """Why a retry must not start; with `until` only not before then."""

    why: str
    until: datetime | None = None


class Asked(NamedTuple):
    """What every guard looks at. `attempt` is the planned retry or action that is due; None when something has just
    failed. `act` names the action that it is about, and `retry` is what guards that; "" for a retry."""

    history: History
    policy: Policy
    retry: RetryPolicy
    used: int
    now: datetime
    attempt: Attempt | None = None
    act: str = ""

    @property
    def refused(self) -> str:
        """How an objection begins."""
        return f"{self.act} not done" if self.act else "not retried"

    @property
    def larger(self) -> bool:
        """Whether this retry gets more of what the failed run ran out of."""
        failure_class = self.history.failure_class
        return self.attempt.larger if self.attempt else failure_class == "resource" and self.retry.scale is not None

    def soon(self) -> datetime:
        """When to look again: from two minutes doubling to a quarter of an hour."""
        waits = self.attempt.waits if self.attempt else 0
        return self.now + timedelta(seconds=min(LAST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(waits, 10)))


@dataclass(frozen=True, kw_only=True)
class Guard:
    """One row. `key` is where it is declared ("" for what cannot be declared away), `for_actions` where it is for
    actions besides retries, for which it does not hold where that is None; `promise` and `reason` (of its default) are
    for people."""

    id: str
    key: str
    promise: str
    reason: str
    objects: Callable[[Asked], Objection | str | None]
    asked: tuple[Moment, ...] = ("failure", "start")
    for_actions: str | None = None


def declared(asked: Asked) -> str | None:
    return "not retried: no retry is declared" if asked.retry.attempts < 1 else None


def startable(asked: Asked) -> str | None:
    return None if asked.policy.retryable else "not retried: nothing can start this kind of run again"


def classes(asked: Asked) -> str | None:
    failure_class, classes = asked.history.failure_class, asked.retry.classes
    if failure_class in classes or asked.larger or asked.history.acted:
        return None
    return f"not retried: a {failure_class} failure, and only {' and '.join(classes)} ones are"


def attempts(asked: Asked) -> str | None:
    most = asked.retry.attempts
    if asked.used < most:
        return None
    if asked.act:
        return f"{asked.refused} again: {asked.used} of {most} attempts in this incident"
    return f"retries exhausted: {asked.used} of {most} failed"


def unknown(asked: Asked) -> str | None:
    if asked.history.failure_class == "unknown" and asked.used >= UNKNOWN_RETRIES:
        return "not retried again: an unknown failure is retried once"
    return None


def incident(asked: Asked) -> str | None:
    incident = asked.history.incident
    full = incident is not None and len(incident.attempts) >= MOST_RETRIES
    return f"{asked.refused}: {MOST_RETRIES} retries in this incident already" if full else None


def switched_off(asked: Asked) -> str | None:
    mode = effective_mode(asked.policy.mode, asked.history.switch)
    return f"{asked.refused}: remediation is off, {mode.why}" if mode.mode == "off" else None


def switched_over(asked: Asked) -> str | None:
    mode = effective_mode(asked.policy.mode, asked.history.switch)
    if mode.mode != "observe":
        return None
    return f"{asked.refused}: observe mode was switched on{f' ({mode.why})' if mode.why else ''}"


def owner(asked: Asked) -> str | None:
    owner = asked.history.run.owner if asked.history.run else ""
    return f"not retried: {owner} started it, and is to be resumed instead" if owner and not asked.retry.owned else None


def scale(asked: Asked) -> str | None:
    scale, run = asked.retry.scale, asked.history.run
    if not asked.larger or scale is None:
        return None
    size = run.size.get(scale.of) if run else None
    if size is None:
        return f"not retried: it ran out of resources, and its size is not counted in {scale.of}"
    if size >= scale.most:
        return f"not retried: it ran out of resources with {size:g} {scale.of}, and retries get {scale.most:g} at most"
    return None


def cooldown(asked: Asked) -> str | None:
    if asked.act:
        return _action_cooldown(asked)
    last, seconds = asked.history.runs.remediated, asked.retry.cooldown_seconds
    if last is None or asked.policy.independent or asked.now >= last + timedelta(seconds=seconds):
        return None
    return f"not retried: its last retries ended at {say_time(last)}, and it cools down for {say_seconds(seconds)}"


def _action_cooldown(asked: Asked) -> str | None:
    """From incident to incident: within one the number of attempts limits it."""
    incident, last = asked.history.incident, asked.history.runs.acted.get(asked.act)
    tried = incident.attempts_of(asked.policy.resource, asked.act) if incident else ()
    seconds = asked.retry.cooldown_seconds
    if last is None or any(a.claimed for a in tried) or asked.now >= last + timedelta(seconds=seconds):
        return None
    return f"{asked.refused}: it was done at {say_time(last)}, and it cools down for {say_seconds(seconds)}"


def pipeline_breaker(asked: Asked) -> Objection | str | None:
    breaker = asked.history.breakers.pipeline
    return _breaker(asked, breaker, asked.retry.breaker, f"the circuit breaker of {asked.policy.pipeline}")


def environment_breaker(asked: Asked) -> Objection | str | None:
    breaker = asked.history.breakers.environment
    return _breaker(asked, breaker, asked.policy.environment_breaker, "the circuit breaker of this environment")


def _breaker(asked: Asked, breaker: Breaker, policy: BreakerPolicy, name: str) -> Objection | str | None:
    moment = breaker.half_opens(policy)
    if breaker.since is None or moment is None or moment <= asked.now:
        return None
    if breaker.state == "half-open":
        return Objection(why=f"{name} is half-open and lets one retry through, which is going on", until=asked.soon())
    many = f"{policy.failures} retries failed within {say_seconds(policy.within_seconds)}"
    since, then = say_time(breaker.since), say_time(moment)
    return f"{asked.refused}: {name} is open since {since} ({many}); from {then} on one retry"


def budget(asked: Asked) -> str | None:
    most = asked.policy.retries_per_hour
    if asked.history.retries_this_hour < most:
        return None
    return f"{asked.refused}: budget used, {most} retries this hour in this environment"


def cost(asked: Asked) -> str | None:
    """Only the unit that the next run is expected to take counts; both where nothing is known of it yet."""
    expected = expected_cost(asked.history.runs, asked.retry.scale.factor if asked.larger and asked.retry.scale else 1)
    for unit, most in asked.retry.cost_per_day.items():
        if expected and expected.unit != unit:
            continue
        spent = asked.history.spent_today.get(unit, 0.0)
        if spent >= most or (expected and spent + expected.amount > most):
            already = f"retries of {asked.policy.pipeline} took {Cost(unit, spent)} today"
            coming = f", another takes about {expected}" if expected else ""
            return f"not retried: {already}{coming}, and {Cost(unit, most)} is the most"
    return None


def window(asked: Asked) -> Objection | None:
    window = asked.retry.window
    opens = next_opening(window, asked.now) if window else None
    if window is None or opens is None or opens <= asked.now:
        return None
    why = f"outside its window, {window.begin}-{window.end} {window.timezone}, which opens at {say_time(opens)}"
    return Objection(why=why, until=opens)


def turn(asked: Asked) -> Objection | None:
    attempts = asked.history.incident.attempts if asked.history.incident and asked.retry.one_at_a_time else ()
    lane = asked.policy.resource if not asked.act else f"{asked.policy.resource}#{asked.act}"
    others = [a for a in attempts if a.lane != lane and a.state in ("starting", "started")]
    if not others:
        return None
    what = others[0].action or f"a retry of {others[0].resource}"
    why = f"{what} is going on, and a pipeline has one at a time"
    return Objection(why=why, until=asked.soon())


def alone(asked: Asked) -> Objection | None:
    running = asked.history.going_on
    if not running or not asked.retry.alone:
        return None
    return Objection(why=f"another run of {asked.policy.resource} is going on ({running})", until=asked.soon())
