"""What the alarms need to remember beside the emulator's own records, by account, region and alarm name."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from pipewarden_cli.evaluator.alarm import AlarmRule, read_alarm
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.evaluation import State
from pipewarden_cli.evaluator.insights import Group
from pipewarden_cli.evaluator.log_alarm import is_log_alarm, read_log_alarm
from pipewarden_cli.evaluator.suppression import Suppression
from pipewarden_cli.evaluator.wording import timestamp

Alarm = dict[str, Any]
"""An alarm as the emulator stores it, which is as DescribeAlarms returns it."""

Place = tuple[str, str, str]
"""Account, region and name."""

lock = threading.RLock()
"""Held while an alarm is judged and changed: requests, function workers and the clock all get here."""


thread = threading.local()
"""`thread.changing` is true while this thread carries out what follows from a change."""


@dataclass(slots=True)
class Held:
    """What a mute rule held back: the actions of the alarm's last change, which came from this state."""

    old_state: str
    previous: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contributor:
    """The state of one time series of an alarm with contributors, since when (seconds since 1970), and why."""

    state: State
    reason: str
    since: float


contributors: dict[Place, dict[Group, Contributor]] = {}
rules: dict[Place, tuple[Alarm, AlarmRule | None]] = {}
judged: dict[Place, int] = {}
states: dict[Place, dict[str, Any]] = {}
suppressions: dict[Place, Suppression] = {}
held: dict[Place, Held] = {}
created: dict[Place, float] = {}
warm: set[Place] = set()


def forget_all() -> None:
    """Forget everything; the emulator was wiped."""
    with lock:
        for store in (rules, judged, states, suppressions, held, created, contributors, warm):
            store.clear()


def forget(name: str) -> None:
    """Forget what is known of an alarm that was deleted."""
    with lock:
        key = place({"AlarmName": name})
        for store in (rules, judged, states, suppressions, held, created, contributors):
            store.pop(key, None)
        warm.discard(key)


def place(alarm: Mapping[str, Any]) -> Place:
    """Where an alarm of the current account and region is filed."""
    return (get_account_id(), get_region(), str(alarm["AlarmName"]))


def find(name: str) -> Alarm | None:
    """The metric or composite alarm of a name in the current account and region."""
    found: Alarm | None = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
    return found


def is_composite(alarm: Mapping[str, Any]) -> bool:
    """Whether an alarm watches other alarms."""
    return "AlarmRule" in alarm


def rule_of(alarm: Alarm) -> AlarmRule | None:
    """The rule of a metric alarm, read once per stored configuration; None when there is nothing to evaluate."""
    key = place(alarm)
    known = rules.get(key)
    if known is None or known[0] is not alarm:
        rules[key] = known = (alarm, _read(alarm))
        judged.pop(key, None)
    return known[1]


def _read(alarm: Alarm) -> AlarmRule | None:
    if alarm.get("EvaluationCriteria"):
        return None
    try:
        return read_log_alarm(alarm).rule if is_log_alarm(alarm) else read_alarm(alarm)
    except EvaluatorError:
        # Only alarms stored past our checks (an older state, the form protocol) get here; they stay as they are.
        return None


def state_fields(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """The state of an alarm as events carry it."""
    fields: dict[str, Any] = {"value": alarm["StateValue"], "reason": alarm.get("StateReason") or ""}
    if alarm.get("StateReasonData"):
        fields["reasonData"] = alarm["StateReasonData"]
    fields["timestamp"] = timestamp(float(alarm.get("StateUpdatedTimestamp") or 0))
    return fields
