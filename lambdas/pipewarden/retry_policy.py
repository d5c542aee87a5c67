"""How a failed run is retried, and what guards that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipewarden.run import Scale


@dataclass(frozen=True, kw_only=True)
class BreakerPolicy:
    """A circuit breaker opens when `failures` retries failed within `within_seconds`; after `open_seconds` it lets one
    retry through."""

    failures: int
    within_seconds: float
    open_seconds: float


@dataclass(frozen=True, kw_only=True)
class TimeWindow:
    """When retries may start: from one time of day (`22:00`) to another, past midnight where `end` is the earlier."""

    begin: str
    end: str
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often and how fast a failed run is started again, for which classes of failure, and what guards it.

    `cost_per_day` is by unit (`cost.UNITS`): what retries of the whole pipeline may take in one UTC day. `alone`: not
    beside a run of the same resource that is going on; `one_at_a_time`: not beside a retry of another resource of the
    pipeline; `owned`: also runs that something else started, which could be resumed there.
    """

    attempts: int
    backoff_seconds: tuple[float, float]
    classes: tuple[str, ...] = ("transient", "unknown")
    cooldown_seconds: float = 900.0
    cost_per_day: Mapping[str, float] = field(default_factory=lambda: {"dpu_hours": 100.0, "seconds": 86_400.0})
    breaker: BreakerPolicy = BreakerPolicy(failures=6, within_seconds=21_600.0, open_seconds=3_600.0)
    window: TimeWindow | None = None
    alone: bool = True
    one_at_a_time: bool = True
    owned: bool = False
    scale: Scale | None = None
