"""A run that is still going on when it should long be over, where nobody declared how long it may take. Pure.

Two facts that are known without a word of configuration must agree: it has outlasted the time between two starts of
its schedule, and it takes several times as long as recent good runs took, where there are any.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipewarden.schedule_time import starts_between

USUAL_TIMES = 3.0
"""Times the mean of recent good runs. A schedule whose runs usually overlap is silent until one is far from usual."""
EARLY = timedelta(minutes=5)
"""A run that starts a little before its time, by another clock, is still the run of that time."""


def outlasts(
    schedule: Mapping[str, str], started: datetime, now: datetime, usual_seconds: float = 0.0
) -> datetime | None:
    """Since when a run that is going on has been overdue; None while it is not, or without a schedule."""
    interval = _interval(schedule, started, now) if schedule else None
    if interval is None:
        return None
    due = started + max(interval, timedelta(seconds=USUAL_TIMES * usual_seconds))
    return due if due < now else None


def _interval(schedule: Mapping[str, str], started: datetime, now: datetime) -> timedelta | None:
    """From its start to the next one of the schedule, at least as long as from that to the one after it; None where it
    has not passed. So one that is started by hand shortly before its time has as long as the others."""
    if "cron" not in schedule:
        interval = timedelta(seconds=float(schedule["rate"].removesuffix("s")))
        return interval if started + interval < now else None
    following = starts_between(schedule, started + EARLY, now)
    after = starts_between(schedule, following[0], following[0] + (now - started)) if following else []
    return max(following[0] - started, after[0] - following[0]) if after else None
