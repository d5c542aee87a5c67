"""What Pipewarden must know about one kind of action besides a retry: a frozen row of data plus a few functions.

One file in `pipewarden.actions` holds one `ACTION = Action(...)` with its ways: a rollback is one of a parameter or of
a configuration. Templates are filled as those of technologies are, from what was declared and what `derive` adds.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipewarden.names import Names
from pipewarden.technology import Clients, Grant
from pipewarden.template import look_up

ResultState = Literal["running", "succeeded", "failed"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One action that is to be done, or was: `values` are what was declared with `derive` applied, `plan` what
    `Way.prepare` settled and the claim has written, `facts` what of the failure it may be told (strings only).

    `token` is the same for every try of one attempt: 64 hex digits.
    """

    values: Mapping[str, Any]
    names: Names
    now: datetime
    token: str
    plan: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        """The token in the form of a UUID."""
        return str(uuid.UUID(hex=self.token[:32]))


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of it, in words that follow the action's name: `rolled /crm/config back to version 6`.

    `id` is what `Way.look` asks about while it is `running`; `changed` is False for a dry run, which cures nothing.
    """

    state: ResultState
    text: str
    id: str = ""
    changed: bool = True


class NotPossibleError(Exception):
    """It cannot or must not be done, for a reason that people should read; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to do an action, chosen by the declared field `field`.

    `prepare` reads, changes nothing, and settles everything that a second try must not settle anew (the value to set);
    it is written with the claim. `start` changes: given the same plan and token twice it changes once, or `twice` says
    what else can happen. `look` tells what has become of what is `running`. `calls` lists every API operation as IAM
    action, `intent` says in the infinitive what would be done. All raise ClientError or NotPossibleError.
    """

    field: str
    title: str
    intent: str
    fields: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    example: Mapping[str, Any]
    grants: tuple[Grant, ...]
    calls: tuple[str, ...]
    twice: str
    prepare: Callable[[Clients, Task], Mapping[str, Any]]
    start: Callable[[Clients, Task], Result]
    look: Callable[[Clients, Task, str], Result] | None = None
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {}
    source: str = ""
    """Where the service documents what the way relies on."""


@dataclass(frozen=True, kw_only=True)
class Action:
    """One `type:` of action: what users write, and the ways it can be done."""

    type: str
    title: str
    summary: str
    ways: tuple[Way, ...]

    def way(self, fields: Mapping[str, Any]) -> Way | None:
        """The way whose field is declared; None unless it is exactly one."""
        found = [way for way in self.ways if fields.get(way.field) is not None]
        return found[0] if len(found) == 1 else None

    def values(self, fields: Mapping[str, Any], names: Names) -> dict[str, Any]:
        """What templates are filled from. Raises KeyError where no way is declared."""
        way = self.way(fields)
        if way is None:
            raise KeyError(f"no way of {self.type} is declared")
        places = {"env": names.environment, "account": names.account, "region": names.region}
        values = {**fields, **places, "partition": names.partition}
        return {**values, **way.derive(values)}


def declares(values: Mapping[str, Any], name: str) -> bool:
    """Whether a value (dotted names reach into mappings) is there; "" asks for nothing."""
    return not name or look_up(values, name) not in (None, False, "", {})


def action_token(incident: str, attempt: str) -> str:
    """The same for every try of one attempt, by its name; 64 hex digits."""
    return hashlib.sha256(f"{incident}/{attempt}".encode()).hexdigest()


def nothing_to_settle(_clients: Clients, _task: Task) -> Mapping[str, Any]:
    """For ways of which a second try needs to know nothing."""
    return {}
