"""When a declared pipeline starts: its cron or rate, in its own timezone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipewarden_cli.evaluator.cron import ScheduleError, parse_cron
from pipewarden_cli.preview.timeframe import DAY

HOUR = 3600


def starts(schedule: Mapping[str, str], since: int, until: int, minute: int) -> list[int]:
    """The starts within [since, until); hourly at `minute` where nothing is declared."""
    if schedule.get("cron"):
        return _cron_starts(schedule["cron"], schedule.get("timezone", "UTC"), since, until)
    every = max(int(float(schedule.get("rate", "").removesuffix("s") or HOUR)), 300)
    first = since - since % every + minute * 60 % every
    return [at for at in range(first, until, every) if at >= since]


def _cron_starts(text: str, timezone: str, since: int, until: int) -> list[int]:
    try:
        cron, zone = parse_cron(text), ZoneInfo(timezone)
    except (ScheduleError, ZoneInfoNotFoundError, ValueError):
        return list(range(since - since % DAY + 2 * HOUR, until, DAY))
    day = datetime.fromtimestamp(since, UTC).date() - timedelta(days=1)
    last = datetime.fromtimestamp(until, UTC).date() + timedelta(days=1)
    found = []
    while day <= last:
        if cron.on(day):
            for hour in sorted(cron.hours):
                for minute in sorted(cron.minutes):
                    at = int(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).timestamp())
                    if since <= at < until:
                        found.append(at)
        day += timedelta(days=1)
    return found
