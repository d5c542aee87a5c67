"""Whether a page that is due is held back, and a retry waits: maintenance, failures above, quiet hours. Pure.

Whatever holds a page back ends by itself: a window and quiet hours by the clock, a failure above by its recovery or by
patience. Then the page goes out if its reason is still there, so every failure ends as recovered or paged.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.duration import say_time
from pipewarden.hold import Hold
from pipewarden.incident import Incident, IncidentState, Reason
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy, severity_of
from pipewarden.window import OpenWindow, open_windows, quiet_until

LOOK_AGAIN = timedelta(minutes=15)
GRACE = timedelta(minutes=15)
"""After what is above has recovered: a run that was waiting for it needs some time to succeed."""
PATIENCE = timedelta(hours=24)
"""A failure above explains those below it for a day; one that is looked after for longer does not hide them."""
PATIENCE_PART = 4
"""A pipeline that is more severe than the one above it waits a quarter of its time to respond: the retries above may
cure both, and three quarters are left for a person."""
PAGED_ANYHOW = "P0"
EXPLAINING = ("run", "deadline")
"""Kinds of reasons that explain failures below. Alarms about health may stand for days while data flows."""


def restrain(signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime) -> Decision:
    """The decision with its page held back, where something holds it."""
    if not decision.page:
        return decision
    hold = find_hold(severity_of(signal, history.incident, policy), history, policy, now)
    if hold is None:
        return decision
    old = held_now(history)
    why = old.why if old and signal.kind == SignalKind.HOLD_DUE else decision.why
    return replace(decision, page=False, hold=replace(hold, why=why))


def postpone(decision: Decision, history: History, policy: Policy, now: datetime) -> Decision:
    """The decision with its retry after the maintenance window that is going on, unless that lets retries pass."""
    windows = [window for window in open_windows(policy.maintenance, now) if not window.maintenance.retries]
    if not windows or decision.action not in ("retry", "act", "start"):
        return decision
    last = _last(windows)
    name, wait = last.maintenance.name, (last.end - now).total_seconds()
    after = f"after maintenance {name}"
    waits = Hold(by="maintenance", name=name, since=now, until=last.end, why="", text=after)
    decision = replace(decision, waits=waits)
    if decision.action != "start":
        return replace(decision, why=f"{decision.why} {after}", delay_seconds=decision.delay_seconds + wait)
    attempt = history.incident.attempt(policy.resource, decision.attempt, decision.act) if history.incident else None
    if attempt is None or attempt.state != "planned":
        return decision  # its start was interrupted: the run may be going on already
    return replace(decision, action="postpone", why=f"waits until {say_time(last.end)}, {after}", delay_seconds=wait)


def held_now(history: History) -> Hold | None:
    """The hold that stands, while something is held by it."""
    incident = history.incident
    return incident.hold if incident and incident.held_reasons else None


def find_hold(severity: str, history: History, policy: Policy, now: datetime) -> Hold | None:
    """What holds back a page of this severity; None when it goes out. One hold may follow another: they count as one
    since the first of them, so that patience ends."""
    old = held_now(history)
    since = old.since if old else now
    return (
        _by_maintenance(severity, since, policy, now)
        or _by_upstream(severity, since, history, policy, now)
        or _by_order(severity, since, history, policy, now)
        or _by_quiet_hours(severity, since, policy, now)
    )


def _by_maintenance(severity: str, since: datetime, policy: Policy, now: datetime) -> Hold | None:
    windows = [
        window
        for window in open_windows(policy.maintenance, now)
        if severity != PAGED_ANYHOW or window.maintenance.hold_p0
    ]
    if not windows:
        return None
    last = _last(windows)
    name = last.maintenance.name
    text = f"maintenance {name} until {say_time(last.end)}"
    return Hold(by="maintenance", name=name, since=since, until=last.end, why="", text=text)


def _by_upstream(severity: str, since: datetime, history: History, policy: Policy, now: datetime) -> Hold | None:
    if severity == PAGED_ANYHOW:
        return None
    old = held_now(history)
    for above in history.upstream:
        until, text = _explanation(above, severity, since, old, policy, now)
        if until:
            held = Hold(by="upstream", name=above.pipeline, since=since, until=until, why="", text=text)
            return replace(held, incident=above.id)
    return None


def _explanation(
    above: Incident, severity: str, since: datetime, old: Hold | None, policy: Policy, now: datetime
) -> tuple[datetime | None, str]:
    """Until when a pipeline above explains a failure below it, and in which words."""
    if above.over:
        waited_for = old is not None and old.incident == above.id
        until = (above.ended or now) + GRACE
        text = f"{above.pipeline} above it recovered at {say_time(above.ended or now)}, and it has {_minutes(GRACE)}"
        return (until, text) if waited_for and now < until else (None, "")
    broken = [reason for reason in above.open_reasons if reason.kind in EXPLAINING]
    is_worse = severity < above.severity
    if not broken or (is_worse and above.state == IncidentState.ACKNOWLEDGED):
        return None, ""
    patience = timedelta(seconds=policy.respond_within_seconds / PATIENCE_PART) if is_worse else PATIENCE
    limit = since + patience
    first = min(reason.since for reason in broken)
    text = f"{above.pipeline} above it has failed since {say_time(first)}"
    return (min(limit, now + LOOK_AGAIN), text) if now < limit else (None, "")


def _by_order(severity: str, since: datetime, history: History, policy: Policy, now: datetime) -> Hold | None:
    """Within a pipeline: what runs after something that fails."""
    incident = history.incident
    broken = [reason for reason in incident.open_reasons if _explains(reason, policy)] if incident else []
    if severity == PAGED_ANYHOW or not broken:
        return None
    first = min(broken, key=lambda reason: reason.since)
    if now >= since + PATIENCE:
        return None
    text = f"{first.resource} before it has failed since {say_time(first.since)}"
    until = min(since + PATIENCE, now + LOOK_AGAIN)
    return Hold(by="after", name=first.resource, since=since, until=until, why="", text=text)


def _explains(reason: Reason, policy: Policy) -> bool:
    return reason.resource in policy.after and reason.kind in EXPLAINING and not reason.evidence


def _by_quiet_hours(severity: str, since: datetime, policy: Policy, now: datetime) -> Hold | None:
    until = quiet_until(policy.quiet_hours.get(severity), now)
    if until is None:
        return None
    text = f"quiet hours of {severity} until {say_time(until)}"
    return Hold(by="quiet", name=severity, since=since, until=until, why="", text=text)


def _last(windows: list[OpenWindow]) -> OpenWindow:
    return max(windows, key=lambda window: window.end)


def _minutes(length: timedelta) -> str:
    return f"{round(length.total_seconds() / 60)}m to follow"
