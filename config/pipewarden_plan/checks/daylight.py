"""The hour that a spring night does not have: what is planned for it does not happen.

EventBridge Scheduler skips a time that does not exist (guide, "Daylight savings time on EventBridge Scheduler"), and so
do most crons.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipewarden.cron import Cron, parse_cron
from pipewarden_plan.can_fire.occurrence import times_of_day
from pipewarden_plan.cron import cron_problem
from pipewarden_plan.finding import Finding
from pipewarden_plan.formats import has_timezones
from pipewarden_plan.reading import PipelineReading
from pipewarden_plan.schedule_plan import minute_of_day

TRIED_FROM = date(2026, 1, 1)
TRIED_DAYS = 3 * 366
"""Changes of daylight saving time come each year at the same time of the day; three years hold every rule."""


def check_daylight(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        read = pipeline.read or {}
        schedule = read.get("schedule", {})
        timezone, text = schedule.get("timezone", "UTC"), schedule.get("cron", "")
        if not text or timezone == "UTC" or not has_timezones() or cron_problem(text):
            continue
        cron = parse_cron(text)
        if night := _night_without(cron, times_of_day(cron), 0, timezone):
            message = f"has no run on {night}: in {timezone} the clock skips {_shown(min(times_of_day(cron)))} then"
            yield pipeline.finding("PW516", ("schedule", "cron"), message, "let it start an hour earlier or later")
        for key in ("finished_by", "started_by"):
            deadline = read.get("expect", {}).get(key)
            if deadline is None:
                continue
            minute = minute_of_day(str(deadline))
            days_later = int(minute <= cron.first_minute_of_day)
            if night := _night_without(cron, (minute,), days_later, timezone):
                message = f"could never be missed on {night}: in {timezone} the clock skips {_shown(minute)} then"
                yield pipeline.finding("PW515", ("expect", key), message, "name the hour before or after")


def _shown(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@lru_cache(maxsize=1024)
def _night_without(cron: Cron, minutes: tuple[int, ...], days_later: int, timezone: str) -> date | None:
    """The first day on which all of these minutes are due and none exists."""
    for night in _short_days(timezone):
        if cron.comes_on(night - timedelta(days=days_later)) and not any(
            _exists(night, minute, timezone) for minute in minutes
        ):
            return night
    return None


@lru_cache(maxsize=128)
def _short_days(timezone: str) -> tuple[date, ...]:
    """Days with fewer than 24 hours."""
    found = []
    zone = ZoneInfo(timezone)
    days = [TRIED_FROM + timedelta(days=number) for number in range(TRIED_DAYS + 1)]
    offsets = [datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset() or timedelta() for day in days]
    for day, offset, later in zip(days, offsets, offsets[1:], strict=False):
        if later > offset:
            found.append(day)
    return tuple(found)


def _exists(day: date, minute: int, timezone: str) -> bool:
    zone = ZoneInfo(timezone)
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
