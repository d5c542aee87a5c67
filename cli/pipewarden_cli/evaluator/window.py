"""Which periods an alarm looks at.

Sliding windows end at the current minute (at the current ten seconds for periods under a minute) and reach two periods
further back than the evaluation periods: the documentation's examples retrieve 5 points for 3 periods and give no rule.
Wall-clock windows hold exactly the last complete calendar periods ("Alarm evaluation window").
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.samples import Grid

EXTRA_PERIODS = 2
WALL_CLOCK_PERIODS = (60, 300, 3600, 86400, 604800)

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})")


@lru_cache(maxsize=256)
def read_timezone(name: str) -> tzinfo:
    """A time zone from an IANA name, `Z`, or an offset such as `+05:30` or `UTC-08:00`. Raises EvaluatorError."""
    if name in ("Z", "UTC", "GMT"):
        return UTC
    if match := _OFFSET.fullmatch(name):
        minutes = int(match["hours"]) * 60 + int(match["minutes"])
        if minutes > 18 * 60 or minutes % 5:
            raise EvaluatorError(f"Timezone {name!r} must be a UTC offset in steps of 5 minutes")
        return timezone(timedelta(minutes=-minutes if match["sign"] == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise EvaluatorError(f"Timezone {name!r} is neither an IANA time zone nor a UTC offset") from None


def window_end(period: int, now: float) -> int:
    """The end of the sliding window at a moment: the current minute's end, so that what was just published counts."""
    step = _MINUTE if period >= _MINUTE else 10
    return (math.floor(now) // step + 1) * step


def sliding_window(period: int, evaluation_periods: int, now: float) -> Grid:
    """The evaluation range of a sliding window: the evaluation periods and two more before them."""
    return _ending_at(window_end(period, now), period, evaluation_periods + EXTRA_PERIODS)


@lru_cache(maxsize=1024)
def _ending_at(end: int, period: int, count: int) -> Grid:
    """Alarms of the same shape that are judged within the same minute share one grid."""
    return Grid.regular(end - count * period, period, count)


def wall_clock_window(period: int, evaluation_periods: int, timezone_name: str, now: float) -> Grid:
    """The last complete clock periods in a time zone; local days and weeks follow its daylight saving."""
    zone = read_timezone(timezone_name)
    local = datetime.fromtimestamp(now, zone)
    if period >= _DAY:
        edges = _day_edges(local, period // _DAY, evaluation_periods)
        return Grid(tuple(edges[:-1]), edges[-1], period)
    offset = int((local.utcoffset() or timedelta()).total_seconds())
    end = (math.floor(now) + offset) // period * period - offset
    return Grid.regular(end - period * evaluation_periods, period, evaluation_periods)


def _day_edges(local: datetime, days: int, count: int) -> list[float]:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if days == 7:
        midnight -= timedelta(days=midnight.weekday())
    return [(midnight - timedelta(days=days * back)).timestamp() for back in range(count, -1, -1)]
