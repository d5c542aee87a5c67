"""Declared stretches of time in which people are not told: maintenance windows and quiet hours. Pure.

A local time that daylight saving skips means the moment as far behind the gap; one that comes twice means the first.
So do CloudWatch's mute rules on the embedded AWS, and a test compares the two.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipewarden.cron import Cron, parse_cron

ALL = "*"


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """Work that is expected: `cron` (five fields) starts each window, or `at` (a local `yyyy-mm-ddThh:mm`) the only
    one.

    `pipelines` are names or `*`. `retries` are started all the same, `hold_p0` holds back P0 too.
    """

    name: str
    duration_seconds: int
    timezone: str = "UTC"
    pipelines: tuple[str, ...] = (ALL,)
    cron: str = ""
    at: str = ""
    retries: bool = False
    hold_p0: bool = False

    def covers(self, pipeline: str) -> bool:
        return ALL in self.pipelines or pipeline in self.pipelines


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """From one local time of day (`22:00`) to another, which may be on the next day."""

    start: str
    end: str
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class OpenWindow:
    """One occurrence of a maintenance window."""

    maintenance: Maintenance
    start: datetime
    end: datetime


def open_window(maintenance: Maintenance, now: datetime) -> OpenWindow | None:
    """The occurrence that is going on, the latest to start if several are; None when none is.

    None as well for a time zone that is not known here: rather a page too many than one too few.
    """
    zone = _zone(maintenance.timezone)
    if zone is None:
        return None
    length = timedelta(seconds=maintenance.duration_seconds)
    for start in _starts(maintenance, zone, now - length, now):
        if start <= now < start + length:
            return OpenWindow(maintenance=maintenance, start=start, end=start + length)
    return None


def open_windows(declared: Iterable[Maintenance], now: datetime) -> list[OpenWindow]:
    """Every occurrence that is going on."""
    return [window for each in declared if (window := open_window(each, now))]


def quiet_until(quiet: QuietHours | None, now: datetime) -> datetime | None:
    """When the quiet hours that are going on end; None outside of them."""
    zone = _zone(quiet.timezone) if quiet else None
    if quiet is None or zone is None:
        return None
    begin, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    today = now.astimezone(zone).date()
    for day in (today, today - timedelta(days=1)):
        last = day if end > begin else day + timedelta(days=1)
        until = local_moment(datetime.combine(last, end), zone)
        if local_moment(datetime.combine(day, begin), zone) <= now < until:
            return until
    return None


def local_moment(local: datetime, zone: tzinfo) -> datetime:
    """A local time as a moment in UTC."""
    return local.replace(tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo | None:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None


@lru_cache(maxsize=64)
def _cron(text: str) -> Cron:
    return parse_cron(text)


def _starts(maintenance: Maintenance, zone: tzinfo, since: datetime, now: datetime) -> Iterator[datetime]:
    """Starts on the local days from `now` back to `since`, latest first."""
    if maintenance.at:
        yield local_moment(datetime.fromisoformat(maintenance.at), zone)
        return
    cron, first = _cron(maintenance.cron), since.astimezone(zone).date()
    day = now.astimezone(zone).date()
    while day >= first:
        if cron.comes_on(day):
            hours, minutes = sorted(cron.hours), sorted(cron.minutes)
            times = (time(hour, minute) for hour in reversed(hours) for minute in reversed(minutes))
            yield from (local_moment(datetime.combine(day, at), zone) for at in times)
        day -= timedelta(days=1)
