"""One incident as its channels see it: a page, a rung, an acknowledgement, its end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

from pipewarden.attempt import Attempt
from pipewarden.channel_message import Event, Notice
from pipewarden.incident import Incident, IncidentState, Reason
from pipewarden.message import Message, render_acknowledged, render_page, render_recovered, unacknowledged
from pipewarden.page import Page, compose_page
from tests.unit.runtime.scene import START, make_settings

REASON = Reason(
    key="run:extract",
    kind="run",
    resource="extract",
    since=START,
    text="extract failed",
    error="Connect timeout\nat line 3",
    failure_class="transient",
    advice="Look at the network.",
    run_id="r1",
    detail={"why": 'the error says "timeout"'},
)
ATTEMPTS = tuple(
    Attempt(
        resource="extract",
        number=number,
        state="failed",
        due=START,
        started=START + timedelta(minutes=5 * number),
        failed_run_id="r1",
        run_id=f"r{number + 1}",
    )
    for number in (1, 2)
)
INCIDENT = Incident(
    id="import-1", pipeline="import", severity="P1", opened=START, reasons=(REASON,), attempts=ATTEMPTS, pages=1
)
TAKEN = replace(
    INCIDENT,
    state=IncidentState.ACKNOWLEDGED,
    acknowledged=START + timedelta(minutes=25),
    acknowledged_by="Ann",
)


def page(**more: Any) -> Page:
    arguments: dict[str, Any] = {
        "number": 1,
        "why": "retries exhausted: 2 of 2 failed",
        "sent": START + timedelta(minutes=20),
        "links": {"acknowledge": "https://ack.example.com/?t=x", "run": "https://console.example.com/r1"},
        "log": ("/logs r1", ("last words",)),
        "last_good": "yesterday",
    }
    return compose_page(INCIDENT, make_settings(), **{**arguments, **more})


def notice(event: Event = "page", shown: Page | None = None) -> Notice:
    """The notice of one event; `shown` is another page to be told."""
    moment = START + timedelta(minutes=20)
    common: dict[str, Any] = {"key": "import-1", "pipeline": "import", "environment": "test", "severity": "P1"}
    if event in ("page", "again"):
        shown = shown or page()
        preface = unacknowledged(shown, START + timedelta(minutes=35)) if event == "again" else ""
        message = render_page(shown, preface)
        return Notice(event=event, message=message, sent=moment, number=1, links=shown.links, page=shown, **common)
    if event == "notice":
        message = Message(subject="[maintenance]", headline="Maintenance starts", text="Maintenance starts\n", sms="M")
        return Notice(event=event, message=message, sent=moment, **common)
    ended = START + timedelta(minutes=31)
    over = {"recovered": IncidentState.RECOVERED, "closed": IncidentState.CLOSED}.get(event)
    incident = replace(TAKEN, state=over, ended=ended) if over else TAKEN
    render = render_recovered if event == "recovered" else render_acknowledged
    return Notice(event=event, message=render(incident, "test"), sent=moment, number=1, **common)


EVENTS: tuple[Event, ...] = get_args(Event)
