"""What a record of the signals queue is read as."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipewarden.signal import Signal, SignalKind
from pipewarden.transport import read_record
from tests.unit.runtime.scene import job_technology

MOMENT = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
ALARM = {
    "AlarmName": "test/crm/import/extract.stale",
    "AlarmArn": "arn:aws:cloudwatch:eu-west-2:123456789012:alarm:test/crm/import/extract.stale",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed",
    "StateChangeTime": "2026-03-01T02:10:00.000+0000",
    "Region": "EU (London)",
    "Trigger": {"MetricName": "DataAgeSeconds"},
}
COMPOSITE = {name: value for name, value in ALARM.items() if name != "Trigger"}
EVENT = {
    "version": "0",
    "source": "aws.job",
    "detail-type": "Job State Change",
    "time": "2026-03-01T02:10:00Z",
    "detail": {"name": "extract", "run": "r1", "kind": "run-failed"},
}


def read(body: Any) -> tuple[Signal | None, str]:
    text = body if isinstance(body, str) else json.dumps(body)
    record = {"body": text, "attributes": {"SentTimestamp": str(int(MOMENT.timestamp() * 1000))}}
    reading = read_record(record, [job_technology(idempotent=True)])
    return reading.signal, reading.why


def notification(message: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "TopicArn": "t",
        "Message": message if isinstance(message, str) else json.dumps(message),
    }


RAISED = Signal(
    kind=SignalKind.ALARM_RAISED,
    time=MOMENT,
    alarm=ALARM["AlarmName"],  # type: ignore[arg-type]
    detail={"reason": "Threshold Crossed", "region": "eu-west-2", "metric": "DataAgeSeconds"},
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (EVENT, Signal(kind=SignalKind.RUN_FAILED, time=MOMENT, technology="job", identity="extract", run_id="r1")),
        (notification(ALARM), RAISED),
        (ALARM, RAISED),
        (
            notification({**ALARM, "NewStateValue": "OK"}),
            Signal(**{**RAISED.__dict__, "kind": SignalKind.ALARM_CLEARED}),
        ),
        (
            notification(COMPOSITE),
            Signal(**{**RAISED.__dict__, "detail": {"reason": "Threshold Crossed", "region": "eu-west-2"}}),
        ),
        (RAISED.to_json(), RAISED),
        ({"kind": "heartbeat"}, Signal(kind=SignalKind.HEARTBEAT, time=MOMENT)),
        (
            {"kind": "heartbeat", "time": "<aws.scheduler.scheduled-time>"},
            Signal(kind=SignalKind.HEARTBEAT, time=MOMENT),
        ),
        (
            {"kind": "deadline-reached", "pipeline": "import", "time": "2026-03-01T02:10:00Z"},
            Signal(kind=SignalKind.DEADLINE_REACHED, time=MOMENT, pipeline="import"),
        ),
    ],
    ids=[
        "a service event",
        "an alarm, its region from the ARN",
        "an alarm, delivered raw",
        "an alarm that cleared",
        "a composite alarm",
        "our own signal",
        "a schedule without a time",
        "a schedule whose time was not filled in",
        "a schedule with its time",
    ],
)
def test_a_known_message_becomes_its_signal(body: Any, expected: Signal) -> None:
    assert read(body) == (expected, "")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("no json", "unreadable-message"),
        ("[1]", "unknown-message"),
        ({}, "unknown-message"),
        ({**EVENT, "source": "aws.other"}, "unknown-event"),
        ({**EVENT, "detail": {"name": "extract"}}, "event-without-outcome"),
        ({**EVENT, "detail": {}}, "event-without-outcome"),
        ({**EVENT, "detail": None}, "unreadable-message"),
        (notification("plain words"), "unreadable-message"),
        (notification({"x": 1}), "unknown-notification"),
        (notification({**ALARM, "NewStateValue": "INSUFFICIENT_DATA"}), "alarm-without-data"),
        ({"kind": "no-such-kind"}, "unreadable-message"),
        ({"kind": "heartbeat", "surprise": 1}, "unreadable-message"),
    ],
)
def test_anything_else_is_dropped_with_a_reason(body: Any, why: str) -> None:
    signal, found = read(body)
    assert signal is None
    assert found.startswith(why)
