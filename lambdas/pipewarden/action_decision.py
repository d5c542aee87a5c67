"""Decisions about actions besides retries: whether one is done for a failure or an alarm, and what follows. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from pipewarden.action_policy import ActionPolicy, action_name
from pipewarden.attempt import Attempt
from pipewarden.duration import say_seconds, say_time
from pipewarden.guard import Asked, Objection
from pipewarden.guard_table import first_objection
from pipewarden.kill_switch import effective_mode
from pipewarden.run_retry import PAGE_AT_ONCE, decide_retry
from pipewarden.situation import Decision, History, Policy

FIRST_LOOK_SECONDS = 60.0
LAST_LOOK_SECONDS = 900.0
MOST_LOOKS = 40
"""An action that goes on is looked after for about nine hours; then people are told that its end is unknown."""

End = Literal["succeeded", "failed", "stopped"]


def look_delay_seconds(looks: int) -> float:
    """When to look again after so many looks: doubling from a minute to a quarter of an hour."""
    return float(min(LAST_LOOK_SECONDS, FIRST_LOOK_SECONDS * 2 ** min(looks, 10)))


def with_action(history: History, policy: Policy, key: str, told: bool, now: datetime, otherwise: Decision) -> Decision:
    """The decision to do the first action that is declared for this and that no guard refuses, else `otherwise` with
    what the guards said."""
    refused: list[str] = []
    for name, action in policy.actions.items():
        if not _is_meant(name, action, history, policy):
            continue
        if _is_going_on(history, key) and not policy.independent:
            return Decision(action="hold", why="an action for it is going on")
        used = len(_tried(history, policy, name))
        if used >= action.guards.attempts:
            continue
        objection = object_to_action(history, policy, name, now)
        if objection is None or objection.until:
            return _act(history, policy, name, key, told, now, objection)
        refused.append(objection.why)
    if refused and otherwise.action in ("page", "retry"):
        return replace(otherwise, why=". ".join([otherwise.why, *refused]))
    return otherwise


def _act(
    history: History, policy: Policy, name: str, key: str, told: bool, now: datetime, objection: Objection | None
) -> Decision:
    action, number = policy.actions[name], len(_tried(history, policy, name, cancelled=True)) + 1
    delay = (objection.until - now).total_seconds() if objection and objection.until else 0.0
    held = f": {objection.why}" if objection else ""
    mode = effective_mode(policy.mode, history.switch)
    if mode.mode != "act":
        would = f"done {name}: {action.intent}{held}"
        why = f"observe mode{f' ({mode.why})' if mode.why else ''}: would have {would}"
        return Decision(action="page", why=why, page=not told, would=would)
    urgent = policy.severity == PAGE_AT_ONCE
    when = f" in {say_seconds(delay)}" if delay else ""
    return Decision(
        action="act",
        why=f"{name}: {action.intent}{when}{held}",
        page=urgent and not told,
        attempt=number,
        delay_seconds=delay,
        act=name,
        reason=key,
    )


def object_to_action(
    history: History, policy: Policy, name: str, now: datetime, attempt: Attempt | None = None
) -> Objection | None:
    """What the guards say, when something has failed or about the planned `attempt` that is due."""
    if name not in policy.actions:
        return Objection(why=f"{name} not done: it is declared no more")
    guards, used = policy.actions[name].guards, len(_tried(history, policy, name))
    return first_objection(Asked(history, policy, guards, used, now, attempt, name))


def end_of(attempt: Attempt, history: History, now: datetime) -> End | None:
    """How an action that was done has ended: for an alarm only when that has cleared, or had its time. None while it
    goes on. A dry run says nothing about whether actions help."""
    found = outcome_of(attempt, history)
    result = found.result
    if result == "running":
        return "failed" if found.looks >= MOST_LOOKS else None
    if result == "dry":
        return "stopped"
    if result != "succeeded" or not attempt.alarm:
        return "succeeded" if result == "succeeded" else "failed"
    reason = history.incident.reason(attempt.reason) if history.incident else None
    if reason is None or not reason.open:
        return "succeeded"
    return "failed" if attempt.until and attempt.until <= now else None


def outcome_of(attempt: Attempt, history: History) -> Attempt:
    """The attempt with what was found out about it just now."""
    if history.result is None or attempt.result != "running":
        return attempt
    return replace(attempt, result=history.result.state, text=history.result.text, looks=attempt.looks + 1)


def decide_outcome(attempt: Attempt, history: History, policy: Policy, now: datetime) -> Decision:
    """What follows an action that was started."""
    found, end = outcome_of(attempt, history), end_of(attempt, history, now)
    name, reason = attempt.action, history.incident.reason(attempt.reason) if history.incident else None
    about = Decision(action="wait", why=f"{name} {found.text}", attempt=attempt.number, act=name, reason=attempt.reason)
    action = policy.actions.get(name)
    if reason is None or not reason.open:
        return replace(about, action="note", why=f"{about.why}; nothing is wrong any more")
    if end is None:
        return _wait(about, found, action, now)
    told = history.told(attempt.reason, policy.severity, now, policy.respond_within_seconds)
    if found.result in ("running", "failed", "dry"):
        words = {"running": f"the end of {name} is unknown: it {found.text}", "failed": f"{name} failed: {found.text}"}
        return replace(about, action="page", why=words.get(found.result, f"{name}: {found.text}"), page=not told)
    if attempt.alarm:
        why = f"{name} {found.text}, and it did not help: the alarm has not cleared"
        return replace(about, action="page", why=why, page=not told)
    if action is None or action.then == "page":
        why = f"{name} {found.text}; the failed run is not started again"
        return replace(about, action="page", why=why, page=not told)
    then = decide_retry(replace(history, acted=True), policy, told, now)
    return replace(then, why=f"{name} {found.text}, then {then.why}", act=name, reason=attempt.reason)


def _wait(about: Decision, found: Attempt, action: ActionPolicy | None, now: datetime) -> Decision:
    if found.result == "running":
        if now < found.due:
            return replace(about, action="ignore", why=f"{about.why}; it is looked at again at {say_time(found.due)}")
        return replace(about, delay_seconds=look_delay_seconds(found.looks))
    within = action.clears_within_seconds if action else 0.0
    if found.until:
        return replace(about, action="ignore", why=f"the alarm has until {say_time(found.until)} to clear")
    until = now + timedelta(seconds=within)
    why = f"{about.why}; the alarm has until {say_time(until)} to clear"
    return replace(about, why=why, delay_seconds=(until - now).total_seconds(), detail={"until": until})


def _is_meant(name: str, action: ActionPolicy, history: History, policy: Policy) -> bool:
    if policy.alarm:
        return policy.alarm.key in action.alarms
    return history.failure_class in action.classes and name.startswith(action_name(policy.resource, ""))


def _is_going_on(history: History, key: str) -> bool:
    reason = history.incident.reason(key) if history.incident else None
    found = history.incident.actions_for(key) if history.incident and reason and reason.open else ()
    return any(attempt.in_flight for attempt in found)


def _tried(history: History, policy: Policy, name: str, *, cancelled: bool = False) -> tuple[Attempt, ...]:
    found = history.incident.attempts_of(policy.resource, name) if history.incident else ()
    return tuple(attempt for attempt in found if cancelled or attempt.state != "cancelled")
