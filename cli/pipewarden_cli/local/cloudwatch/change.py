"""What follows when an alarm changes its state: the event, and its actions unless something holds them back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudwatch, eventbridge

from pipewarden_cli.evaluator import suppression
from pipewarden_cli.evaluator.contributors import contributor_id
from pipewarden_cli.evaluator.evaluation import State
from pipewarden_cli.evaluator.insights import Group
from pipewarden_cli.evaluator.mute import MuteWindow
from pipewarden_cli.evaluator.suppression import Suppression
from pipewarden_cli.evaluator.wording import timestamp
from pipewarden_cli.local.cloudwatch import clock, forms, memory, mutes
from pipewarden_cli.local.cloudwatch.action import run_actions
from pipewarden_cli.local.cloudwatch.memory import Alarm, Held

CREATED_REASON = "Unchecked: Initial alarm creation"


def set_state(alarm: Alarm, state: str, reason: str, reason_data: Mapping[str, Any]) -> None:
    """Move a metric alarm to an evaluated state, with everything that follows."""
    old_state = alarm["StateValue"]
    alarm["StateValue"] = state
    alarm["StateReason"] = reason
    alarm["StateReasonData"] = json.dumps(reason_data, separators=(",", ":"))
    alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = round(time.time(), 3)
    cloudwatch._record_history(alarm["AlarmName"], old_state, state, reason, "MetricAlarm", dict(reason_data))
    announce(alarm, old_state, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def set_contributor(alarm: Alarm, group: Group, state: State, reason: str) -> None:
    """Give one contributor of an alarm its state, and publish the event that says so; actions are the alarm's."""
    now = round(time.time(), 3)
    with memory.lock, _changing():
        known = memory.contributors.setdefault(memory.place(alarm), {})
        known[group] = memory.Contributor(state, reason, now)
        detail: dict[str, Any] = {
            "alarmName": alarm["AlarmName"],
            "alarmContributor": {"id": contributor_id(group), "attributes": dict(group)},
            "state": {"value": state.value, "reason": reason, "timestamp": timestamp(now)},
            "configuration": forms.configuration(alarm),
        }
        window = mutes.muting_window(alarm["AlarmName"])
        _put_event(alarm, "CloudWatch Alarm Contributor State Change", detail, window)


def announce(alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
    """Publish the state-change event and run the actions, unless muted or suppressed; the alarm has its new state.

    Stands in for the emulator's own dispatch of actions, which calls it after every change of state.
    """
    del new_state, reason  # the alarm carries them already
    with memory.lock, _changing():
        key = memory.place(alarm)
        previous = memory.states.get(key) or _initial_state(alarm, old_state)
        memory.states[key] = memory.state_fields(alarm)
        window = mutes.muting_window(alarm["AlarmName"])
        acts = _suppress(alarm) if window is None else False
        _publish(alarm, previous, window)
        memory.held.pop(key, None)
        if window is not None:
            memory.held[key] = Held(old_state, previous)
        elif acts:
            run_actions(alarm, old_state, previous)
        _tell_suppressed(alarm)


@contextmanager
def _changing() -> Iterator[None]:
    """Events and messages are metrics too: alarms on those wait until this change is done."""
    before = getattr(memory.thread, "changing", False)
    memory.thread.changing = True
    try:
        yield
    finally:
        memory.thread.changing = before


def _initial_state(alarm: Alarm, old_state: str) -> dict[str, Any]:
    created = timestamp(float(alarm.get("AlarmConfigurationUpdatedTimestamp") or 0))
    return {"value": old_state, "reason": CREATED_REASON, "timestamp": created}


def _publish(alarm: Alarm, previous: Mapping[str, Any], window: MuteWindow | None) -> None:
    state = memory.state_fields(alarm)
    for name in ("ActionsSuppressedBy", "ActionsSuppressedReason"):
        if alarm.get(name):
            state[name[0].lower() + name[1:]] = alarm[name]
    detail: dict[str, Any] = {
        "alarmName": alarm["AlarmName"],
        "state": state,
        "previousState": dict(previous),
        "configuration": forms.configuration(alarm),
    }
    _put_event(alarm, "CloudWatch Alarm State Change", detail, window)


def _put_event(alarm: Alarm, detail_type: str, detail: dict[str, Any], window: MuteWindow | None) -> None:
    if window is not None:
        detail["muteDetail"] = {
            "mutedByArn": mutes.rule_arn(window.rule.name),
            "muteWindowStart": timestamp(window.start.timestamp()),
            "muteWindowEnd": timestamp(window.end.timestamp()),
        }
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": [alarm["AlarmArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _suppress(alarm: Alarm) -> bool:
    """Whether a change's actions run now; for a composite with a suppressor this moves its suppression."""
    if not alarm.get("ActionsSuppressor"):
        return True
    step = suppression.composite_changed(_standing(alarm), _suppressing(alarm), clock.now())
    return _follow(alarm, step)


def _standing(alarm: Alarm) -> Suppression:
    known = memory.suppressions.get(memory.place(alarm))
    wait = float(alarm.get("ActionsSuppressorWaitPeriod") or 0)
    extension = float(alarm.get("ActionsSuppressorExtensionPeriod") or 0)
    if known is None:
        return Suppression(wait, extension)
    return Suppression(wait, extension, known.phase, known.until, known.owed)


def _suppressing(alarm: Alarm) -> bool:
    name = cloudwatch._rule_ref_name(alarm["ActionsSuppressor"])
    suppressor = memory.find(name) if name else None
    return suppressor is not None and suppressor["StateValue"] == "ALARM"


def _follow(alarm: Alarm, step: suppression.Step) -> bool:
    standing, acts = step
    memory.suppressions[memory.place(alarm)] = standing
    if standing.phase is None:
        alarm.pop("ActionsSuppressedBy", None)
        alarm.pop("ActionsSuppressedReason", None)
    else:
        alarm["ActionsSuppressedBy"] = standing.phase.value
        alarm["ActionsSuppressedReason"] = f"Actions suppressed by {standing.phase.value}"
    return acts


def _tell_suppressed(suppressor: Alarm) -> None:
    """Let the composites that this alarm suppresses know that it changed."""
    for composite in cloudwatch._composite_alarms.values():
        reference = composite.get("ActionsSuppressor")
        if not reference or cloudwatch._rule_ref_name(reference) != suppressor["AlarmName"]:
            continue
        step = suppression.suppressor_changed(_standing(composite), suppressor["StateValue"] == "ALARM", clock.now())
        if _follow(composite, step):
            _act_late(composite)


def _act_late(alarm: Alarm) -> None:
    if mutes.muting_window(alarm["AlarmName"]) is None:
        state = memory.states.get(memory.place(alarm)) or memory.state_fields(alarm)
        run_actions(alarm, str(alarm["StateValue"]), state)


def time_passed() -> None:
    """End suppression periods and mute windows of the current account and region whose time is up."""
    now = clock.now()
    for composite in cloudwatch._composite_alarms.values():
        standing = memory.suppressions.get(memory.place(composite))
        over = standing is not None and standing.until is not None and now >= standing.until
        if over and standing is not None and _follow(composite, suppression.time_passed(standing, now)):
            _act_late(composite)
    _release()


def _release() -> None:
    """Run what mute rules held back, once no window is open and the alarm is still in that state."""
    for key, kept in list(memory.held.items()):
        account, region, name = key
        alarm = memory.find(name)
        if (account, region) != memory.place({"AlarmName": name})[:2]:
            continue
        if alarm is None:
            del memory.held[key]
        elif mutes.muting_window(name, datetime.now(UTC)) is None:
            del memory.held[key]
            # A later change would have taken its place, so the alarm still is in the state these actions are for.
            if _suppress(alarm):
                run_actions(alarm, kept.old_state, kept.previous)
