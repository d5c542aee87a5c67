"""Messages as the services behind channels take them: JSON bodies, one pure function per type of channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipewarden.message import Message

Event = Literal["page", "again", "recovered", "notice"]
PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
PAGERDUTY_SEVERITIES = {"P0": "critical", "P1": "error", "P2": "warning"}
SLACK_SECTION_CHARACTERS = 2_900
SLACK_HEADER_CHARACTERS = 150
TEAMS_TEXT_CHARACTERS = 20_000
SUMMARY_CHARACTERS = 1_024
COLOURS = {"recovered": "good", "page": "attention", "again": "attention", "notice": "default"}


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A message, and what services need besides its text. `key` is the same for all messages of an incident."""

    event: Event
    key: str
    pipeline: str
    environment: str
    severity: str
    message: Message
    links: Mapping[str, str]


def slack_body(notice: Notice, _secret: str) -> dict[str, Any]:
    """Block Kit for an incoming webhook; `text` is what notifications and screen readers show."""
    message = notice.message
    detail = _cut(message.text, SLACK_SECTION_CHARACTERS).replace("```", "'''")
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(message.subject, SLACK_HEADER_CHARACTERS)}},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"```{detail}```"}},
    ]
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": name.capitalize()}, "url": url}
        for name, url in list(notice.links.items())[:5]
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return {"text": _escape(message.headline), "blocks": blocks}


def teams_body(notice: Notice, _secret: str) -> dict[str, Any]:
    """An adaptive card for a Workflows webhook."""
    title = {"type": "TextBlock", "text": notice.message.headline, "weight": "bolder", "wrap": True}
    detail = {"type": "TextBlock", "text": _cut(notice.message.text, TEAMS_TEXT_CHARACTERS), "wrap": True}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{**title, "color": COLOURS[notice.event]}, {**detail, "fontType": "monospace"}],
        "actions": [{"type": "Action.OpenUrl", "title": name, "url": url} for name, url in notice.links.items()],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def pagerduty_body(notice: Notice, secret: str) -> dict[str, Any]:
    """Events API v2: one alert per incident (dedup key), triggered by pages and resolved by the recovered message."""
    body: dict[str, Any] = {"routing_key": secret, "dedup_key": notice.key}
    if notice.event == "recovered":
        return {**body, "event_action": "resolve"}
    payload = {
        "summary": _cut(notice.message.headline, SUMMARY_CHARACTERS),
        "source": f"{notice.environment}/{notice.pipeline}",
        "severity": PAGERDUTY_SEVERITIES.get(notice.severity, "info"),
        "component": notice.pipeline,
        "custom_details": {"text": notice.message.text},
    }
    links = [{"href": url, "text": name} for name, url in notice.links.items()]
    return {**body, "event_action": "trigger", "payload": payload, "links": links, "client": "Pipewarden"}


def webhook_body(notice: Notice, _secret: str) -> dict[str, Any]:
    """Plain JSON for anything else."""
    return {
        "event": notice.event,
        "incident": notice.key,
        "environment": notice.environment,
        "pipeline": notice.pipeline,
        "severity": notice.severity,
        "headline": notice.message.headline,
        "text": notice.message.text,
        "links": dict(notice.links),
    }


BODIES: Mapping[str, Callable[[Notice, str], dict[str, Any]]] = {
    "slack": slack_body,
    "teams": teams_body,
    "pagerduty": pagerduty_body,
    "webhook": webhook_body,
}


def _escape(text: str) -> str:
    """Slack reads `<`, `>` and `&` as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
