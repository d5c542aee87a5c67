"""Local times of maintenance windows: how long between two of them, and whether the clock ever shows one."""

import zoneinfo
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from pipewarden.cron import Cron

FOUR_YEARS = [date(2024, 1, 1) + timedelta(days=day) for day in range(4 * 365 + 1)]
DAY_MINUTES = 1_440


def read_zone(name: str) -> tzinfo:
    """The time zone; UTC where this machine has no time zone database, which the checks warn of."""
    try:
        return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return UTC


def seconds_between(start: str, end: str, timezone: str) -> int:
    """Seconds from one local time to another, an hour more or less where the clock changes between them."""
    zone = read_zone(timezone)
    first, last = (datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() for text in (start, end))
    return round(last - first)


def is_skipped(local: str, timezone: str) -> bool:
    """Whether daylight saving skips a local time, so that no clock ever shows it."""
    written = datetime.fromisoformat(local)
    zone = read_zone(timezone)
    return written.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != written


def shortest_gap_seconds(cron: Cron) -> int:
    """The least time between two starts, by the clock on the wall, over four years with a leap day."""
    times = sorted(hour * 60 + minute for hour in cron.hours for minute in cron.minutes)
    days = [day.toordinal() for day in FOUR_YEARS if cron.comes_on(day)]
    within = [later - earlier for earlier, later in pairwise(times)]
    across = [(b - a) * DAY_MINUTES - times[-1] + times[0] for a, b in pairwise(days)]
    return 60 * min([*within, *across, len(FOUR_YEARS) * DAY_MINUTES])
