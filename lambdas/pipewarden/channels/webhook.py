"""Anything else that takes JSON: a signed webhook."""

import hashlib
import hmac
import json
from collections.abc import Generator
from typing import Any

from pipewarden.channel import Answer, ChannelType, Request, Secret
from pipewarden.channel_message import Notice, facts
from pipewarden.item import to_text
from pipewarden.route_settings import Channel

VERSION = 1
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A message of Pipewarden",
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("version", "id", "event", "incident", "environment", "pipeline", "severity", "sent", "headline", "text"),
        *("links", "facts", "causes", "tried", "log"),
    ],
    "properties": {
        "version": {"const": VERSION},
        "id": {"type": "string", "description": "The same for every try to deliver this message."},
        "event": {"enum": ["page", "again", "acknowledged", "recovered", "closed", "notice"]},
        "incident": {"type": "string", "description": "The same for every message of the incident."},
        "environment": {"type": "string"},
        "pipeline": {"type": "string"},
        "severity": {"enum": ["P0", "P1", "P2", "P3"]},
        "sent": {"type": "string", "description": "UTC, ISO 8601."},
        "headline": {"type": "string", "description": "Everything in one line."},
        "text": {"type": "string", "description": "The message as it stands in an e-mail."},
        "links": {"type": "object", "additionalProperties": {"type": "string"}},
        "facts": {"type": "object", "additionalProperties": {"type": "string"}},
        "causes": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "since", "error", "class", "advice"],
                "properties": {name: {"type": "string"} for name in ("text", "since", "error", "class", "advice")},
            },
        },
        "tried": {"type": "array", "items": {"type": "string"}},
        "log": {"type": "array", "items": {"type": "string"}},
    },
}
"""What receivers may rely on; a change that breaks them gets a new `version`."""


def webhook_body(notice: Notice) -> dict[str, Any]:
    """The notice as plain facts, as `SCHEMA` says."""
    page = notice.page
    causes = page.causes if page else ()
    return {
        "version": VERSION,
        "id": notice.id,
        "event": notice.event,
        "incident": notice.key,
        "environment": notice.environment,
        "pipeline": notice.pipeline,
        "severity": notice.severity,
        "sent": to_text(notice.sent),
        "headline": notice.message.headline,
        "text": notice.message.text,
        "links": dict(notice.links),
        "facts": facts(page) if page else {},
        "causes": [
            {
                "text": cause.text,
                "since": to_text(cause.since),
                "error": cause.error,
                "class": cause.failure_class,
                "advice": cause.advice,
            }
            for cause in causes
        ],
        "tried": list(page.tried) if page else [],
        "log": list(page.log_lines) if page else [],
    }


def sign(timestamp: str, body: bytes, key: str) -> str:
    """`v1=` and the hexadecimal HMAC-SHA256 of `<timestamp>.<body>`."""
    return "v1=" + hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def webhook_talk(notice: Notice, _channel: Channel, secret: Secret) -> Generator[Request, Answer, None]:
    """One signed POST. The time is that of the try: the id, not the bytes, tells that a message came twice."""
    body = json.dumps(webhook_body(notice), ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = str(int(notice.sent.timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Pipewarden-Id": notice.id,
        "Pipewarden-Timestamp": timestamp,
        "Pipewarden-Signature": sign(timestamp, body, secret["key"]),
    }
    yield Request(url=secret["url"], body=body, headers=headers)


CHANNEL = ChannelType(
    type="webhook",
    title="Webhook",
    summary="An HTTPS address of your own: JSON, signed with a key that both sides know.",
    reach="call",
    fields={"webhook_secret": {"$ref": "#/$defs/secret_name", "examples": ["pipewarden/webhook"]}},
    required=("webhook_secret",),
    example={"webhook_secret": "pipewarden/webhook"},
    secret="webhook_secret",
    secret_forms=(("url", "key"),),
    limits={"bytes of a body, about": 60_000},
    tells={
        "page": "`event: page` with all facts.",
        "again": "`event: again`, the page once more.",
        "acknowledged": "`event: acknowledged`.",
        "recovered": "`event: recovered`.",
        "closed": "`event: closed`.",
        "notice": "`event: notice`.",
    },
    notes=(
        "Deliveries are at least once. A receiver refuses timestamps older than a quarter of an hour and ids that it "
        "has seen: then a recorded request cannot be played again.",
        "A redirect is not followed, and only 2xx counts as taken.",
    ),
    talk=webhook_talk,
)
