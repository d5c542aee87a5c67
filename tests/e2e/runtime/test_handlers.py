"""The handlers against real APIs: conditions, transactions, schedules, topics, queues and buckets behave as assumed."""

from __future__ import annotations

import gzip
import json
import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipewarden.handlers import acknowledge, drainer, escalator, probe, reconciler, responder
from pipewarden.handlers.outset import workplace
from pipewarden.signal import Signal, SignalKind

pytestmark = pytest.mark.e2e


def respond(world: Any, context: Any, *bodies: Any, receives: int = 1) -> list[str]:
    """Hand records to the responder; the ids that failed."""
    records = [{**world.record(body, receives), "messageId": f"m{n}"} for n, body in enumerate(bodies)]
    answer = responder.handler({"Records": records}, context)
    return [row["itemIdentifier"] for row in answer["batchItemFailures"]]


def pages(world: Any) -> list[dict[str, str]]:
    """Notifications of the topics, as (topic, subject, text)."""
    found = [json.loads(message["Body"]) for message in world.receive("pages")]
    return [
        {"topic": row["TopicArn"].rsplit(":", 1)[1], "subject": row["Subject"], "text": row["Message"]} for row in found
    ]


def incident() -> Any:
    (found,) = workplace().store.recent()
    return found


def due(world: Any, kind: str) -> str:
    """The scheduled signal of one kind, once the scheduler has sent it."""

    def look() -> str | None:
        bodies = [str(message["Body"]) for message in world.receive(world.signals)]
        return next((body for body in bodies if f'"{kind}"' in body), None)

    return str(world.until(look))


def test_a_run_fails_is_retried_at_its_time_and_recovers(world: Any, context: Any) -> None:
    failed = world.run_job("HTTP 503 Service Unavailable")
    assert respond(world, context, failed) == []
    assert incident().state == "remediating"
    assert respond(world, context, failed) == []
    assert [attempt.number for attempt in incident().attempts] == [1]
    world.client("s3").put_object(Bucket="runtime-data", Key="data", Body=b"good")
    signal = due(world, "retry-due")
    assert respond(world, context, signal) == []
    assert respond(world, context, signal) == []
    (attempt,) = incident().attempts
    runs = world.client("glue").get_job_runs(JobName="extract")["JobRuns"]
    assert {run["Id"]: run.get("PreviousRunId") for run in runs}[attempt.run_id] == attempt.failed_run_id
    assert len(runs) == 2
    assert respond(world, context, world.ended(attempt.run_id)) == []
    assert incident().state == "recovered"
    (page,) = world.until(lambda: pages(world))
    assert re.fullmatch(r"\[recovered\] test/import: failed [\d:]+, retried once, recovered .*", page["subject"])


def test_bad_data_pages_and_the_chain_runs_until_somebody_has_it(world: Any, context: Any) -> None:
    assert respond(world, context, world.run_job("ValueError: row 7: password=hunter2")) == []
    found = world.until(lambda: pages(world))
    found += world.until(lambda: pages(world)) if len(found) < 2 else []
    assert [page["topic"] for page in found] == ["pipewarden-test-page-P1", "pipewarden-test-to-first"]
    text = found[0]["text"]
    assert "| read ValueError: row 7: password=****" in text or "password=****" in text
    assert "hunter2" not in text
    event = {"incident": incident().id, "page": 1, "rung": 1, "repeat": 0}
    assert escalator.handler(event, context) == {"done": "called"}
    (page,) = world.until(lambda: pages(world))
    assert page["text"].startswith("NOT ACKNOWLEDGED since ")
    link = next(line for line in text.splitlines() if line.startswith("Acknowledge: ")).split()[1]
    request: dict[str, Any] = {
        "requestContext": {"http": {"method": "POST"}},
        "queryStringParameters": {"t": parse_qs(urlsplit(link).query)["t"][0]},
        "body": "by=Ada",
    }
    assert acknowledge.handler(request, context)["statusCode"] == 200
    assert (incident().state, incident().acknowledged_by) == ("acknowledged", "Ada")
    assert escalator.handler({**event, "repeat": 1}, context) == {"done": "acknowledged by Ada"}
    assert acknowledge.handler({"incident": incident().id, "by": "Bob"}, context)["result"] == "already"
    last = workplace().store.timeline(incident().id)[-1]
    assert (last.kind, last.text) == ("note", "rung 2 not called: acknowledged by Ada")


def test_one_record_that_fails_is_delivered_again_alone(
    world: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat, nonsense = {"kind": "heartbeat"}, {"source": "aws.unknown", "detail-type": "x"}
    retry = Signal(
        kind=SignalKind.CHECK_DUE, time=workplace().now(), pipeline="import", resource="extract", incident="i"
    ).to_json()
    table = workplace().settings.names.table()
    monkeypatch.setattr(type(workplace().settings.names), "table", lambda self: f"{table}-gone")
    assert respond(world, context, heartbeat, retry, nonsense) == ["m1"]


def test_metrics_are_written_in_the_embedded_format(
    world: Any, context: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    respond(world, context, {"kind": "heartbeat"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    beat = next(line for line in lines if "Heartbeat" in line)
    (metric,) = beat["_aws"]["CloudWatchMetrics"]
    assert (metric["Namespace"], metric["Dimensions"]) == ("Pipewarden", [["Environment"]])
    assert beat["Environment"] == "test"


def test_a_dead_letter_queue_is_drained_and_poison_ends_in_quarantine(world: Any, context: Any) -> None:
    sqs = world.client("sqs")
    for body in ("good", "poison"):
        attributes = {"kind": {"DataType": "String", "StringValue": body}}
        sqs.send_message(QueueUrl=world.url("runtime-dlq"), MessageBody=body, MessageAttributes=attributes)
    slow = type(context)(aws_request_id="first-pass", seconds=300)
    event = {"pipeline": "import", "resource": "ingest"}
    assert drainer.handler(event, slow) == {"done": "looks again"}
    source = world.url("runtime-source")
    for _ in range(2):
        received = sqs.receive_message(
            QueueUrl=source, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=1
        ).get("Messages", [])
        for message in received:
            assert message["MessageAttributes"]["kind"]["StringValue"] == message["Body"]
            assert message["MessageAttributes"]["pipewarden-drains"]["StringValue"] == "1"
            if message["Body"] == "good":
                sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])

    def poison_is_back() -> bool:
        sqs.receive_message(QueueUrl=source, WaitTimeSeconds=1)
        names = ["ApproximateNumberOfMessages"]
        found = sqs.get_queue_attributes(QueueUrl=world.url("runtime-dlq"), AttributeNames=names)["Attributes"]
        return bool(found["ApproximateNumberOfMessages"] == "1")

    world.until(poison_is_back)
    state = drain_state(world)
    later = {**event, "drain": state["drain"]["S"], "pass": 1}
    assert drainer.handler(later, type(context)(aws_request_id="second-pass", seconds=300)) == {"done": "finished"}
    assert [message["Body"] for message in world.receive("runtime-quarantine")] == ["poison"]
    report = due(world, "drain-finished")
    assert respond(world, context, report) == []
    assert incident().state == "paged"
    detail = json.loads(report)["detail"]
    assert (detail["received"], detail["replayed"], detail["quarantined"], detail["left"]) == (3, 2, 1, 0)
    assert sorted(archive(world)) == ["good", "poison", "poison"]


def drain_state(world: Any) -> dict[str, Any]:
    key = {"pk": {"S": "DRAIN#runtime-dlq"}, "sk": {"S": "STATE"}}
    item: dict[str, Any] = world.client("dynamodb").get_item(TableName=world.settings.names.table(), Key=key)["Item"]
    return item


def archive(world: Any) -> list[str]:
    s3, bucket = world.client("s3"), world.settings.names.archive_bucket()
    keys = [
        row["Key"] for row in s3.list_objects_v2(Bucket=bucket, Prefix="dead-letters/import/ingest/dt=")["Contents"]
    ]
    texts = [gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).decode() for key in keys]
    return [json.loads(line)["body"] for text in texts for line in text.splitlines()]


def test_two_drains_of_one_queue_do_not_run_at_once(world: Any, context: Any) -> None:
    key = {"pk": {"S": "DRAIN#runtime-dlq"}, "sk": {"S": "STATE"}}
    until = time.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00", time.gmtime(time.time() + 60))
    item = {**key, "lease_until": {"S": until}, "holder": {"S": "another"}}
    world.client("dynamodb").put_item(TableName=world.settings.names.table(), Item=item)
    assert drainer.handler({"pipeline": "import", "resource": "ingest"}, context) == {"done": "taken"}


def test_the_probe_measures_a_dataset(world: Any, context: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.client("s3").put_object(Bucket="runtime-data", Key="data", Body=b"x")
    assert probe.handler({}, context) == {"measured": 1, "failed": 0, "judged": 0, "unjudged": 0}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    age = next(line for line in lines if "DataAgeSeconds" in line)
    assert age["DataAgeSeconds"][0] < 60
    assert {age["Environment"], age["Pipeline"], age["Resource"]} == {"test", "import", "data"}


def test_a_failure_that_no_event_told_of_is_found_and_retried(world: Any, context: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("pipewarden.reconciler.SETTLE", timedelta(0))
    world.run_job("ValueError: before anything was deployed")
    assert reconciler.handler({}, context) == {"listed": 0, "recovered": 0, "missed": 0, "failed": 0}
    event = world.run_job("HTTP 503 Service Unavailable")
    assert reconciler.handler({"part": 0, "parts": 1}, context) == {
        "listed": 1,
        "recovered": 1,
        "missed": 0,
        "failed": 0,
    }
    (message,) = world.receive(world.signals)
    assert respond(world, context, str(message["Body"])) == []
    assert [attempt.failed_run_id for attempt in incident().attempts] == [event["detail"]["jobRunId"]]
    # The event that comes at last changes nothing, and the next pass finds nothing.
    assert respond(world, context, event) == []
    assert len(incident().attempts) == 1
    assert reconciler.handler({}, context)["recovered"] == 0
