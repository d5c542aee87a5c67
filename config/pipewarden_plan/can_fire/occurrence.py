"""How often a schedule comes, without a clock: a year is tried from its first day on."""

from collections.abc import Iterator
from datetime import date, timedelta

from pipewarden.cron import Cron, parse_cron
from pipewarden_plan.model import Schedule

TRIED_FROM = date(2028, 1, 1)
"""A leap year, so that 29 February comes too; how often a cron comes within a window does not depend on the year."""
TRIED_DAYS = 400
DAY_SECONDS = 86_400


def most_periods_with_a_run(schedule: Schedule, period_seconds: int, periods: int, enough: int) -> int:
    """In how many of so many consecutive periods a run can start at most; `enough` ends the count.

    Changes of daylight saving time are left out: they move a run by an hour, once.
    """
    within: list[int] = []
    most = 0
    for start in _starts(schedule):
        period = start // period_seconds
        if within and within[-1] == period:
            continue
        within = [found for found in within if found > period - periods]
        within.append(period)
        most = max(most, len(within))
        if most >= enough:
            break
    return most


def _starts(schedule: Schedule) -> Iterator[int]:
    """Seconds since the first day tried."""
    if schedule.rate_seconds:
        yield from range(0, TRIED_DAYS * DAY_SECONDS, schedule.rate_seconds)
        return
    cron = parse_cron(schedule.cron)
    times = times_of_day(cron)
    for number in range(TRIED_DAYS):
        if cron.comes_on(TRIED_FROM + timedelta(days=number)):
            yield from (number * DAY_SECONDS + 60 * minute for minute in times)


def times_of_day(cron: Cron) -> tuple[int, ...]:
    """The minutes of a day at which it comes."""
    return tuple(60 * hour + minute for hour in sorted(cron.hours) for minute in sorted(cron.minutes))
