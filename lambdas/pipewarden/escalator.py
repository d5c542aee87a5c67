"""One call of one rung: stop when somebody has it, else send the page again to the next person."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipewarden.announcement import NO_ROUTE, make_notice, schedule_call
from pipewarden.delivery import Delivery
from pipewarden.escalation import Call, next_repeat, why_stop
from pipewarden.incident import Incident
from pipewarden.kept_page import keep_writing, kept_page
from pipewarden.message import render_page, unacknowledged
from pipewarden.page import Page, order_reasons
from pipewarden.window import quiet_until
from pipewarden.workplace import Workplace


def call_rung(workplace: Workplace, event: Mapping[str, Any]) -> str:
    """Make the call that a schedule asks for; a word or a sentence for what was done.

    Sent first, recorded after: a crash in between sends twice, never not at all.
    """
    call = Call(page=int(event["page"]), rung=int(event["rung"]), repeat=int(event.get("repeat", 0)))
    incident, now = workplace.store.load(str(event["incident"])), workplace.now()
    route = workplace.settings.severities.get(incident.severity, NO_ROUTE) if incident else NO_ROUTE
    stop = why_stop(incident, call) or ("" if call.rung < len(route.escalate) else "the rung is not declared any more")
    if incident is None or stop:
        if incident and not {call.name, call.skipped} & set(incident.rungs):
            line = f"rung {call.rung + 1} not called: {stop}"
            _record(workplace, incident, call.skipped, "note", [line], now)
        return stop
    if until := quiet_until(route.quiet_hours, now):
        schedule_call(workplace, incident.id, call, until, now)
        return "waits until quiet hours end"
    if again := next_repeat(route, call, now):
        schedule_call(workplace, incident.id, again[0], again[1], now)
    channel = route.escalate[call.rung].to
    page = kept_page(workplace, incident, call.page, now)
    message = render_page(page, _preface(page, incident, now))
    lines = Delivery(workplace).send_to(channel, make_notice(page, message, "again", call.name))
    times = f", repeat {call.repeat}" if call.repeat else ""
    lines = [f"not acknowledged; rung {call.rung + 1}: {channel}{times}", *lines]
    _record(workplace, incident, call.name, "escalated", lines, now)
    return "called"


def _preface(page: Page, incident: Incident, now: datetime) -> str:
    """That nobody has it, and what has come up since the page."""
    told = {cause.text for cause in page.causes}
    new = [reason.text for reason in order_reasons(incident) if reason.open and reason.text not in told]
    return " ".join([unacknowledged(page, now), *(f"Since then: {text}." for text in new[:3])])


def _record(workplace: Workplace, incident: Incident, name: str, kind: str, lines: list[str], now: datetime) -> None:
    def change(current: Incident) -> Incident:
        changed = replace(current, rungs=(*current.rungs, name))
        for line in lines:
            changed = changed.noting(now, kind, line)
        return changed

    keep_writing(workplace, incident, change, now)
