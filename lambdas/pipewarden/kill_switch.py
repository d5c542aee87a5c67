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


@dataclass(frozen=True, kw_only=True)
class Switch:
    """What the parameter says, and in words why it is not `act`."""

    mode: Mode = "act"
    why: str = ""


class KillSwitch:
    """Reads the parameter at most once a minute. What cannot be read, or says nothing known, is `observe`: a switch
    that somebody reaches for must not fail towards acting."""

    def __init__(self, clients: Clients, names: Names, now: Callable[[], datetime]) -> None:
        self._clients = clients
        self._name = names.remediation_parameter()
        self._now = now
        self._read: tuple[datetime, Switch] | None = None

    def read(self) -> Switch:
        """The switch as it was less than a minute ago."""
        now = self._now()
        if self._read is None or now - self._read[0] > KEPT:
            self._read = now, self._ask()
        return self._read[1]

    def _ask(self) -> Switch:
        try:
            answer = self._clients("ssm").get_parameter(Name=self._name)
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            lost = "is missing" if code == "ParameterNotFound" else f"cannot be read: {code}"
            return Switch(mode="observe", why=f"the parameter {self._name} {lost}")
        value = str(answer["Parameter"]["Value"]).strip().lower()
        for mode in MODES:
            if value == mode:
                return Switch(mode=mode, why="" if mode == "act" else f"the parameter {self._name} says so")
        return Switch(mode="observe", why=f'the parameter {self._name} says "{value[:20]}", which is no mode')


def effective_mode(declared: str, switch: Switch) -> Switch:
    """The stricter of what is declared and what the parameter says."""
    own: Mode = "act" if declared == "act" else "observe"
    return switch if MODES.index(switch.mode) >= MODES.index(own) and switch.mode != "act" else Switch(mode=own)
