"""How often something runs, from its schedule alone: for a month of 730 hours, no clock needed."""

from datetime import date, timedelta
from functools import lru_cache

from pipewarden.cron import parse_cron
from pipewarden_plan.model import Schedule

MONTH_HOURS = 730.0
YEAR = date(2025, 1, 1)
"""A year like most: 365 days. Which one makes a difference of a day or two."""


def runs_a_month(schedule: Schedule | None) -> float | None:
    """Runs in 730 hours; None where no schedule tells."""
    if schedule is None:
        return None
    if not schedule.cron:
        return MONTH_HOURS * 3_600 / schedule.rate_seconds
    cron = parse_cron(schedule.cron)
    return _days_a_month(schedule.cron) * len(cron.hours) * len(cron.minutes)


def hours_a_month(schedule: Schedule | None) -> float:
    """Hours of a month in which a run starts, and so its metrics have data; all of them where no schedule tells."""
    if schedule is None:
        return MONTH_HOURS
    if not schedule.cron:
        return min(MONTH_HOURS, MONTH_HOURS * 3_600 / schedule.rate_seconds)
    return _days_a_month(schedule.cron) * len(parse_cron(schedule.cron).hours)


@lru_cache(maxsize=1024)
def _days_a_month(text: str) -> float:
    cron = parse_cron(text)
    days = (YEAR + timedelta(days=number) for number in range(365))
    return sum(map(cron.comes_on, days)) * MONTH_HOURS / (365 * 24)
