"""When a declared cron schedule starts its runs, as moments in UTC. Pure.

A local time that daylight saving skips does not come that day, and one that comes twice comes once: so does EventBridge
Scheduler (user guide, "Daylight savings time").
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipewarden.cron import Cron, parse_cron


def starts_between(schedule: Mapping[str, str], since: datetime, until: datetime) -> list[datetime]:
    """Starts after `since` and up to `until`, oldest first. Raises KeyError for an unknown time zone."""
    cron, zone = _cron(schedule["cron"]), ZoneInfo(schedule.get("timezone") or "UTC")
    times = [time(hour, minute) for hour in sorted(cron.hours) for minute in sorted(cron.minutes)]
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    found: list[datetime] = []
    while day <= last:
        if cron.comes_on(day):
            for at in times:
                local = datetime.combine(day, at, zone)
                moment = local.astimezone(UTC)
                comes = moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
                if comes and since < moment <= until:
                    found.append(moment)
        day += timedelta(days=1)
    return found


@lru_cache(maxsize=256)
def _cron(text: str) -> Cron:
    return parse_cron(text)
