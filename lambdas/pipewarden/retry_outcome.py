"""What start and end of one of our retries change beside its incident: circuit breakers, and today's cost. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from pipewarden.action_decision import end_of
from pipewarden.alarm_decision import alarm_key
from pipewarden.attempt import Attempt
from pipewarden.breaker import (
    Breaker,
    Breakers,
    after_failure,
    after_success,
    let_through,
    probe_name,
    without_probe,
)
from pipewarden.cost import Cost, cost_of
from pipewarden.incident_write import breaker_keys
from pipewarden.measurement import Measurement
from pipewarden.retry_policy import BreakerPolicy
from pipewarden.run_decision import run_key
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import History, Policy

Outcome = Literal["failed", "succeeded", "stopped"]
OUTCOMES: dict[SignalKind, Outcome] = {
    SignalKind.RUN_FAILED: "failed",
    SignalKind.RUN_SUCCEEDED: "succeeded",
    SignalKind.RUN_STOPPED: "stopped",
}
COUNTS = {"open": "BreakerOpened", "half-open": "BreakerHalfOpened", "closed": "BreakerClosed"}


def ended_attempt(signal: Signal, history: History, policy: Policy) -> tuple[Attempt, Outcome] | None:
    """The retry whose end the signal tells, and how it ended. Silence about an invocation counts as success."""
    if history.attempt and signal.kind in OUTCOMES:
        return history.attempt, OUTCOMES[signal.kind]
    if history.pursuit == "silent" and history.incident:
        about_run = signal.detail.get("reason") == run_key(policy.resource)
        attempt = history.incident.attempt(policy.resource, signal.attempt) if about_run else None
        return (attempt, "succeeded") if attempt and attempt.state == "started" else None
    return None


def ended_action(signal: Signal, history: History, policy: Policy, now: datetime) -> tuple[Attempt, Outcome] | None:
    """The action whose end the signal tells: its own, or that of the alarm for which it was done."""
    incident = history.incident
    if incident is None:
        return None
    if signal.kind == SignalKind.ALARM_CLEARED:
        done = (a for a in incident.actions_for(alarm_key(signal.alarm)) if a.state == "started")
        attempt = next(done, None)
        return (attempt, "succeeded") if attempt else None
    attempt = incident.attempt(policy.resource, signal.attempt, signal.state)
    if signal.kind != SignalKind.ACTION_DUE or attempt is None or attempt.state != "started":
        return None
    end = end_of(attempt, history, now)
    return (attempt, end) if end else None


def count_outcome(signal: Signal, history: History, policy: Policy, now: datetime) -> Breakers:
    """The circuit breakers with this signal counted."""
    breakers = history.breakers
    found = ended_attempt(signal, history, policy) or ended_action(signal, history, policy, now)
    if found is None:
        return breakers
    attempt, outcome = found
    probe = probe_name(history.incident_id, attempt.lane, attempt.number)
    if outcome == "failed":
        return Breakers(
            pipeline=after_failure(breakers.pipeline, _own(policy, attempt), probe, now),
            environment=after_failure(breakers.environment, policy.environment_breaker, probe, now),
        )
    after = after_success if outcome == "succeeded" else _after_stop
    return Breakers(pipeline=after(breakers.pipeline, probe, now), environment=after(breakers.environment, probe, now))


def _after_stop(breaker: Breaker, probe: str, _now: datetime) -> Breaker:
    return without_probe(breaker, probe)


def settle_cost(signal: Signal, history: History, policy: Policy) -> Cost | None:
    """What is to be added to today's costs when a retry has ended: what it took, less what it was expected to take."""
    found, actual = ended_attempt(signal, history, policy), cost_of(history.run)
    if found is None or actual is None:
        return None
    attempt, _ = found
    amount = actual.amount - (attempt.cost if attempt.cost_unit == actual.unit else 0.0)
    return Cost(actual.unit, amount) if amount else None


def changed_breakers(before: Breakers, after: Breakers, pipeline: str) -> tuple[tuple[str, Breaker], ...]:
    """Those to be written, by the pk of their items."""
    keys = breaker_keys(pipeline)
    return tuple(
        (pk, getattr(after, name)) for name, pk in keys.items() if getattr(after, name) != getattr(before, name)
    )


def say_transitions(before: Breakers, after: Breakers, pipeline: str) -> str:
    """`the circuit breaker of import is closed again`; empty when none changed its state."""
    names = {"pipeline": f"the circuit breaker of {pipeline}", "environment": "the circuit breaker of this environment"}
    words = {"closed": "is closed again", "open": "opened", "half-open": "lets this retry through"}
    found = [
        f"{names[scope]} {words[state]}"
        for scope, state in ((name, getattr(after, name).state) for name in names)
        if state != getattr(before, scope).state
    ]
    return ", and ".join(found)


def breaker_metrics(before: Breakers, after: Breakers, pipeline: str) -> tuple[Measurement, ...]:
    """`BreakerOpen` (1 until it is closed) and a count of the transition, for each breaker that changed its state."""
    measured: list[Measurement] = []
    for scope, dimension in (("pipeline", pipeline), ("environment", "")):
        state = getattr(after, scope).state
        if state != getattr(before, scope).state:
            is_open = 0.0 if state == "closed" else 1.0
            measured += [
                Measurement(name="BreakerOpen", value=is_open, pipeline=dimension),
                Measurement(name=COUNTS[state], pipeline=dimension),
            ]
    return tuple(measured)


def let_start(history: History, policy: Policy, attempt: Attempt, now: datetime) -> Breakers:
    """The breakers when this attempt starts: those whose time has come let it through as the only one."""
    probe = probe_name(history.incident_id, attempt.lane, attempt.number)
    breakers = history.breakers
    return Breakers(
        pipeline=let_through(breakers.pipeline, _own(policy, attempt), probe, now),
        environment=let_through(breakers.environment, policy.environment_breaker, probe, now),
    )


def as_written(before: Breakers, after: Breakers) -> Breakers:
    """`after` as it stands in the table once it was written over `before`."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in ("pipeline", "environment")}
    return Breakers(
        **{name: new if new == old else replace(new, version=new.version + 1) for name, (old, new) in pairs.items()}
    )


def not_started(breakers: Breakers, history: History, attempt: Attempt) -> Breakers:
    """The breakers when the attempt that they let through could not be started."""
    probe = probe_name(history.incident_id, attempt.lane, attempt.number)
    return Breakers(
        pipeline=without_probe(breakers.pipeline, probe), environment=without_probe(breakers.environment, probe)
    )


def _own(policy: Policy, attempt: Attempt) -> BreakerPolicy:
    """The pipeline's, as the resource has it; what is declared no more has the environment's."""
    action = policy.actions.get(attempt.action)
    guards = action.guards if action else policy.retry
    return guards.breaker if guards else policy.environment_breaker
