"""Getting a notice to people: SNS topics for what SNS reaches, calls for the others, the topic where these fail."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipewarden.channel_message import Notice
from pipewarden.chat_notification import chat_notification
from pipewarden.conversation import Patience, tell
from pipewarden.listener import heard_by_sns
from pipewarden.measurement import Measurement
from pipewarden.outgoing import DeliveryError
from pipewarden.route_settings import Channel
from pipewarden.workplace import Workplace

ANNOUNCE_SECONDS = 15.0
"""For all channels of one page together. A quarter of the responder's time: SNS, which comes last, must be reached."""
RUNG_SECONDS = 12.0
REST_SECONDS = 60.0
"""How long a channel that was down is not called by this process: a storm of pages must not wait for it each time."""
SNS_BYTES = 150_000


class Delivery:
    """Sends notices. What channels are called with stands in no log."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace

    def announce(self, notice: Notice, channels: Iterable[str]) -> list[str]:
        """Tell the severity's page topic and those of the channels that SNS does not reach by itself.

        Where channels fail, the page topic's message says so. Returns lines for the timeline. Raises when SNS itself
        refuses, so that the signal is delivered again.
        """
        patience = Patience.of(self._workplace, ANNOUNCE_SECONDS)
        failed = {name: why for name in channels if (why := self._why_not(name, notice, patience))}
        self._publish(self._workplace.settings.names.page_topic(notice.severity), _standing_in(notice, failed))
        return [f"channel {name} failed: {why}" for name, why in failed.items()]

    def send_to(self, channel: str, notice: Notice) -> list[str]:
        """Tell one channel, as a rung does; the severity's page topic when that fails."""
        names = self._workplace.settings.names
        if heard_by_sns(self._channel(channel).type):
            self._publish(names.channel_topic(channel), notice)
            return []
        why = self._why_not(channel, notice, Patience.of(self._workplace, RUNG_SECONDS))
        if not why:
            return []
        self._publish(names.page_topic(notice.severity), _standing_in(notice, {channel: why}))
        return [f"channel {channel} failed: {why}"]

    def _why_not(self, name: str, notice: Notice, patience: Patience) -> str:
        """Why the channel did not take the notice; "" when it did, or when SNS brings it."""
        channel = self._channel(name)
        if heard_by_sns(channel.type):
            return ""
        if self._workplace.resting.get(name, 0.0) > self._workplace.clock():
            self._workplace.measure(Measurement(name="ChannelFailures"))
            return "was down less than a minute ago"
        try:
            tell(self._workplace, channel, notice, patience)
        except DeliveryError as error:
            if error.passing:
                self._workplace.resting[name] = self._workplace.clock() + REST_SECONDS
            facts = {"channel": name, "type": channel.type, "why": str(error), "incident": notice.key}
            self._workplace.log.warning("a channel failed", extra=facts)
            self._workplace.measure(Measurement(name="ChannelFailures"))
            return str(error)
        self._workplace.measure(Measurement(name="ChannelMessages"))
        return ""

    def _channel(self, name: str) -> Channel:
        return self._workplace.settings.channels.get(name, Channel(type="undeclared"))

    def _publish(self, topic: str, notice: Notice) -> None:
        """One message in three forms: text for e-mail, a short one for SMS, and the one that AWS's chat service reads,
        which hears by HTTPS."""
        message, names = notice.message, self._workplace.settings.names
        forms = {
            "default": message.text.encode()[:SNS_BYTES].decode(errors="ignore"),
            "sms": message.sms,
            "https": json.dumps(chat_notification(notice), ensure_ascii=False),
        }
        self._workplace.clients("sns").publish(
            TopicArn=names.topic_arn(topic),
            Subject=message.subject,
            MessageStructure="json",
            Message=json.dumps(forms, ensure_ascii=False),
        )


def _standing_in(notice: Notice, failed: Mapping[str, str]) -> Notice:
    """The notice, beginning with which channels did not take it."""
    if not failed:
        return notice
    reasons = ", ".join(f"{name} ({why})" for name, why in failed.items())
    preface = f"Channel {' and '.join(failed)} failed; this message stands in for it: {reasons}."
    message = notice.message
    sms = f"{message.sms} (Channel {' and '.join(failed)} failed.)"
    return replace(notice, message=replace(message, text=f"{preface}\n\n{message.text}", sms=sms))
