"""Action suppression of composite alarms: when do their actions run?

Rules and examples: "Alarm suppression" in the CloudWatch user guide. While the suppressor alarm is in ALARM the
actions are held back; a change of the composite waits up to the wait period for the suppressor to follow; when the
suppressor ends, the extension period gives the composite time to recover. Held actions then run for the state the
composite has.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What holds the actions back, as DescribeAlarms names it in `ActionsSuppressedBy`."""

    WAIT = "WaitPeriod"
    ALARM = "Alarm"
    EXTENSION = "ExtensionPeriod"


@dataclass(frozen=True, slots=True)
class Suppression:
    """Where a composite alarm with a suppressor stands; times are seconds since the epoch.

    `owed` says that the composite changed its state and has not acted on it yet.
    """

    wait_seconds: float
    extension_seconds: float
    phase: Phase | None = None
    until: float | None = None
    owed: bool = False


Step = tuple[Suppression, bool]
"""What follows, and whether the composite's actions run now."""


def composite_changed(now_at: Suppression, suppressing: bool, now: float) -> Step:
    """The composite changed its state; `suppressing` says whether the suppressor is in ALARM.

    A running wait or extension period is discarded.
    """
    if suppressing:
        return _to(now_at, Phase.ALARM, None, True), False
    if now_at.wait_seconds > 0:
        return _to(now_at, Phase.WAIT, now + now_at.wait_seconds, True), False
    return _to(now_at, None, None, False), True


def suppressor_changed(now_at: Suppression, suppressing: bool, now: float) -> Step:
    """The suppressor went into ALARM or left it."""
    if suppressing:
        return _to(now_at, Phase.ALARM, None, now_at.owed), False
    if now_at.phase is not Phase.ALARM:
        return now_at, False
    if now_at.extension_seconds > 0:
        return _to(now_at, Phase.EXTENSION, now + now_at.extension_seconds, now_at.owed), False
    return _to(now_at, None, None, False), now_at.owed


def time_passed(now_at: Suppression, now: float) -> Step:
    """Ends a wait or extension period whose time is up."""
    if now_at.until is None or now < now_at.until:
        return now_at, False
    return _to(now_at, None, None, False), now_at.owed


def _to(now_at: Suppression, phase: Phase | None, until: float | None, owed: bool) -> Suppression:
    return Suppression(now_at.wait_seconds, now_at.extension_seconds, phase, until, owed)
