"""Alarm mute rules: is an alarm's action held back at a moment, and until when?

Behaviour: "Alarm Mute Rules" in the CloudWatch user guide: `cron(...)` of five fields or `at(yyyy-MM-ddThh:mm)` in
a time zone, an ISO 8601 duration from a minute to 15 days, optional start and expiry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pipewarden_cli.evaluator.cron import Cron, ScheduleError, parse_cron
from pipewarden_cli.evaluator.window import read_timezone

MOST_ALARMS = 100

_DURATION = re.compile(r"P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,7})S)?)?")
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=15)


@dataclass(frozen=True, slots=True)
class MuteRule:
    """One mute rule; exactly one of `cron` and `at` (a local time) is set."""

    name: str
    alarms: frozenset[str]
    duration: timedelta
    timezone: str
    cron: Cron | None = None
    at: datetime | None = None
    starts: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class MuteWindow:
    """A stretch of time in which a rule mutes."""

    rule: MuteRule
    start: datetime
    end: datetime


def read_mute_rule(fields: Mapping[str, Any]) -> MuteRule:
    """A rule from PutAlarmMuteRule's parameters or AWS::CloudWatch::AlarmMuteRule's properties.

    Raises EvaluatorError.
    """
    schedule = (fields.get("Rule") or {}).get("Schedule") or {}
    names = (fields.get("MuteTargets") or {}).get("AlarmNames") or ()
    if len(names) > MOST_ALARMS:
        raise ScheduleError(f"a mute rule names {len(names)} alarms, {MOST_ALARMS} are allowed")
    cron, at = _read_expression(str(schedule.get("Expression") or ""))
    zone = str(schedule.get("Timezone") or "UTC")
    read_timezone(zone)
    return MuteRule(
        name=str(fields.get("Name") or ""),
        alarms=frozenset(str(name) for name in names),
        duration=read_duration(str(schedule.get("Duration") or "")),
        timezone=zone,
        cron=cron,
        at=at,
        starts=_read_moment(fields.get("StartDate")),
        expires=_read_moment(fields.get("ExpireDate")),
    )


def _read_expression(text: str) -> tuple[Cron | None, datetime | None]:
    match = re.fullmatch(r"(cron|at)\((.*)\)", text.strip())
    kind, inner = (match[1], match[2]) if match else ("cron", text.strip())
    if kind == "cron":
        return parse_cron(inner), None
    try:
        return None, datetime.strptime(inner, "%Y-%m-%dT%H:%M")
    except ValueError:
        raise ScheduleError(f"{text!r} must have the form at(yyyy-MM-ddThh:mm)") from None


def read_duration(text: str) -> timedelta:
    """An ISO 8601 duration between PT1M and P15D. Raises ScheduleError."""
    match = _DURATION.fullmatch(text)
    if match is None or text in ("P", "PT") or text.endswith("T"):
        raise ScheduleError(f"{text!r} is not an ISO 8601 duration such as PT4H or P2DT12H")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    duration = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not _SHORTEST <= duration <= _LONGEST:
        raise ScheduleError(f"{text!r} must be between PT1M and P15D")
    return duration


def _read_moment(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ScheduleError(f"{value!r} is not a date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def window_at(rule: MuteRule, now: datetime) -> MuteWindow | None:
    """The window of a rule that is open at a moment, the one that ends last if several overlap."""
    if (rule.starts and now < rule.starts) or (rule.expires and now >= rule.expires):
        return None
    windows = [_window(rule, start) for start in _starts(rule, now - rule.duration, now)]
    return max((window for window in windows if window.end > now), key=lambda window: window.end, default=None)


def muting(rules: Iterable[MuteRule], alarm: str, now: datetime) -> MuteWindow | None:
    """The open window that mutes an alarm at a moment, None when its actions may run."""
    windows = [window for rule in rules if alarm in rule.alarms and (window := window_at(rule, now))]
    return max(windows, key=lambda window: window.end, default=None)


def status(rule: MuteRule, now: datetime) -> str:
    """ACTIVE, SCHEDULED or EXPIRED."""
    if window_at(rule, now):
        return "ACTIVE"
    if rule.expires and now >= rule.expires:
        return "EXPIRED"
    if rule.at is not None and _localized(rule, rule.at) + rule.duration <= now:
        return "EXPIRED"
    return "SCHEDULED"


def _window(rule: MuteRule, start: datetime) -> MuteWindow:
    end = start + rule.duration
    return MuteWindow(rule, start, min(end, rule.expires) if rule.expires else end)


def _localized(rule: MuteRule, local: datetime) -> datetime:
    return local.replace(tzinfo=read_timezone(rule.timezone)).astimezone(UTC)


def _starts(rule: MuteRule, after: datetime, until: datetime) -> list[datetime]:
    """The moments after one and up to another at which the rule opens a window, in UTC."""
    if rule.at is not None:
        starts = [_localized(rule, rule.at)]
    else:
        zone = read_timezone(rule.timezone)
        day, last = after.astimezone(zone).date(), until.astimezone(zone).date()
        starts = []
        while day <= last:
            starts.extend(_localized(rule, local) for local in _of_day(rule, day.year, day.month, day.day))
            day += timedelta(days=1)
    return [start for start in starts if after < start <= until and not (rule.starts and start < rule.starts)]


def _of_day(rule: MuteRule, year: int, month: int, day: int) -> list[datetime]:
    at = datetime(year, month, day)
    if rule.cron is None or not rule.cron.on(at.date()):
        return []
    return [datetime.combine(at, time(hour, minute)) for hour in rule.cron.hours for minute in rule.cron.minutes]
