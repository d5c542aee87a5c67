"""Keeps what SNS would have sent to people: e-mails and text messages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.services import sns

from pipewarden_cli.local import hooks
from pipewarden_cli.local.inbox import ROUTE, Delivery

NAME = "SNS e-mail and text messages"
IMITATED = (
    "Nothing leaves this machine: what goes to email, email-json and sms subscriptions and to phone numbers is kept "
    "and served at GET /_pipewarden/inbox (DELETE empties it); it is delivered at once, exactly once and in order.",
    "Such subscriptions count as confirmed from the start; on AWS a person has to confirm an e-mail subscription.",
    "An e-mail has the message as its body, without the footer with the unsubscribe link that AWS adds; "
    "text messages are not cut into parts and no sandbox or spend limit applies.",
)

CHANNELS = ("email", "email-json", "sms")
DEFAULT_SUBJECT = "AWS Notification Message"

_lock = threading.Lock()
_deliveries: list[Delivery] = []


def fill() -> None:
    """Record deliveries where the emulator only logs them."""
    sns._fanout = _recording_fanout(sns._fanout)
    sns._publish = _recording_direct(sns._publish)
    hooks.route("GET", ROUTE, lambda _query: (200, [delivery.to_json() for delivery in _deliveries]))
    hooks.route("DELETE", ROUTE, _empty)
    hooks.on_reset(_clear)


def _empty(_query: hooks.Query) -> hooks.Answer:
    _clear()
    return 200, None


def _clear() -> None:
    with _lock:
        _deliveries.clear()


def _keep(channel: str, address: str, subject: str, body: str, topic: str, message_id: str) -> None:
    delivery = Delivery(channel, address, subject, body, datetime.now(UTC), topic, message_id)
    with _lock:
        _deliveries.append(delivery)


def _recording_fanout(inner: Callable[..., Any]) -> Callable[..., Any]:
    def fanout(
        topic_arn: str,
        msg_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        **rest: Any,
    ) -> Any:
        attributes = message_attributes or {}
        topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
        for subscription in topic["subscriptions"]:
            channel = subscription["protocol"]
            if channel not in CHANNELS or not subscription.get("confirmed"):
                continue
            text = sns._resolve_message_for_protocol(message, message_structure, channel)
            if not sns._matches_filter_policy(subscription, attributes, text):
                continue
            title = "" if channel == "sms" else subject or DEFAULT_SUBJECT
            if channel == "email-json":
                text = sns._build_envelope(topic_arn, msg_id, text, subject, attributes, False)
            _keep(channel, subscription["endpoint"], title, text, topic_arn, msg_id)
        return inner(topic_arn, msg_id, message, subject, message_structure, message_attributes, **rest)

    return fanout


def _recording_direct(inner: Callable[..., Any]) -> Callable[..., Any]:
    def publish(params: Mapping[str, Any]) -> Any:
        phone = sns._p(params, "PhoneNumber")
        is_direct = phone and not (sns._p(params, "TopicArn") or sns._p(params, "TargetArn"))
        answer = inner(params)
        if is_direct and answer[0] == 200:
            message_id = sns._sms_log_for(phone)[-1]["MessageId"]
            _keep("sms", phone, "", str(sns._p(params, "Message")), "", message_id)
        return answer

    return publish
