"""What the code behind a handler works with: settings, clients, the table, the clock."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from pipewarden.action import Action
from pipewarden.error_pattern import ErrorPattern
from pipewarden.failure import Failure
from pipewarden.incident_store import IncidentStore
from pipewarden.kill_switch import KillSwitch
from pipewarden.measurement import Measurement
from pipewarden.one_shot import OneShots
from pipewarden.registry import actions
from pipewarden.run import Run
from pipewarden.settings import Settings
from pipewarden.technology import Clients, Technology

if TYPE_CHECKING:
    from pipewarden.secret import KeptSecret


class BusyError(Exception):
    """Another invocation is at it; the queue delivers the signal again when that one must be over."""


class Log(Protocol):
    """The part of a structured logger that is used: a sentence, and facts as keywords."""

    def info(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...
    def warning(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """`clients` gives AWS clients, `measure` takes metrics, `now` is the clock (UTC). `secrets` are those read.

    `clock` and `sleep` measure and spend the seconds of calls to channels; `resting` says until when a channel that was
    down is left alone; `loopback` lets channels be on this machine; `open_incidents` names the open incident of each
    pipeline as this process saw it last, which mostly saves a read; `actions` gives the kinds of
    actions, which few processes need.
    """

    settings: Settings
    technologies: Mapping[str, Technology]
    classify: Callable[[Technology, Run, tuple[ErrorPattern, ...]], Failure]
    clients: Clients
    now: Callable[[], datetime]
    measure: Callable[[Measurement], None]
    log: Log
    acknowledge_url: str = ""
    secrets: "dict[str, KeptSecret]" = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    resting: dict[str, float] = field(default_factory=dict)
    loopback: bool = False
    open_incidents: dict[str, str] = field(default_factory=dict)
    actions: Callable[[], Mapping[str, Action]] = actions

    @property
    def store(self) -> IncidentStore:
        return IncidentStore(self.clients("dynamodb"), self.settings.names.table())

    @cached_property
    def kill_switch(self) -> KillSwitch:
        return KillSwitch(self.clients, self.settings.names, self.now)

    @property
    def one_shots(self) -> OneShots:
        return OneShots(self.clients("scheduler"), self.settings.names)
