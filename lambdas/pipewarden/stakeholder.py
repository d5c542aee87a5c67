"""Telling stakeholders what an incident costs: one message when the estimate passes their bound, one when it ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipewarden.announcement import NO_ROUTE
from pipewarden.channel_message import Notice
from pipewarden.delivery import Delivery
from pipewarden.impact_message import render_impact, render_impact_over
from pipewarden.impact_transition import next_bound
from pipewarden.incident import Entry, Incident
from pipewarden.kept_page import keep_writing
from pipewarden.message import Message
from pipewarden.route_settings import Stakeholders
from pipewarden.window import quiet_until
from pipewarden.workplace import Workplace

MOST_LOOKS = 100
CALM = timedelta(hours=1)
"""How long an incident that comes and goes is left alone while nothing of it is wrong."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """One bound to be looked at; `look` counts how often it was before it was due."""

    above_usd: float
    look: int = 0


def schedule_bound(workplace: Workplace, incident: str, bound: Bound, moment: datetime, now: datetime) -> None:
    """Have the escalator look at its time whether the incident is still open."""
    event = {"incident": incident, "above": bound.above_usd, "look": bound.look}
    workplace.one_shots.call_at(moment, now, f"{incident}-above-{bound.above_usd:g}.{bound.look}", "escalator", event)


def inform(workplace: Workplace, event: Mapping[str, Any]) -> str:
    """Tell the stakeholders whose bound a schedule says is passed, or look again later; a sentence for what was done.

    Sent first, recorded after: a crash in between sends twice, never not at all. Quiet hours and maintenance put it
    off, as they do pages.
    """
    bound = Bound(above_usd=float(event["above"]), look=int(event.get("look", 0)))
    incident, now = workplace.store.load(str(event["incident"])), workplace.now()
    declared = workplace.settings.stakeholders
    row = next((row for row in declared if row.above_usd == bound.above_usd), None)
    stop = _why_stop(incident, row)
    if incident is None or row is None or stop:
        return stop
    if later := _when(workplace, incident, now):
        if bound.look < MOST_LOOKS:
            schedule_bound(workplace, incident.id, replace(bound, look=bound.look + 1), later, now)
        return "not yet"
    if following := next_bound(incident.impact, declared, incident.since, row.above_usd):
        schedule_bound(workplace, incident.id, Bound(above_usd=following[0].above_usd), following[1], now)
    message = render_impact(incident, workplace.settings.environment, row.above_usd, now)
    lines = _send(workplace, incident, row.notify, message, f"above-{row.above_usd:g}", now)
    _record(workplace, incident, row, (message.headline, *lines), now)
    return "informed"


def tell_end(workplace: Workplace, incident: Incident, now: datetime) -> tuple[Entry, ...]:
    """Tell those who were told that it is over."""
    rows = [row for row in workplace.settings.stakeholders if row.above_usd in incident.informed]
    channels = tuple(dict.fromkeys(channel for row in rows for channel in row.notify))
    message = render_impact_over(incident, workplace.settings.environment)
    lines = _send(workplace, incident, channels, message, "impact-over", now)
    return tuple(Entry(time=now, kind="sent", text=line) for line in (message.headline, *lines))


def _record(workplace: Workplace, incident: Incident, row: Stakeholders, lines: Sequence[str], now: datetime) -> None:
    """Write that they were told. Who was told while it ended hears of the end here: nobody else would tell them."""
    ended: list[Incident] = []

    def change(current: Incident) -> Incident:
        ended[:] = [current] if current.over else []
        changed = replace(current, informed=(*current.informed, row.above_usd))
        for line in lines:
            changed = changed.noting(now, "informed", line)
        return changed

    keep_writing(workplace, incident, change, now)
    if ended:
        tell_end(workplace, replace(ended[0], informed=(row.above_usd,)), now)


def _send(
    workplace: Workplace, incident: Incident, channels: Sequence[str], message: Message, call: str, now: datetime
) -> list[str]:
    notice = Notice(
        event="notice",
        key=incident.id,
        pipeline=incident.pipeline,
        environment=workplace.settings.environment,
        severity=incident.severity,
        message=message,
        sent=now,
        call=call,
    )
    delivery = Delivery(workplace)
    return [line for channel in channels for line in delivery.send_to(channel, notice)]


def _why_stop(incident: Incident | None, row: Stakeholders | None) -> str:
    if incident is None:
        return "there is no such incident"
    if row is None:
        return "the bound is not declared any more"
    if incident.over:
        return f"the incident is {incident.state.value}"
    return "it was told already" if row.above_usd in incident.informed else ""


def _when(workplace: Workplace, incident: Incident, now: datetime) -> datetime | None:
    """When to look again; None when they are told now."""
    if not incident.open_reasons:
        return now + CALM
    if incident.hold and incident.hold.by == "maintenance" and incident.hold.until > now:
        return incident.hold.until
    route = workplace.settings.severities.get(incident.severity, NO_ROUTE)
    return quiet_until(route.quiet_hours, now)
