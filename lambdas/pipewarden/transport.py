"""What a record of the signals queue says: service events, alarm notifications and our own signals, as one form."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipewarden.fleet import CONTRIBUTOR_CHANGED, read_contributor
from pipewarden.metric_snapshot import read_watched
from pipewarden.signal import Signal, SignalKind
from pipewarden.technology import Technology

PLACEHOLDER = "<aws."
ALARM_KINDS = {"ALARM": SignalKind.ALARM_RAISED, "OK": SignalKind.ALARM_CLEARED}


@dataclass(frozen=True)
class Reading:
    """The signal of one record, or why there is none."""

    signal: Signal | None
    why: str = ""


def read_record(record: Mapping[str, Any], technologies: Iterable[Technology]) -> Reading:
    """Read one SQS record as Lambda gets it. Never raises for what stands in it: nonsense has a reason, no signal."""
    try:
        body = json.loads(record["body"])
        if not isinstance(body, dict):
            return Reading(None, "unknown-message")
        return _read_body(body, record, technologies)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Reading(None, f"unreadable-message: {type(error).__name__}: {error}"[:200])


def read_alarm(message: Mapping[str, Any]) -> Reading:
    """Read what CloudWatch publishes to SNS when an alarm acts.

    `Region` is the region's display name there ("EU (London)"), so the region comes from the ARN; composite alarms
    carry no `Trigger`.
    """
    kind = ALARM_KINDS.get(message["NewStateValue"])
    if kind is None:
        return Reading(None, "alarm-without-data")
    arn = str(message.get("AlarmArn", "")).split(":")
    trigger = message.get("Trigger") or {}
    detail = {
        "reason": message.get("NewStateReason", ""),
        "region": arn[3] if len(arn) > 3 else "",
        "metric": trigger.get("MetricName", ""),
        "comparison": trigger.get("ComparisonOperator", ""),
        "threshold": trigger.get("Threshold"),
        "watched": read_watched(trigger),
    }
    moment = datetime.fromisoformat(message["StateChangeTime"]).astimezone(UTC)
    kept = {name: value for name, value in detail.items() if value not in ("", None, {})}
    return Reading(Signal(kind=kind, time=moment, alarm=message["AlarmName"], detail=kept))


def read_event(event: Mapping[str, Any], technologies: Iterable[Technology]) -> Reading:
    """Let the technology that watches this source and detail type read an EventBridge event."""
    known = False
    for technology in technologies:
        if technology.read_event and _watches(technology, event):
            known = True
            if signal := technology.read_event(event):
                return Reading(signal)
    return Reading(None, "event-without-outcome" if known else "unknown-event")


def _read_body(body: dict[str, Any], record: Mapping[str, Any], technologies: Iterable[Technology]) -> Reading:
    if body.get("detail-type") == CONTRIBUTOR_CHANGED:
        signal = read_contributor(body)
        return Reading(signal, "" if signal else "alarm-without-data")
    if "detail-type" in body and "source" in body:
        return read_event(body, technologies)
    if body.get("Type") == "Notification" and "Message" in body:
        message = json.loads(body["Message"])
        return read_alarm(message) if "AlarmName" in message else Reading(None, "unknown-notification")
    if "AlarmName" in body:
        return read_alarm(body)
    if "kind" in body:
        if str(body.get("time", PLACEHOLDER)).startswith(PLACEHOLDER):
            body["time"] = _sent(record).isoformat()
        return Reading(Signal.from_json(json.dumps(body)))
    return Reading(None, "unknown-message")


def _sent(record: Mapping[str, Any]) -> datetime:
    """When the queue got the message: stands in where a schedule did not say its own time."""
    return datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)


def _watches(technology: Technology, event: Mapping[str, Any]) -> bool:
    return any(
        event["source"] in rule.source and event["detail-type"] in rule.detail_type for rule in technology.events
    )
