"""An alarm that is none: sent by a person through the whole path, to see that alarms reach people. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pipewarden.duration import say_seconds, say_time
from pipewarden.message import Message, fit_sms, fit_subject
from pipewarden.names import Names
from pipewarden.signal import Signal, SignalKind

BY = "exercise, asked for by "


def exercise_alarm(names: Names, severity: str) -> str:
    """The name by which the responder knows an exercise; no deployed alarm has it."""
    return names.own_alarm(f"exercise/{severity}")


def exercise_notification(names: Names, severity: str, by: str, now: datetime) -> dict[str, Any]:
    """What is published to the severity's alarm topic: as CloudWatch would."""
    name = exercise_alarm(names, severity)
    return {
        "AlarmName": name,
        "AlarmArn": names.arn("cloudwatch", f"alarm:{name}"),
        "NewStateValue": "ALARM",
        "NewStateReason": f"{BY}{by}",
        "StateChangeTime": f"{now:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000",
    }


def read_exercise(signal: Signal, names: Names) -> Signal | None:
    """The signal as an exercise; None when it is a real one."""
    prefix = exercise_alarm(names, "")
    if signal.kind != SignalKind.ALARM_RAISED or not signal.alarm.startswith(prefix):
        return None
    severity = signal.alarm.removeprefix(prefix)
    return replace(signal, kind=SignalKind.EXERCISED, alarm="", state=severity)


def render_exercise(signal: Signal, environment: str, now: datetime) -> Message:
    """That the path works, and how long it took."""
    by = str(signal.detail.get("reason", "")).removeprefix(BY) or "somebody"
    took = say_seconds(max(0.0, (now - signal.time).total_seconds()))
    first = f"EXERCISE of Pipewarden ({environment}): an alarm of {signal.state} reaches you. Nobody has to act."
    text = (
        f"{by} asked for it at {say_time(signal.time)}. It came by the alarm topic, the signals queue and the "
        f"responder in {took}.\nNothing is wrong; no incident was opened."
    )
    subject = f"[exercise] {environment}: an alarm of {signal.state} reaches you"
    return Message(subject=fit_subject(subject), headline=first, text=f"{first}\n\n{text}\n", sms=fit_sms(first))
