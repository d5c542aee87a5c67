"""One incident as an example: what each channel is told of it, from the page to the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipewarden.channel_message import Event, Notice
from pipewarden.incident import Incident, IncidentState, Reason
from pipewarden.message import (
    Message,
    fit_sms,
    fit_subject,
    render_acknowledged,
    render_page,
    render_recovered,
    unacknowledged,
)
from pipewarden.page import Cause, Page

BEGAN = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
PAGED = BEGAN + timedelta(minutes=22)
CONSOLE = "https://us-east-1.console.aws.amazon.com"
PAGE = Page(
    incident="customer-import-20260301-0210-4f1c",
    environment="prod",
    pipeline="customer-import",
    owner="crm-data",
    severity="P1",
    number=1,
    why="retries exhausted: 2 of 2 failed",
    since=BEGAN,
    sent=PAGED,
    respond_within_seconds=3_600.0,
    description="Loads the CRM export into the lake every night.",
    causes=(
        Cause(
            text="extract failed",
            since=BEGAN,
            error="java.net.SocketTimeoutException: Connect timed out",
            failure_class="transient",
            why_class='the error says "timed out"',
            advice="Look at the network and at the service it called.",
        ),
    ),
    tried=("02:13 UTC retry 1 of extract: failed (jr_2)", "02:24 UTC retry 2 of extract: failed (jr_3)"),
    first_steps=("Open the log of the run and look at the last lines.", "Check whether the CRM answers."),
    log_source="/aws-glue/jobs/error jr_3",
    log_lines=(
        "02:31:57 INFO  connecting to crm.example.com:443, password=****",
        "02:31:59 ERROR Connect timed out",
    ),
    last_good="2026-02-28 02:41 UTC (jr_0)",
    below=("customer-report",),
    links={
        "acknowledge": "https://abc123.lambda-url.us-east-1.on.aws/?t=...",
        "run": f"{CONSOLE}/gluestudio/home?region=us-east-1#/job/customer-import-extract-prod/run/jr_3",
        "log": f"{CONSOLE}/cloudwatch/home#logsV2:log-groups/log-group/$252Faws-glue$252Fjobs$252Ferror",
        "dashboard": f"{CONSOLE}/cloudwatch/home?region=us-east-1#dashboards/dashboard/pipewarden-prod-us-east-1-crm",
        "runbook": "https://wiki.example.com/runbooks/customer-import",
    },
)
INCIDENT = Incident(
    id=PAGE.incident,
    pipeline=PAGE.pipeline,
    severity=PAGE.severity,
    opened=BEGAN,
    state=IncidentState.ACKNOWLEDGED,
    pages=1,
    reasons=(Reason(key="run:extract", kind="run", resource="extract", since=BEGAN, text="extract failed"),),
    acknowledged=PAGED + timedelta(minutes=4),
    acknowledged_by="Ann",
)


STARTS = "Maintenance monthly-patch (prod) until 03:00 UTC: pages of 2 pipelines are held back."


def example_notice(event: Event) -> Notice:
    """What channels are told at one point of the example."""
    common: dict[str, Any] = {"key": PAGE.incident, "pipeline": PAGE.pipeline, "environment": PAGE.environment}
    if event in ("page", "again"):
        late = PAGED + timedelta(minutes=15)
        message = render_page(PAGE, unacknowledged(PAGE, late) if event == "again" else "")
        sent = late if event == "again" else PAGED
        return Notice(
            event=event, severity="P1", message=message, sent=sent, number=1, links=PAGE.links, page=PAGE, **common
        )
    if event == "notice":
        message = Message(subject=fit_subject(STARTS), headline=STARTS, text=f"{STARTS}\n", sms=fit_sms(STARTS))
        return Notice(event=event, severity="P3", message=message, sent=BEGAN, **{**common, "key": "maintenance-patch"})
    over = {"recovered": IncidentState.RECOVERED, "closed": IncidentState.CLOSED}.get(event)
    ended = BEGAN + timedelta(minutes=51)
    incident = replace(INCIDENT, state=over, ended=ended) if over else INCIDENT
    render = render_recovered if event == "recovered" else render_acknowledged
    return Notice(event=event, severity="P1", message=render(incident, "prod"), sent=ended, number=1, **common)
