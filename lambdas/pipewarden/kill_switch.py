"""The kill switch of remediation: one SSM parameter per environment, honoured within a minute.

`act`: what is declared. `observe`: decide and tell, start nothing. `off`: tell only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.names import Names
from pipewarden.technology import Clients

Mode = Literal["act", "observe", "off"]
MODES: Final[tuple[Mode, ...]] = ("act", "observe", "off")
"""From the freest to the strictest."""
KEPT = timedelta(seconds=55)
"""So long a process believes what it has read by itself."""
COPY_KEPT = timedelta(seconds=90)
"""So long everybody believes the table's copy, which each heartbeat (one a minute) brings up to date: a switch that is
thrown holds from the next heartbeat on. Only where heartbeats stop does the age of the copy matter."""


@dataclass(frozen=True, kw_only=True)
class Switch:
    """What the parameter says, and in words why it is not `act`. `readable`: it said something, if only that it is
    not there."""

    mode: Mode = "act"
    why: str = ""
    readable: bool = True


@dataclass(frozen=True, kw_only=True)
class KnownSwitch:
    """The switch as it was at a time."""

    switch: Switch
    read: datetime


class KillSwitch:
    """Reads the parameter at most once a minute, and only where the table's copy is missing or old. What cannot be
    read, or says nothing known, is `observe`: a switch that somebody reaches for must not fail towards acting."""

    def __init__(self, clients: Clients, names: Names, now: Callable[[], datetime]) -> None:
        self._clients = clients
        self._name = names.remediation_parameter()
        self._now = now
        self._known: KnownSwitch | None = None

    def read(self, copy: KnownSwitch | None = None) -> Switch:
        """The switch as it was less than a minute ago, by what is known latest."""
        now = self._now()
        own = self._known if self._known and now - self._known.read <= KEPT else None
        copied = copy if copy and now - copy.read <= COPY_KEPT else None
        known = max((each for each in (own, copied) if each), key=lambda each: each.read, default=None)
        return (known or self.look()).switch

    def look(self) -> KnownSwitch:
        """The switch as it is now: one call."""
        self._known = KnownSwitch(switch=self._ask(), read=self._now())
        return self._known

    def _ask(self) -> Switch:
        try:
            answer = self._clients("ssm").get_parameter(Name=self._name)
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            is_missing = code == "ParameterNotFound"
            lost = "is missing" if is_missing else f"cannot be read: {code}"
            return Switch(mode="observe", why=f"the parameter {self._name} {lost}", readable=is_missing)
        value = str(answer["Parameter"]["Value"]).strip().lower()
        for mode in MODES:
            if value == mode:
                return Switch(mode=mode, why="" if mode == "act" else f"the parameter {self._name} says so")
        return Switch(mode="observe", why=f'the parameter {self._name} says "{value[:20]}", which is no mode')


def effective_mode(declared: str, switch: Switch) -> Switch:
    """The stricter of what is declared and what the parameter says."""
    own: Mode = "act" if declared == "act" else "observe"
    return switch if MODES.index(switch.mode) >= MODES.index(own) and switch.mode != "act" else Switch(mode=own)
