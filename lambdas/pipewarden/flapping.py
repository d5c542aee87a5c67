"""Incidents that come and go: several in a short time are told as one, which ends when it has been calm. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.route_settings import Flapping
from pipewarden.situation import Decision, History, Policy

MOST_ENDS = 20


def count_cycles(ends: Iterable[datetime], flapping: Flapping, now: datetime) -> int:
    """How many incidents have ended lately, where they are enough to say that the pipeline flaps; else 0."""
    lately = [end for end in ends if now - end <= timedelta(seconds=flapping.within_seconds)]
    return len(lately) if len(lately) >= flapping.cycles else 0


def fold(decision: Decision, history: History, policy: Policy, now: datetime) -> Decision:
    """The decision about the first signal of an incident that goes on where others have just ended: paged at once,
    whatever is done besides, since one page stands for all that follow."""
    if history.incident is not None or decision.action not in ("retry", "act", "page"):
        return decision
    flaps = count_cycles(history.ends, policy.flapping, now)
    return replace(decision, flaps=flaps, page=True) if flaps else decision


def remember_end(ends: tuple[datetime, ...], ended: datetime, *, flapped: bool) -> tuple[datetime, ...]:
    """The latest ends with one more; after an incident that flapped the count begins anew."""
    return () if flapped else (*ends, ended)[-MOST_ENDS:]
