"""What is remembered about the runs of one resource: enough for ratios and rates, bounded whatever its schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

KEPT_DAYS = 92
KEPT_DURATIONS = 20
RATE_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class RunHistory:
    """`days` maps a UTC date to (runs that ended well, runs that did not); a failed run that a retry cured is not
    counted as failed. `durations` are the seconds of the latest good runs, newest last, and `dpu_hours` what they took
    where that is known; `remediated` is when the latest retries ended, well or not."""

    version: int = 0
    days: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    durations: tuple[float, ...] = ()
    last_good: datetime | None = None
    last_good_run: str = ""
    last_good_started: datetime | None = None
    last_failed: datetime | None = None
    overdue: datetime | None = None
    """When people were told of a run that took too long while it was going on."""
    dpu_hours: tuple[float, ...] = ()
    remediated: datetime | None = None
    acted: Mapping[str, datetime] = field(default_factory=dict)
    """When each action was started last, by its name."""

    def success_rate(self, now: datetime, days: int = RATE_DAYS) -> float | None:
        """Percent of the runs of the last days (at most 92 are kept) that ended well; None when there was none."""
        good, bad = self._of_last(now, days)
        return 100.0 * good / (good + bad) if good + bad else None

    def budget_left(self, now: datetime, days: int, target: float, runs: float) -> float | None:
        """Percent of the budget of misses that the last days leave: 100 when there was none, 0 when all is spent, less
        when there were more.

        `target` is the percent of the runs that must end well, `runs` how many the schedule promises in these days:
        while fewer have ended, the budget is that of all of them. None while no run is known, or where no miss is
        allowed at all.
        """
        good, bad = self._of_last(now, days)
        allowed = max(runs, good + bad) * (1 - target / 100)
        return 100.0 * (1 - bad / allowed) if good + bad and allowed > 0 else None

    def _of_last(self, now: datetime, days: int) -> tuple[int, int]:
        """Good and bad runs of the last days; 92 are kept."""
        first = _day(now - timedelta(days=days - 1))
        kept = [counts for day, counts in self.days.items() if day >= first]
        return sum(row[0] for row in kept), sum(row[1] for row in kept)

    def duration_ratio(self, seconds: float) -> float | None:
        """`seconds` over the mean of the latest good runs; None while there are none."""
        mean = sum(self.durations) / len(self.durations) if self.durations else 0.0
        return seconds / mean if mean > 0 else None

    def with_success(self, ended: datetime, run_id: str, seconds: float | None) -> "RunHistory":
        durations = (*self.durations, seconds)[-KEPT_DURATIONS:] if seconds is not None else self.durations
        newer = self.last_good is None or ended >= self.last_good
        return replace(
            self,
            days=self._counted(ended, good=1),
            durations=durations,
            last_good=ended if newer else self.last_good,
            last_good_run=run_id if newer else self.last_good_run,
            last_good_started=ended - timedelta(seconds=seconds or 0) if newer else self.last_good_started,
        )

    def with_cost(self, dpu_hours: float) -> "RunHistory":
        """What a good run took."""
        return replace(self, dpu_hours=(*self.dpu_hours, dpu_hours)[-KEPT_DURATIONS:])

    def with_failure(self, ended: datetime, *, final: bool) -> "RunHistory":
        """`final`: it counts as a miss, because nothing of ours will cure it."""
        latest = max(ended, self.last_failed) if self.last_failed else ended
        return replace(self, days=self._counted(ended, bad=1) if final else self.days, last_failed=latest)

    def _counted(self, moment: datetime, good: int = 0, bad: int = 0) -> Mapping[str, tuple[int, int]]:
        day = _day(moment)
        old = self.days.get(day, (0, 0))
        days = {**self.days, day: (old[0] + good, old[1] + bad)}
        return {key: days[key] for key in sorted(days)[-KEPT_DAYS:]}


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
