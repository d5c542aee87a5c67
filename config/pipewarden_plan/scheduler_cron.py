"""Five-field cron in the words of EventBridge Scheduler.

Scheduler counts weekdays from 1 = Sunday where cron counts from 0, wants `?` in one of the two day fields, and has a
year (EventBridge Scheduler guide, "Cron-based schedules").
"""

from typing import NamedTuple

from pipewarden_plan.cron import DAYS, MONTHS

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

    def days(self) -> tuple[str, ...]:
        """Scheduler's `day-of-month month day-of-week`; two of them where cron means "either day field"."""
        months = _listed(self.months, EVERY_MONTH)
        by_month_day = f"{_listed(self.month_days, EVERY_MONTH_DAY)} {months} ?"
        by_weekday = f"? {months} {','.join(str(day + 1) for day in sorted(self.weekdays))}"
        if self.weekdays == EVERY_WEEKDAY:
            return (by_month_day,)
        return (by_weekday,) if self.month_days == EVERY_MONTH_DAY else (by_month_day, by_weekday)


def parse_cron(text: str) -> Cron:
    """Read five fields with `*`, lists, ranges, steps and names, which `cron_problem` found nothing wrong with."""
    minutes, hours, month_days, months, weekdays = text.upper().split()
    return Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        _values(month_days, 1, 31),
        _values(months, 1, 12, MONTHS),
        frozenset(day % 7 for day in _values(weekdays, 0, 7, DAYS)),
    )


def next_day(cron: Cron) -> Cron | None:
    """The same schedule one day later; None where that is no cron: the day after a month's 28th or later may be the
    first of another month."""
    if cron.month_days != EVERY_MONTH_DAY and max(cron.month_days) > 27:
        return None
    month_days = cron.month_days
    if month_days != EVERY_MONTH_DAY:
        month_days = frozenset(day + 1 for day in month_days)
    return cron._replace(month_days=month_days, weekdays=frozenset((day + 1) % 7 for day in cron.weekdays))


def _listed(values: frozenset[int], every: frozenset[int]) -> str:
    return "*" if values == every else ",".join(map(str, sorted(values)))


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
