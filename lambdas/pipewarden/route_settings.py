"""Who hears of what, how fast, and in which way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipewarden.window import QuietHours


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of an escalation: `to` is a channel name."""

    after_seconds: float
    to: str


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Every half hour, four times: a person who slept through the first call gets two more hours of chances, and a page
    that nobody will ever acknowledge ends."""

    every_seconds: float = 1_800.0
    times: int = 4


@dataclass(frozen=True, kw_only=True)
class Severity:
    """Routes of one severity. `notify` and the rungs name channels; the last rung, and reminders of what was taken and
    still fails, are repeated `repeat.times` times. In quiet hours nobody is told."""

    respond_within_seconds: float
    notify: tuple[str, ...]
    escalate: tuple[Rung, ...] = ()
    repeat: Repeat = field(default_factory=lambda: Repeat())
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, kw_only=True)
class Stakeholders:
    """Channels that are told when the estimated impact of an incident reaches so many US dollars, and when it ends."""

    above_usd: float
    notify: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to reach people. `address` is what SNS subscribes; `secret` the name of a secret in Secrets Manager, of
    which only the name stands here; `fields` is the rest of what was declared (see `channels`)."""

    type: str
    address: str = ""
    secret: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Flapping:
    """A pipeline flaps when it fails again after `cycles` incidents have ended `within_seconds`; it has calmed down
    when nothing was wrong for `calm_seconds`."""

    cycles: int = 3
    within_seconds: float = 3_600.0
    calm_seconds: float = 1_800.0
