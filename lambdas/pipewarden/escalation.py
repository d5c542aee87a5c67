"""The chain of rungs by which a page that nobody acknowledges reaches the next person. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipewarden.incident import Incident, IncidentState
from pipewarden.route_settings import Severity

SKIPPED = "-not-called"
"""Ends the name of a call that was due and not made: remembered so that it is noted once."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of one rung: `repeat` 0 is its own, higher ones repeat the last rung."""

    page: int
    rung: int
    repeat: int = 0

    @property
    def name(self) -> str:
        """`1.0.0`: what stands in the incident once it was made."""
        return f"{self.page}.{self.rung}.{self.repeat}"

    @property
    def skipped(self) -> str:
        """What stands there when it was not made."""
        return f"{self.name}{SKIPPED}"


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """One reminder of an acknowledged page; `look` counts how often it was looked at before it was due."""

    page: int
    number: int
    look: int = 0


def plan_calls(route: Severity, page: int, paged: datetime) -> list[tuple[Call, datetime]]:
    """Each rung of a new page with the time of its call, in order."""
    rungs = enumerate(route.escalate)
    return [(Call(page=page, rung=n), paged + timedelta(seconds=rung.after_seconds)) for n, rung in rungs]


def next_repeat(route: Severity, call: Call, now: datetime) -> tuple[Call, datetime] | None:
    """The repetition that follows a call; None unless it was of the last rung and repetitions are left.

    A page that was sent to nobody but at once (its only rung is due after 0 seconds) is repeated as well.
    """
    if call.rung != len(route.escalate) - 1 or call.repeat >= route.repeat.times:
        return None
    following = Call(page=call.page, rung=call.rung, repeat=call.repeat + 1)
    return following, now + timedelta(seconds=route.repeat.every_seconds)


def called_rungs(incident: Incident) -> set[int]:
    """Numbers of the rungs that the latest page has called; those at once are not written down."""
    return {int(name.split(".")[1]) for name in incident.rungs if not name.endswith(SKIPPED)}


def why_stop(incident: Incident | None, call: Call) -> str:
    """Why a call is not made any more; "" when it is."""
    if incident is None:
        return "there is no such incident"
    if incident.over:
        return f"the incident is {incident.state.value}"
    if incident.state == IncidentState.ACKNOWLEDGED:
        return f"acknowledged by {incident.acknowledged_by or 'somebody'}"
    if call.page != incident.pages:
        return "a newer page has its own chain"
    if call.name in incident.rungs:
        return "it was made already"
    return ""
