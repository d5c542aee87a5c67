"""A report as the demo ends with, made by hand: realistic enough to look at, small enough to read."""

from datetime import UTC, datetime, timedelta

from pipewarden_cli.report.contents import Check, Count, DemoReport, Fact, IncidentReport, Mail, Moment, StoryReport

START = datetime(2026, 11, 21, 7, 12, 4, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


PAGE_BODY = """invoices.book failed (P1)

What     Glue job invoices-local, run jr_8f2c41
Since    2026-11-21 07:12:14 UTC
Error    ValueError: invoices-2026-11-20.csv line 7: amount 'twelve' is not a number
Class    deterministic: the same input fails the same way; it was not retried

Last log lines
  07:12:13 reading s3://shop-local-raw/invoices/invoices-2026-11-20.csv
  07:12:14 Traceback (most recent call last):
  07:12:14 ValueError: invoices-2026-11-20.csv line 7: amount 'twelve' is not a number

Last good run   2026-11-20 07:00:41 UTC, 38 s
Below it        nothing

Run      https://us-east-1.console.aws.amazon.com/gluestudio/home?region=us-east-1#/job/invoices-local/run/jr_8f2c41
Runbook  https://wiki.example.com/runbooks/invoices

Acknowledge: https://abc123.lambda-url.us-east-1.on.aws/?incident=01JD8Z3N9C&by=primary&sig=9c41ab or
  pipewarden ack 01JD8Z3N9C --env local
"""

STORIES = (
    StoryReport(
        title="A transient failure heals itself",
        summary="The source of orders-import answers 503 twice. It is started again with backoff; nobody wakes up.",
        moments=(
            Moment(at=at(4), label="failed", tone="bad"),
            Moment(at=at(6.1), label="retry 1", tone="act"),
            Moment(at=at(8.4), label="failed", tone="bad"),
            Moment(at=at(11.9), label="retry 2", tone="act"),
            Moment(at=at(14.2), label="recovered", tone="good"),
        ),
        checks=(
            Check(text="orders-import was started again twice, and no more", passed=True),
            Check(text="Nobody was paged", passed=True),
            Check(text="One message said that it recovered", passed=True),
            Check(text="All 240 orders are in the lake, each once", passed=True),
        ),
        incidents=("01JD8Z3K7A",),
    ),
    StoryReport(
        title="Bad data reaches a person at once",
        summary="A malformed row cannot be healed by trying again. The page has the error, the log lines, the links.",
        moments=(
            Moment(at=at(10), label="failed", tone="bad"),
            Moment(at=at(10.4), label="judged deterministic", tone="plain"),
            Moment(at=at(10.9), label="paged", tone="page"),
        ),
        checks=(
            Check(text="invoices was not retried", passed=True),
            Check(text="The page names line 7 of the file", passed=True),
            Check(text="The page links to the run, the log and the runbook", passed=True),
        ),
        incidents=("01JD8Z3N9C",),
    ),
    StoryReport(
        title="A state machine resumes where it failed",
        summary="The ledger is locked for a moment. The execution is redriven: finished steps do not run again.",
        moments=(
            Moment(at=at(5), label="failed", tone="bad"),
            Moment(at=at(7.2), label="redriven", tone="act"),
            Moment(at=at(8.8), label="recovered", tone="good"),
        ),
        checks=(
            Check(text="The execution kept its id and was redriven once", passed=True),
            Check(text="The first step ran once", passed=True),
            Check(text="Nobody was paged", passed=True),
        ),
        incidents=("01JD8Z3Q2M",),
    ),
    StoryReport(
        title="A dead-letter queue is drained, nothing is lost",
        summary="40 good and 2 poison messages sit in the dead-letter queue. Good ones succeed, poison is set aside.",
        moments=(
            Moment(at=at(3), label="alarm", tone="bad"),
            Moment(at=at(4.1), label="draining", tone="act"),
            Moment(at=at(9.7), label="poison set aside", tone="wait"),
            Moment(at=at(11), label="empty", tone="good"),
        ),
        checks=(
            Check(text="40 orders were written to the table, each once", passed=True),
            Check(text="2 poison messages are in quarantine", passed=True),
            Check(text="All 42 messages are in the archive", passed=True),
        ),
        counts=(
            Count(place="source", messages=0),
            Count(place="dead letters", messages=0),
            Count(place="quarantine", messages=2, tone="wait"),
            Count(place="archive", messages=42, tone="good"),
        ),
    ),
    StoryReport(
        title="A dataset goes stale and says so",
        summary="The catalogue stops arriving. Its freshness alarm fires, and the message goes out.",
        moments=(
            Moment(at=at(2), label="last file", tone="plain"),
            Moment(at=at(22), label="stale", tone="wait"),
            Moment(at=at(60), label="alarm", tone="bad"),
            Moment(at=at(60.5), label="paged", tone="page"),
        ),
        checks=(
            Check(text="The alarm products.freshness is in ALARM", passed=True),
            Check(text="Its message arrived at data@example.com", passed=True),
        ),
        incidents=("01JD8Z5T0X",),
    ),
    StoryReport(
        title="An unanswered page climbs, an answer stops it",
        summary="Nobody reacts to the page for invoices, so the second person is called. Then it is acknowledged.",
        moments=(
            Moment(at=at(10.9), label="primary", tone="page"),
            Moment(at=at(18.9), label="secondary", tone="page"),
            Moment(at=at(24), label="acknowledged", tone="good"),
            Moment(at=at(40), label="manager left alone", tone="plain"),
        ),
        checks=(
            Check(text="secondary was called 8 s after primary", passed=True),
            Check(text="manager was never called", passed=True),
            Check(text="The incident says who acknowledged it", passed=True),
        ),
        incidents=("01JD8Z3N9C",),
    ),
)

INCIDENTS = (
    IncidentReport(
        incident="01JD8Z3K7A",
        pipeline="orders-import",
        resource="load",
        severity="P2",
        state="recovered",
        opened=at(4),
        closed=at(14.2),
        headline="Glue job orders-import-local failed and recovered on its second retry.",
        error="urllib.error.HTTPError: HTTP Error 503: Service Unavailable",
        failure_class="transient",
        attempts=2,
        timeline=(
            Moment(at=at(4), label="failed", tone="bad", text="Run jr_41aa failed: HTTP Error 503 (transient)"),
            Moment(at=at(4.2), label="waiting", tone="wait", text="Retry 1 of 3 in 1.9 s"),
            Moment(at=at(6.1), label="retry 1", tone="act", text="Started again as jr_77c0"),
            Moment(at=at(8.4), label="failed", tone="bad", text="Run jr_77c0 failed: HTTP Error 503 (transient)"),
            Moment(at=at(11.9), label="retry 2", tone="act", text="Started again as jr_9b13"),
            Moment(
                at=at(14.2), label="recovered", tone="good", text="Run jr_9b13 succeeded after 2.1 s; one message sent"
            ),
        ),
    ),
    IncidentReport(
        incident="01JD8Z3N9C",
        pipeline="invoices",
        resource="book",
        severity="P1",
        state="acknowledged",
        opened=at(10),
        headline="Glue job invoices-local failed on its input; it was not retried.",
        error="ValueError: invoices-2026-11-20.csv line 7: amount 'twelve' is not a number",
        failure_class="deterministic",
        pages=1,
        paged=("primary", "secondary"),
        acknowledged_by="oncall@example.com",
        acknowledged_at=at(24),
        links={
            "runbook": "https://wiki.example.com/runbooks/invoices",
            "run": "https://us-east-1.console.aws.amazon.com/",
        },
        timeline=(
            Moment(at=at(10), label="failed", tone="bad", text="Run jr_8f2c41 failed: amount 'twelve' is not a number"),
            Moment(at=at(10.4), label="judged", text="Deterministic: not retried"),
            Moment(at=at(10.9), label="paged", tone="page", text="Paged data-email and primary"),
            Moment(at=at(18.9), label="escalated", tone="page", text="Not acknowledged for 8 s: called secondary"),
            Moment(
                at=at(24),
                label="acknowledged",
                tone="good",
                text="Acknowledged by oncall@example.com; escalation stopped",
            ),
        ),
    ),
)

REPORT = DemoReport(
    stories=STORIES,
    incidents=INCIDENTS,
    inbox=(
        Mail(
            address="data@example.com",
            at=at(14.4),
            subject="[P2] recovered: orders-import.load after 2 retries",
            body="orders-import.load recovered on retry 2, 10 s after it failed.\n\nNothing to do.\n",
        ),
        Mail(
            address="oncall@example.com",
            at=at(11),
            subject="[P1] invoices.book failed: amount 'twelve' is not a number",
            body=PAGE_BODY,
        ),
        Mail(
            address="data@example.com",
            at=at(10.9),
            subject="[P1] invoices.book failed: amount 'twelve' is not a number",
            body=PAGE_BODY,
        ),
        Mail(
            address="+15555550100",
            at=at(19),
            channel="sms",
            body="P1 invoices.book failed, not acknowledged for 8 s. pipewarden ack 01JD8Z3N9C --env local",
        ),
    ),
    started=at(0),
    ended=at(68),
    facts=(
        Fact(label="runs failed", value="5"),
        Fact(label="healed without a person", value="2"),
        Fact(label="people called", value="3"),
        Fact(label="messages saved", value="42 of 42"),
        Fact(label="resources deployed", value="86"),
    ),
    emulator="ministack 1.5.33",
    imitations=(
        ("Glue", "Job State Change events are sent by Pipewarden; Spark jobs fail on request only."),
        (
            "CloudWatch alarms",
            "Evaluated by Pipewarden: M of N, missing data, metric math; every second instead of every minute.",
        ),
        ("CloudFormation", "Composite alarms, X-Ray groups and sampling rules are records that can be read back."),
    ),
)
