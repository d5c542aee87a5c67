"""When a daily time window opens. Pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipewarden.retry_policy import TimeWindow


def next_opening(window: TimeWindow, now: datetime) -> datetime:
    """`now` itself inside the window, else when it opens next (UTC). Wall-clock times in the window's own time zone,
    so on the two days a year on which clocks change it is an hour longer or shorter."""
    zone = ZoneInfo(window.timezone)
    local = now.astimezone(zone)
    begin, end = time.fromisoformat(window.begin), time.fromisoformat(window.end)
    clock = local.time()
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    if inside:
        return now
    day = local.date() if clock < begin else local.date() + timedelta(days=1)
    return datetime.combine(day, begin, tzinfo=zone).astimezone(UTC)
