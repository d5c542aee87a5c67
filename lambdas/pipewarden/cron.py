"""Five-field cron as the values that each field takes. Pure; the plan and the functions read it alike."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
EVERY_WEEKDAY = frozenset(range(7))
EVERY_MONTH_DAY = frozenset(range(1, 32))
EVERY_MONTH = frozenset(range(1, 13))
NUMBERS: dict[str, int] = {}


class Cron(NamedTuple):
    """The values that each field takes; weekdays count from 0 = Sunday."""

    minutes: frozenset[int]
    hours: frozenset[int]
    month_days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def first_minute_of_day(self) -> int:
        return min(self.hours) * 60 + min(self.minutes)

    def comes_on(self, day: date) -> bool:
        """Whether it comes at some time of the day. Where both day fields are restricted, either may match."""
        in_month, in_week = day.day in self.month_days, day.isoweekday() % 7 in self.weekdays
        if self.month_days == EVERY_MONTH_DAY or self.weekdays == EVERY_WEEKDAY:
            return day.month in self.months and in_month and in_week
        return day.month in self.months and (in_month or in_week)


@lru_cache(maxsize=1024)
def parse_cron(text: str) -> Cron:
    """Read five fields with `*`, lists, ranges, steps and names, which the declaration's checks found nothing wrong
    with."""
    minutes, hours, month_days, months, weekdays = text.upper().split()
    return Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        _values(month_days, 1, 31),
        _values(months, 1, 12, MONTHS),
        frozenset(day % 7 for day in _values(weekdays, 0, 7, DAYS)),
    )


def _values(field: str, low: int, high: int, names: dict[str, int] = NUMBERS) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if span == "*" else int(names.get(first, first))
        # A plain number with a step runs to the end of the field, as in most crons.
        end = high if span == "*" or (step and not dash) else int(names.get(last, last)) if dash else start
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)
