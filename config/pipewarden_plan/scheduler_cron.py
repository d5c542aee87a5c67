"""Five-field cron in the words of EventBridge Scheduler.

Scheduler counts weekdays from 1 = Sunday where cron counts from 0, wants `?` in one of the two day fields, and has a
year (EventBridge Scheduler guide, "Cron-based schedules").
"""

from pipewarden.cron import EVERY_MONTH, EVERY_MONTH_DAY, EVERY_WEEKDAY, Cron


def scheduler_days(cron: Cron) -> tuple[str, ...]:
    """Scheduler's `day-of-month month day-of-week`; two of them where cron means "either day field"."""
    months = _listed(cron.months, EVERY_MONTH)
    by_month_day = f"{_listed(cron.month_days, EVERY_MONTH_DAY)} {months} ?"
    by_weekday = f"? {months} {','.join(str(day + 1) for day in sorted(cron.weekdays))}"
    if cron.weekdays == EVERY_WEEKDAY:
        return (by_month_day,)
    return (by_weekday,) if cron.month_days == EVERY_MONTH_DAY else (by_month_day, by_weekday)


def scheduler_crons(cron: Cron) -> tuple[str, ...]:
    """The whole schedule as Scheduler's `cron(...)`, once or twice."""
    minutes, hours = (",".join(map(str, sorted(values))) for values in (cron.minutes, cron.hours))
    return tuple(f"cron({minutes} {hours} {days} *)" for days in scheduler_days(cron))


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
