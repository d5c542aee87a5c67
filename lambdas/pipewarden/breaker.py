"""Circuit breakers: when retries keep failing, they stop, for one pipeline or for the whole environment. Pure.

Closed: retries start. Open: none does, for a time. Half-open: one retry is let through, and its end decides.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from pipewarden.retry_policy import BreakerPolicy

State = Literal["closed", "open", "half-open"]
PROBE_LAPSES = timedelta(days=1)
"""A retry that was let through and of whose end nothing was heard for so long does not keep others out any more."""
MOST_FAILURES = 100


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """`failures` are the times of failed retries, oldest first; `since` is when the state was entered; `probe` names
    the retry that was let through."""

    state: State = "closed"
    failures: tuple[datetime, ...] = ()
    since: datetime | None = None
    probe: str = ""
    version: int = 0

    def half_opens(self, policy: BreakerPolicy) -> datetime | None:
        """When one retry may be let through; None when there is nothing to wait for."""
        if self.state == "closed" or self.since is None:
            return None
        wait = PROBE_LAPSES if self.state == "half-open" else timedelta(seconds=policy.open_seconds)
        return self.since + wait


@dataclass(frozen=True, kw_only=True)
class Breakers:
    """The two that every retry passes."""

    pipeline: Breaker = field(default_factory=Breaker)
    environment: Breaker = field(default_factory=Breaker)


def after_failure(breaker: Breaker, policy: BreakerPolicy, probe: str, now: datetime) -> Breaker:
    """The breaker when a retry has failed: opened when these are too many, or when it was the one let through."""
    first = now - timedelta(seconds=policy.within_seconds)
    failures = (*(moment for moment in breaker.failures if moment >= first), now)[-MOST_FAILURES:]
    counted = replace(breaker, failures=failures)
    if breaker.state == "half-open" and breaker.probe == probe:
        return replace(counted, state="open", since=now, probe="")
    if breaker.state == "closed" and len(failures) >= policy.failures:
        return replace(counted, state="open", since=now)
    return counted


def after_success(breaker: Breaker, probe: str, now: datetime) -> Breaker:
    """Closed when it was the retry that was let through; else as it is."""
    if breaker.state == "half-open" and breaker.probe == probe:
        return Breaker(since=now, version=breaker.version)
    return breaker


def without_probe(breaker: Breaker, probe: str) -> Breaker:
    """Open as before, because the retry that was let through told nothing: the next one may be let through."""
    if breaker.state == "half-open" and breaker.probe == probe:
        return replace(breaker, state="open", probe="")
    return breaker


def let_through(breaker: Breaker, policy: BreakerPolicy, probe: str, now: datetime) -> Breaker:
    """Half-open with this retry as the one let through, when its time has come; else as it is."""
    moment = breaker.half_opens(policy)
    return replace(breaker, state="half-open", since=now, probe=probe) if moment and moment <= now else breaker


def probe_name(incident: str, resource: str, number: int) -> str:
    """The name of one retry among all of the environment."""
    return f"{incident}/{resource}/{number}"
