"""A type of channel as data: what users declare, what its secret holds, and what is said to its service.

One file of `pipewarden.channels` holds one `CHANNEL = ChannelType(...)`; schema, validation, plan, delivery and docs
follow from it.
"""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipewarden.channel_message import Event, Notice
from pipewarden.route_settings import Channel


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTPS call. Its parts are secrets, or made with them: they never show in a log."""

    url: str = field(repr=False)
    method: str = "POST"
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a service answered with a status of 2xx."""

    status: int
    body: bytes = b""

    def json(self) -> Any:
        """Raises ValueError for what is no JSON."""
        return json.loads(self.body)


Secret = Mapping[str, str]
Talk = Callable[[Notice, Channel, Secret], Generator[Request, Answer, None]]
"""The calls that tell a service one notice: each yielded request comes back as its answer. Pure: no network, no clock.
It may be begun anew after a call that failed, so what it does twice must be the same as once, or harmless."""


@dataclass(frozen=True, kw_only=True)
class NativeChat:
    """A CloudFormation resource of AWS's own chat service. `properties` maps its properties to declared fields."""

    resource: str
    properties: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ChannelType:
    """`reach` says who brings a message: `topic`, an SNS subscription of `protocol` to the declared `address`; `chat`,
    AWS's own chat service, which listens to the same topics; `call`, our functions, by `talk`.

    `secret_forms` are the sets of keys that the secret named in `secret` may hold; a form of one key may be plain text.
    `makes_cases`: the service makes a case of whatever it is told. `limits` are the service's own; `tells` says what
    each event does there; `notes` is what users should know.
    """

    type: str
    title: str
    summary: str
    reach: Literal["topic", "chat", "call"]
    fields: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    example: Mapping[str, Any]
    tells: Mapping[Event, str]
    limits: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    source: str = ""
    protocol: str = ""
    address: str = ""
    makes_cases: bool = False
    secret: str = ""
    secret_forms: tuple[tuple[str, ...], ...] = ()
    chat: NativeChat | None = None
    talk: Talk | None = None

    @property
    def by_sns(self) -> bool:
        """True when SNS reaches it without any function of ours."""
        return self.reach in ("topic", "chat")


class SecretShapeError(Exception):
    """A secret does not hold what its channel needs. Names keys, never values."""


def read_form(text: str, forms: tuple[tuple[str, ...], ...]) -> Secret:
    """The values of a secret by their keys. Raises SecretShapeError when it has none of the forms.

    JSON with a single value of another name is taken for a form of one key, and so is plain text.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    single = next((form[0] for form in forms if len(form) == 1), "")
    if not isinstance(found, dict):
        if single:
            return {single: text.strip()}
    else:
        values = {str(key): value for key, value in found.items() if isinstance(value, str) and value}
        for form in forms:
            if set(form) <= set(values):
                return {key: value.strip() for key, value in values.items()}
        if single and len(values) == 1:
            return {single: next(iter(values.values())).strip()}
    wanted = " or ".join(" and ".join(form) for form in forms)
    raise SecretShapeError(f"the secret must be JSON with {wanted}")


def post_json(url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Request:
    """A POST of compact JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Request(url=url, body=text, headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})})
