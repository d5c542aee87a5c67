"""How often a declared schedule runs in a month of 730 hours."""

from pipewarden.cron import parse_cron
from pipewarden.run_rate import YEAR_DAYS, days_of, runs_in_days
from pipewarden_plan.model import Schedule

MONTH_HOURS = 730.0


def runs_a_month(schedule: Schedule | None) -> float | None:
    """Runs in 730 hours; None where no schedule tells."""
    return None if schedule is None else runs_in_days(as_settings(schedule), MONTH_HOURS / 24)


def hours_a_month(schedule: Schedule | None) -> float:
    """Hours of a month in which a run starts, and so its metrics have data; all of them where no schedule tells."""
    if schedule is None:
        return MONTH_HOURS
    if not schedule.cron:
        return min(MONTH_HOURS, runs_in_days(as_settings(schedule), MONTH_HOURS / 24))
    return days_of(schedule.cron) / YEAR_DAYS * MONTH_HOURS / 24 * len(parse_cron(schedule.cron).hours)


def as_settings(schedule: Schedule | None) -> dict[str, str]:
    """The schedule as the functions read it; empty where there is none."""
    if schedule is None:
        return {}
    when = {"cron": schedule.cron} if schedule.cron else {"rate": f"{schedule.rate_seconds}s"}
    return {**when, "timezone": schedule.timezone}
