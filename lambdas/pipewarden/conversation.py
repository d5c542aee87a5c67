"""Telling one channel one notice: its calls made, tried again while that can help, with the secret read anew."""

import json
from dataclasses import dataclass, replace

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.channel import Answer, ChannelType, Secret, SecretShapeError, read_form
from pipewarden.channel_message import Notice
from pipewarden.outgoing import DeliveryError, send
from pipewarden.registry import channel_types
from pipewarden.route_settings import Channel
from pipewarden.secret import read_text
from pipewarden.workplace import Workplace

TRIES = 3
CALL_SECONDS = 5.0
FIRST_WAIT_SECONDS = 0.5
LEAST_SECONDS = 0.5
STALE_SECRET = frozenset({401, 403, 404, 410})
"""What services answer to a key or an address that was replaced."""


@dataclass(frozen=True)
class Patience:
    """When the time for calls is over, on the workplace's clock: several channels share it, so that one that hangs does
    not keep the page from the others."""

    ends: float

    @classmethod
    def of(cls, workplace: Workplace, seconds: float) -> "Patience":
        return cls(workplace.clock() + seconds)

    def left(self, workplace: Workplace) -> float:
        return self.ends - workplace.clock()


def tell(workplace: Workplace, channel: Channel, notice: Notice, patience: Patience) -> None:
    """Have the channel's service take the notice. Raises DeliveryError when it does not.

    Tried three times, with growing waits or those that the service asks for, after time-outs, refused connections, 429
    and 5xx; not after any other refusal. A refusal that a replaced secret would explain has the secret read again, and
    is tried once more when it is another one.
    """
    kind = channel_types().get(channel.type)
    if kind is None or kind.talk is None:
        raise DeliveryError(f"nothing can call a channel of type {channel.type}")
    secret = _secret(workplace, kind, channel)
    try:
        _try_again(workplace, kind, channel, notice, secret, patience)
    except DeliveryError as error:
        if error.status not in STALE_SECRET or not channel.secret:
            raise
        newer = _secret(workplace, kind, channel, anew=True)
        if newer == secret:
            raise
        _try_again(workplace, kind, channel, notice, newer, patience)


def _try_again(
    workplace: Workplace, kind: ChannelType, channel: Channel, notice: Notice, secret: Secret, patience: Patience
) -> None:
    wait = FIRST_WAIT_SECONDS
    for tried in range(1, TRIES + 1):
        try:
            _converse(workplace, kind, channel, notice, secret, patience)
        except DeliveryError as error:
            pause = max(wait, error.wait_seconds)
            if not error.passing or tried == TRIES or pause + LEAST_SECONDS > patience.left(workplace):
                raise
            workplace.log.info("a channel is tried again", extra={"type": channel.type, "why": str(error)})
        else:
            return
        workplace.sleep(pause)
        wait *= 2


def _converse(
    workplace: Workplace, kind: ChannelType, channel: Channel, notice: Notice, secret: Secret, patience: Patience
) -> None:
    """All calls of one telling, from the first."""
    assert kind.talk is not None, "checked before"
    talk = kind.talk(replace(notice, sent=workplace.now()), channel, secret)
    answer: Answer | None = None
    try:
        while True:
            request = next(talk) if answer is None else talk.send(answer)
            seconds = min(CALL_SECONDS, patience.left(workplace))
            if seconds < LEAST_SECONDS:
                raise DeliveryError("there was no time left for it")
            answer = send(request, seconds, loopback=workplace.loopback, clock=workplace.clock)
    except StopIteration:
        return
    except (KeyError, TypeError, IndexError, AttributeError, json.JSONDecodeError):
        raise DeliveryError("answered something that is not understood") from None


def _secret(workplace: Workplace, kind: ChannelType, channel: Channel, *, anew: bool = False) -> Secret:
    if not kind.secret_forms:
        return {}
    if not channel.secret:
        raise DeliveryError("no secret is named for it")
    try:
        return read_form(read_text(workplace, channel.secret, anew=anew), kind.secret_forms)
    except SecretShapeError as error:
        raise DeliveryError(str(error)) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "ClientError")
        raise DeliveryError(f"its secret could not be read ({code})") from None
    except (BotoCoreError, KeyError) as error:
        raise DeliveryError(f"its secret could not be read ({type(error).__name__})") from None
