"""How often something runs, from its schedule alone: no clock is needed."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from pipewarden.cron import Cron, parse_cron

YEAR = date(2025, 1, 1)
YEAR_DAYS = 365
"""A year like most. Which one makes a difference of a day or two."""
DAY_SECONDS = 86_400.0
ANY_TIME: Mapping[str, frozenset[int]] = {"minutes": frozenset(), "hours": frozenset()}


def runs_in_days(schedule: Mapping[str, str], days: float) -> float:
    """How many runs a schedule promises in so many days, on average over a year; 0 where there is none.

    `schedule` as in `pipeline_settings.PipelineSettings`: five-field `cron`, or `rate` in seconds (`900s`).
    """
    if cron := schedule.get("cron", ""):
        return days_of(cron) / YEAR_DAYS * days * len(parse_cron(cron).hours) * len(parse_cron(cron).minutes)
    rate = float(schedule.get("rate", "0s").removesuffix("s"))
    return days * DAY_SECONDS / rate if rate else 0.0


def days_of(cron: str) -> int:
    """On how many days of a year a cron comes."""
    return len(_days(parse_cron(cron)._replace(**ANY_TIME)))


@lru_cache(maxsize=1024)
def _days(cron: Cron) -> tuple[int, ...]:
    """The days of a year on which a cron comes, from 0. Asked with `ANY_TIME`: a thousand pipelines start at a hundred
    times of the day, and on few kinds of days."""
    return tuple(number for number in range(YEAR_DAYS) if cron.comes_on(YEAR + timedelta(days=number)))


def longest_gap_seconds(schedule: Mapping[str, str]) -> float:
    """The longest time between two starts, by the clock on the wall; 0 where there is no schedule, or it comes on no
    day of a common year."""
    cron = schedule.get("cron", "")
    if not cron:
        return float(schedule.get("rate", "0s").removesuffix("s"))
    parsed = parse_cron(cron)
    days = _days(parsed._replace(**ANY_TIME))
    minutes = sorted(60 * hour + minute for hour in parsed.hours for minute in parsed.minutes)
    if not days:
        return 0.0
    within = [later - earlier for earlier, later in pairwise(minutes)]
    return 60.0 * max([*within, _longest_night(days) * 1_440 - minutes[-1] + minutes[0]])


@lru_cache(maxsize=1024)
def _longest_night(days: tuple[int, ...]) -> int:
    """The most days from one day on which something comes to the next; the year begins again after its end."""
    return max(later - earlier for earlier, later in pairwise([*days, days[0] + YEAR_DAYS]))
