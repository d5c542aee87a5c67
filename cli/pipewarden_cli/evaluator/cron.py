"""Cron expressions of mute rules: five fields, names, ranges, steps, `L` and `#`.

Syntax: "Alarm Mute Rules" in the CloudWatch user guide. When both day fields are restricted either may match, as in
standard cron.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from pipewarden_cli.evaluator.errors import EvaluatorError

_MONTHS = {name.upper(): i for i, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: i for i, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}


class ScheduleError(EvaluatorError):
    """A schedule that PutAlarmMuteRule refuses."""


@dataclass(frozen=True, slots=True)
class Cron:
    """Read fields; weekdays count from Sunday = 0. `5L` stands in `last_weekdays`, `SUN#4` in `nth_weekdays`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    last_day: bool
    last_weekdays: frozenset[int]
    nth_weekdays: frozenset[tuple[int, int]]
    any_day: bool
    any_weekday: bool

    def on(self, day: date) -> bool:
        """Whether the schedule starts at some time of a day."""
        if day.month not in self.months:
            return False
        in_month, in_week = self._in_month(day), self._in_week(day)
        if self.any_day or self.any_weekday:
            return in_month and in_week
        return in_month or in_week

    def matches(self, at: datetime) -> bool:
        """Whether the schedule starts at a local minute."""
        return at.minute in self.minutes and at.hour in self.hours and self.on(at.date())

    def _in_month(self, day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        return self.any_day or day.day in self.days or (self.last_day and day.day == last)

    def _in_week(self, day: date) -> bool:
        weekday = day.isoweekday() % 7
        if self.any_weekday or weekday in self.weekdays:
            return True
        last = calendar.monthrange(day.year, day.month)[1]
        return (weekday in self.last_weekdays and day.day > last - 7) or (
            (weekday, (day.day + 6) // 7) in self.nth_weekdays
        )


@lru_cache(maxsize=256)
def parse_cron(text: str) -> Cron:
    """A cron expression of five fields: minute, hour, day of month, month, day of week. Raises ScheduleError."""
    fields = text.upper().split()
    if len(fields) != 5:
        raise ScheduleError(f"cron({text}) must have 5 fields, it has {len(fields)}")
    minute, hour, day, month, weekday = fields
    last_day = day == "L"
    plain, last, nth = _weekday_parts(weekday)
    return Cron(
        minutes=_field(minute, 0, 59, {}, text),
        hours=_field(hour, 0, 23, {}, text),
        days=frozenset() if last_day or day == "?" else _field(day, 1, 31, {}, text),
        months=_field(month, 1, 12, _MONTHS, text),
        weekdays=frozenset(d % 7 for d in _field(plain, 0, 7, _WEEKDAYS, text)) if plain else frozenset(),
        last_day=last_day,
        last_weekdays=frozenset(_number(d, 0, 7, _WEEKDAYS, text) % 7 for d in last),
        nth_weekdays=frozenset((_number(d, 0, 7, _WEEKDAYS, text) % 7, _number(n, 1, 5, {}, text)) for d, n in nth),
        any_day=day in ("*", "?"),
        any_weekday=weekday in ("*", "?"),
    )


def _weekday_parts(field: str) -> tuple[str, list[str], list[tuple[str, str]]]:
    plain, last, nth = [], [], []
    for part in field.split(","):
        if "#" in part:
            day, _, count = part.partition("#")
            nth.append((day, count))
        elif part == "L":
            plain.append("6")
        elif part.endswith("L"):
            last.append(part[:-1])
        elif part != "?":
            plain.append(part)
    return ",".join(plain), last, nth


def _field(field: str, low: int, high: int, names: dict[str, int], text: str) -> frozenset[int]:
    chosen: set[int] = set()
    for part in field.split(","):
        span, slash, step_text = part.partition("/")
        step = _number(step_text, 1, high, {}, text) if slash else 1
        if span == "*":
            first, final = low, high
        else:
            begin, dash, end = span.partition("-")
            first = _number(begin, low, high, names, text)
            final = _number(end, low, high, names, text) if dash else (high if slash else first)
        if final < first:
            raise ScheduleError(f"cron({text}): the range {span} runs backwards")
        chosen.update(range(first, final + 1, step))
    return frozenset(chosen)


def _number(word: str, low: int, high: int, names: dict[str, int], text: str) -> int:
    if word in names:
        return names[word]
    if not word.isascii() or not word.isdigit() or len(word) > 2 or not low <= int(word) <= high:
        raise ScheduleError(f"cron({text}): {word!r} is not between {low} and {high}")
    return int(word)
