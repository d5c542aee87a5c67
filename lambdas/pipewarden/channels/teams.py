"""Microsoft Teams, by a Workflows webhook: an adaptive card."""

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipewarden.channel import Answer, ChannelType, Request, Secret, post_json
from pipewarden.channel_message import Notice, cut, facts
from pipewarden.page import Cause, Page
from pipewarden.route_settings import Channel

Element = dict[str, Any]

CARD_BYTES = 28_000
BUTTONS_SHOWN = 6
CAUSES_SHOWN = 5
LINE_CHARACTERS = 400
TEXT_CHARACTERS = 2_000
VERSION = "1.4"
CARD = "application/vnd.microsoft.card.adaptive"


def teams_body(notice: Notice) -> dict[str, Any]:
    """A message with one card. Log lines go, oldest first, until Teams takes its size."""
    body = _message(notice)
    page = notice.page
    while page and page.log_lines and _size(body) > CARD_BYTES:
        page = replace(page, log_lines=page.log_lines[1:])
        body = _message(replace(notice, page=page))
    if page and _size(body) > CARD_BYTES:
        body = _message(replace(notice, page=None, message=replace(notice.message, text=notice.message.headline)))
    return body


def teams_talk(notice: Notice, _channel: Channel, secret: Secret) -> Generator[Request, Answer, None]:
    yield post_json(secret["url"], teams_body(notice))


def _message(notice: Notice) -> dict[str, Any]:
    colour = "good" if notice.over else "accent" if notice.calm else "attention"
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": notice.message.headline,
        "msteams": {"width": "Full"},
        "body": [
            _words(notice.message.headline, size="medium", weight="bolder", color=colour),
            *(_page_elements(notice.page) if notice.page else _rest(notice)),
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": label, "url": url} for label, url in notice.buttons(BUTTONS_SHOWN)
        ],
    }
    return {"type": "message", "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}]}


def _page_elements(page: Page) -> Iterator[Element]:
    rows = [{"title": label, "value": _no_links(value)} for label, value in facts(page).items()]
    yield {"type": "FactSet", "facts": rows}
    for cause in page.causes[:CAUSES_SHOWN]:
        yield from _cause(cause)
    yield from _block("Tried", page.tried)
    yield from _block("First steps", page.first_steps)
    yield from _block(f"Last log lines  {page.log_source}", page.log_lines, fontType="monospace", size="small")
    yield from _block("Samples", page.samples, fontType="monospace", size="small")


def _cause(cause: Cause) -> Iterator[Element]:
    title = f"{'Behind it: ' if cause.within else ''}{cause.text}"
    rows = tuple(cause.error.splitlines())
    yield from _block(title, rows or ("(no error text)",), fontType="monospace", size="small")
    if cause.advice:
        yield _words(cause.advice)


def _block(title: str, rows: Sequence[str], **look: Any) -> Iterator[Element]:
    if rows:
        yield _words(title, weight="bolder", separator=True)
        yield from (_words(cut(row, LINE_CHARACTERS), spacing="none", **look) for row in rows)


def _words(text: str, *, separator: bool = False, spacing: str = "", **look: str) -> Element:
    """Text as it is: a text block would read Markdown in it, and a log line could show a link of its own."""
    run = {"type": "TextRun", "text": cut(text, TEXT_CHARACTERS) or " ", **look}
    place = {**({"separator": True} if separator else {}), **({"spacing": spacing} if spacing else {})}
    return {"type": "RichTextBlock", "inlines": [run], **place}


def _rest(notice: Notice) -> Iterator[Element]:
    rest = notice.message.text.removeprefix(notice.message.headline).strip()
    yield from (_words(line, spacing="none") for line in rest.splitlines() if line)


def _no_links(text: str) -> str:
    return text.replace("](", "] (")


def _size(body: dict[str, Any]) -> int:
    return len(json.dumps(body, ensure_ascii=False).encode())


CHANNEL = ChannelType(
    type="teams",
    title="Microsoft Teams",
    summary="A Teams channel or chat behind a webhook of Workflows (Power Automate).",
    reach="call",
    fields={"webhook_secret": {"$ref": "#/$defs/secret_name", "examples": ["pipewarden/teams"]}},
    required=("webhook_secret",),
    example={"webhook_secret": "pipewarden/teams"},
    secret="webhook_secret",
    secret_forms=(("url",),),
    limits={"bytes of a card": CARD_BYTES, "buttons": BUTTONS_SHOWN},
    tells={
        "page": "A card with facts, error, log and buttons.",
        "again": "A new card, beginning with how long nobody has taken it.",
        "acknowledged": "A card: who has it.",
        "recovered": "The story of the incident, in green.",
        "closed": "A card: who closed it, in green.",
        "notice": "The news.",
    },
    notes=(
        'Make the webhook with the workflow "Post to a channel when a webhook request is received"; connectors of the '
        "old kind were retired by Microsoft.",
        "A card larger than Teams takes loses its oldest log lines first. A workflow answers 202 before it has posted: "
        "what fails later shows in its own run history only.",
    ),
    source="learn.microsoft.com: Create incoming webhooks with Workflows for Microsoft Teams",
    talk=teams_talk,
)
