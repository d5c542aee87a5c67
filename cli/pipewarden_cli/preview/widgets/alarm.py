"""Alarm widgets: a tile for each alarm, with its state."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.request import AlarmStatus
from pipewarden_cli.preview.widgets.contents import Contents, note, unknown_properties

KNOWN = frozenset(("alarms", "sortBy", "states", "title"))
ORDER = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 2}


def draw_alarms(properties: Mapping[str, Any], found: Sequence[AlarmStatus], now: int) -> Contents:
    """The tiles, sorted and filtered as the widget asks; alarms that do not exist are named as missing."""
    title = loose.text(properties.get("title")) or "Alarms"
    arns = alarm_arns(properties)
    if not arns:
        return note("No alarms", ["This widget names no alarm."], title)
    wanted = {loose.text(state) for state in loose.listed(properties.get("states"))}
    shown = [alarm for alarm in found if not wanted or alarm.state in wanted]
    by = properties.get("sortBy")
    if by in ("stateUpdatedTimestamp", "timestamp"):
        shown.sort(key=lambda alarm: -(alarm.since or 0))
    elif by != "default":
        shown.sort(key=lambda alarm: ORDER.get(alarm.state, 3))
    names = {alarm.name for alarm in found}
    missing = [name for name in map(alarm_name, arns) if name not in names]
    return {
        "kind": "alarms",
        "title": title,
        "tiles": [_tile(alarm, now) for alarm in shown] + [_missing(name) for name in missing],
        "notes": unknown_properties(properties, KNOWN),
    }


def alarm_arns(properties: Mapping[str, Any]) -> list[str]:
    """The ARNs that a widget names."""
    return [loose.text(arn) for arn in loose.listed(properties.get("alarms"))]


def alarm_name(arn: str) -> str:
    """The name in an alarm's ARN; a name itself stays what it is."""
    return arn.partition(":alarm:")[2] or arn


def _tile(alarm: AlarmStatus, now: int) -> Contents:
    since = "" if alarm.since is None else _ago(max(0, now - alarm.since))
    at = "" if alarm.since is None else datetime.fromtimestamp(alarm.since, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {"name": alarm.name, "state": alarm.state, "since": since, "at": at, "reason": alarm.reason}


def _missing(name: str) -> Contents:
    return {"name": name, "state": "MISSING", "since": "", "at": "", "reason": "There is no alarm of this name."}


def _ago(seconds: float) -> str:
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes < 48 * 60 else f"{minutes // 1440} days"
