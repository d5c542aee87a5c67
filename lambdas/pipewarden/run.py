"""One run of a resource, and how much larger another one is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

RunState = Literal["running", "succeeded", "failed", "stopped"]

MOST_RUNS = 1_000
"""What `recent_runs` reads at most: the newest. Whoever gets as many must think that there were more."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a resource as its service records it. Times are UTC; `redrive` counts restarts of the same run id.

    `usage` is what the run is billed for, amount by unit; the units are those of `usage.METRICS`. Empty while it is
    not known.
    """

    run_id: str
    state: RunState
    word: str = ""
    redrive: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    error_name: str = ""
    error: str = ""
    retry_of: str = ""
    log_group: str = ""
    log_stream: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, float] = field(default_factory=dict)
    score: float | None = None
    """What the run found of the quality of data, in percent; None for runs that judge nothing."""
    size: Mapping[str, float] = field(default_factory=dict)
    """How large it was, by what a retry can have more of (`Retry.scalable`)."""
    owner: str = ""
    """What started it and can be resumed instead, in words ("the workflow nightly, run wr_1"); "" for nothing."""
    adopted: bool = False
    """Found where a retry was to be started: its service, or a person, had started the failed run again already."""
    current: bool = False
    """Read from its service a moment ago, when nobody had started it again: a retry need not look once more."""

    @property
    def duration_seconds(self) -> float | None:
        """Wall-clock seconds from start to end; None while running or when the service does not tell."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None

    def touches(self, since: datetime) -> bool:
        """True when it is going on, or started or ended at or after that time."""
        return self.state == "running" or any(moment and moment >= since for moment in (self.started, self.ended))


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A larger retry: `factor` times the size that the failed run had (a key of `Run.size`), `most` at most."""

    of: str
    factor: float
    most: float

    def larger(self, size: float) -> float:
        """The size of the next run; whole, because workers are."""
        return float(min(self.most, math.ceil(size * self.factor)))
