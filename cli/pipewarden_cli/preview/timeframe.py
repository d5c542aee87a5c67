"""The time a dashboard shows, and the period that CloudWatch would choose for it."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

DAY = 86_400
DEFAULT_SECONDS = 3 * DAY
"""What is shown where the body names no start: long enough for what runs every night."""

_DURATION = re.compile(r"-P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SECONDS = (365 * DAY, 30 * DAY, 7 * DAY, DAY, 3600, 60, 1)
_PERIODS = ((3 * 3600, 60), (DAY, 300), (3 * DAY, 900), (7 * DAY, 3600), (31 * DAY, 21_600))
_LONGEST = 2 * 365 * DAY


class Timeframe(NamedTuple):
    """Seconds since the epoch, UTC; `period` is the least that a graph of this length shows.

    With `inherit`, graphs keep their own periods, as `periodOverride: inherit` demands.
    """

    start: int
    end: int
    period: int
    inherit: bool = False

    def period_of(self, own: int) -> int:
        """The period of a graph that asks for its own one (0: for none)."""
        if self.inherit:
            return max(own or 300, _finest(self.end - self.start))
        return max(own, self.period)


def timeframe(start: str, end: str, now: int, inherit: bool = False, default: int = DEFAULT_SECONDS) -> Timeframe:
    """The time from a body's `start` and `end`: an ISO 8601 duration before the end, or a moment."""
    until = moment(end) or now
    before = duration(start)
    begin = moment(start) if before is None else until - before
    if begin is None or begin >= until:
        begin = until - default
    begin = max(begin, until - _LONGEST)
    period = next((period for longest, period in _PERIODS if until - begin <= longest), DAY)
    # Whole periods, so that every graph of the dashboard has the same edges.
    return Timeframe(begin - begin % period, until + (-until % period), period, inherit)


def duration(text: str) -> int | None:
    """Seconds of `-PT3H`, `-P7D`, ...; None when the text is none."""
    match = _DURATION.fullmatch(text)
    found = sum(int(part) * size for part, size in zip(match.groups(), _SECONDS, strict=True) if part) if match else 0
    return found or None


def moment(text: str) -> int | None:
    """Seconds since the epoch of an ISO 8601 moment (UTC where it names no zone); None when the text is none."""
    try:
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _finest(seconds: int) -> int:
    """GetMetricData and a graph hold 1,440 points well; finer periods than that are not drawn."""
    least = seconds / 1440
    return next((period for period in (1, 5, 10, 30, 60, 300, 900, 3600, 21_600) if period >= least), DAY)
