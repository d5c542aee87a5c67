"""Getting a message to people: SNS topics for e-mail and SMS, HTTPS calls for the other channels."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import replace
from http.client import HTTPException
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.channel_message import BODIES, PAGERDUTY_URL, Notice
from pipewarden.measurement import Measurement
from pipewarden.message import Message
from pipewarden.secret import read_secret
from pipewarden.settings import Channel
from pipewarden.workplace import Workplace

TOPIC_CHANNELS = ("email", "sms")
TIMEOUT_SECONDS = 5.0
TRIES = 2
SNS_BYTES = 200_000


class DeliveryError(Exception):
    """A channel did not take a message. Says which and why, never the address: addresses of webhooks are secrets."""


class Delivery:
    """Sends notices. Addresses of webhooks are secrets: they are never logged."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace

    def announce(self, notice: Notice, channels: Iterable[str]) -> list[str]:
        """Tell the severity's page topic and those of the channels that SNS does not reach by itself.

        A channel that fails is tried once more; then the page topic gets a message that says so. Returns lines for the
        timeline. Raises when SNS itself refuses, so that the signal is delivered again.
        """
        failed = [name for name in channels if self._fails(name, notice)]
        lines = [f"channel {name} failed" for name in failed]
        if failed:
            notice = _with_preface(notice, f"Channel {' and '.join(failed)} failed; this message stands in for it.")
        names = self._workplace.settings.names
        self._publish(names.page_topic(notice.severity), notice.message)
        return lines

    def send_to(self, channel: str, notice: Notice) -> list[str]:
        """Tell one channel, as a rung does; the severity's page topic when that fails."""
        names = self._workplace.settings.names
        if self._channel(channel).type in TOPIC_CHANNELS:
            self._publish(names.channel_topic(channel), notice.message)
            return []
        if not self._fails(channel, notice):
            return []
        notice = _with_preface(notice, f"Channel {channel} failed; this message stands in for it.")
        self._publish(names.page_topic(notice.severity), notice.message)
        return [f"channel {channel} failed"]

    def _fails(self, name: str, notice: Notice) -> bool:
        channel = self._channel(name)
        if channel.type in TOPIC_CHANNELS:
            return False
        for left in reversed(range(TRIES)):
            try:
                self._post(name, channel, notice)
            except (DeliveryError, ClientError, BotoCoreError) as error:
                self._workplace.log.warning(
                    "a channel failed", extra={"channel": name, "error": str(error), "left": left}
                )
                continue
            return False
        self._workplace.measure(Measurement(name="ChannelFailures"))
        return True

    def _channel(self, name: str) -> Channel:
        return self._workplace.settings.channels.get(name, Channel(type="undeclared"))

    def _post(self, name: str, channel: Channel, notice: Notice) -> None:
        if channel.type not in BODIES:
            raise DeliveryError(f"{name}: no way to call a channel of type {channel.type}")
        secret = read_secret(self._workplace, channel.secret)
        url = channel.url or (PAGERDUTY_URL if channel.type == "pagerduty" else secret)
        if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
            raise DeliveryError(f"{name}: its address is no https URL")
        body = json.dumps(BODIES[channel.type](notice, secret)).encode()
        request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                answer.read(1_024)
        except urllib.error.HTTPError as error:
            error.close()
            raise DeliveryError(f"{name}: answered {error.code}") from None
        except (OSError, HTTPException) as error:
            raise DeliveryError(f"{name}: {type(error).__name__}") from None

    def _publish(self, topic: str, message: Message) -> None:
        names = self._workplace.settings.names
        text = message.text.encode()[:SNS_BYTES].decode(errors="ignore")
        self._workplace.clients("sns").publish(
            TopicArn=names.topic_arn(topic),
            Subject=message.subject,
            MessageStructure="json",
            Message=json.dumps({"default": text, "sms": message.sms}),
        )


def _with_preface(notice: Notice, preface: str) -> Notice:
    message = notice.message
    return replace(
        notice, message=replace(message, text=f"{preface}\n\n{message.text}", sms=f"{preface} {message.sms}")
    )
