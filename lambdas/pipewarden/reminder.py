"""Reminders of what somebody has taken and what still fails: after the severity's time to respond, a few times."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pipewarden.announcement import NO_ROUTE, make_notice, schedule_reminder
from pipewarden.delivery import Delivery
from pipewarden.duration import say_seconds, say_time
from pipewarden.escalation import Reminder
from pipewarden.incident import Incident
from pipewarden.kept_page import keep_writing, kept_page
from pipewarden.message import render_page
from pipewarden.window import quiet_until
from pipewarden.workplace import Workplace

MOST_LOOKS = 100
"""How often an incident is looked at that nobody acknowledges: then nobody will."""


def remind(workplace: Workplace, event: Mapping[str, Any]) -> str:
    """Send the reminder that a schedule asks for, or look again when it is due; a sentence for what was done.

    Reminder n is due n times the severity's `respond_within` after the acknowledgement. Sent first, recorded after.
    """
    asked = Reminder(page=int(event["page"]), number=int(event["reminder"]), look=int(event.get("look", 0)))
    incident, now = workplace.store.load(str(event["incident"])), workplace.now()
    route = workplace.settings.severities.get(incident.severity, NO_ROUTE) if incident else NO_ROUTE
    stop = _why_stop(incident, asked)
    if incident is None or stop:
        return stop
    step = timedelta(seconds=route.respond_within_seconds)
    later = _when(incident, asked, step, now) or quiet_until(route.quiet_hours, now)
    if later:
        if asked.look < MOST_LOOKS:
            schedule_reminder(workplace, incident.id, replace(asked, look=asked.look + 1), later, now)
        return "not yet"
    if asked.number < route.repeat.times:
        following = Reminder(page=asked.page, number=asked.number + 1)
        schedule_reminder(workplace, incident.id, following, now + step, now)
    page = kept_page(workplace, incident, asked.page, now)
    message = render_page(page, still_failing(incident, asked.number, route.repeat.times, now))
    lines = Delivery(workplace).announce(make_notice(page, message, "again", f"r{asked.number}"), route.notify)

    def record(current: Incident) -> Incident:
        changed = replace(current, reminders=max(current.reminders, asked.number))
        for line in (f"reminder {asked.number}: still failing", *lines):
            changed = changed.noting(now, "reminded", line)
        return changed

    keep_writing(workplace, incident, record, now)
    return "reminded"


def still_failing(incident: Incident, number: int, times: int, now: datetime) -> str:
    """`STILL FAILING 1h after Ada acknowledged it at 02:30 UTC. Reminder 1 of 4.`"""
    taken = incident.acknowledged or now
    waited = say_seconds((now - taken).total_seconds())
    who = incident.acknowledged_by or "somebody"
    return f"STILL FAILING {waited} after {who} acknowledged it at {say_time(taken)}. Reminder {number} of {times}."


def _why_stop(incident: Incident | None, asked: Reminder) -> str:
    if incident is None:
        return "there is no such incident"
    if incident.over or not (incident.open_reasons or incident.flaps):
        return "nothing fails any more"
    if asked.page != incident.pages:
        return "a newer page has its own reminders"
    return "it was sent already" if asked.number <= incident.reminders else ""


def _when(incident: Incident, asked: Reminder, step: timedelta, now: datetime) -> datetime | None:
    """When to look again; None when the reminder is due."""
    if incident.acknowledged is None or not incident.open_reasons:
        return now + step
    due = incident.acknowledged + asked.number * step
    return due if now < due - timedelta(seconds=1) else None
