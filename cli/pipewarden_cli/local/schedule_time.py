"""When an EventBridge Scheduler schedule is due: at(), rate() and cron() in the schedule's own time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ministack.services import eventbridge

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


def is_one_time(schedule: Mapping[str, Any]) -> bool:
    """Whether it fires once."""
    return _AT.fullmatch(schedule["ScheduleExpression"].strip()) is not None


def next_time(schedule: Mapping[str, Any], after: float) -> float | None:
    """The first moment after ``after`` at which it fires, in epoch seconds; None when there is none.

    For at() that is its moment, whether or not it has passed: a schedule made for the past fires at once.
    """
    expression = schedule["ScheduleExpression"].strip()
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    once = _AT.fullmatch(expression)
    if once:
        return datetime.fromisoformat(once[1]).replace(tzinfo=zone).timestamp()
    seconds = eventbridge._parse_rate_seconds(expression)
    if seconds is not None:
        return after + float(seconds)
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:
        return None
    # The emulator counts in UTC; here the wall clock of the zone is shown to it as if it were UTC.
    wall_clock = datetime.fromtimestamp(after, zone).replace(tzinfo=UTC)
    found = eventbridge._cron_next_fire(fields, wall_clock)
    return None if found is None else found.replace(tzinfo=zone).timestamp()


def is_within(schedule: Mapping[str, Any], now: float) -> bool:
    """Whether ``now`` is between StartDate and EndDate."""
    start, end = _epoch(schedule.get("StartDate")), _epoch(schedule.get("EndDate"))
    return (start is None or start <= now) and (end is None or now <= end)


def is_over(schedule: Mapping[str, Any], now: float) -> bool:
    """Whether EndDate has passed."""
    end = _epoch(schedule.get("EndDate"))
    return end is not None and now > end


def _epoch(value: Any) -> float | None:
    if value is None or isinstance(value, int | float):
        return value
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()
