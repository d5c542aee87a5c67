"""Decisions about pages that were held back: the time to look at one again has come."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.duration import say_seconds
from pipewarden.incident import Incident
from pipewarden.restraint import LOOK_AGAIN, PATIENCE
from pipewarden.signal import Signal
from pipewarden.situation import Decision, History, Policy


def decide_hold(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    """Page what is still failing, unless something holds it on (`restraint` is asked after this)."""
    incident = history.incident
    if incident and incident.pending and not (incident.leased_until and now < incident.leased_until):
        return Decision(action="note", why="what was interrupted goes on")
    if incident and incident.flaps and incident.calm_since and not incident.open_reasons:
        calm = now - incident.calm_since
        if calm < timedelta(seconds=policy.flapping.calm_seconds):
            return Decision(action="ignore", why="it may fail again")
        return Decision(action="clear", why=f"nothing was wrong for {say_seconds(calm.total_seconds())}")
    if incident is None or incident.id != signal.incident or incident.hold is None or not incident.held_reasons:
        return Decision(action="ignore", why="nothing is held back any more")
    hold = incident.hold
    if now < hold.until:
        return Decision(action="ignore", why="it is held back until later")
    if _being_retried(incident) and now < hold.since + PATIENCE:
        why = "a retry of it is going on"
        return Decision(action="page", why=why, hold=replace(hold, until=now + LOOK_AGAIN))
    waited = say_seconds((now - hold.since).total_seconds())
    return Decision(action="page", why=f"{hold.why}. Held back for {waited}: {hold.text}", page=True)


def is_due(incident: Incident, now: datetime) -> bool:
    """Whether a held page has to be looked at: something is held, and no retry may cure it yet."""
    hold = incident.hold
    if hold is None or incident.over or not incident.held_reasons:
        return False
    return hold.until <= now and not _being_retried(incident)


def _being_retried(incident: Incident) -> bool:
    """Every reason that is held has a retry or an action which is planned or going on."""
    return all(map(incident.is_remedied, incident.held_reasons))
