"""Slack, by an incoming webhook: Block Kit."""

from collections.abc import Generator, Iterable, Iterator
from typing import Any

from pipewarden.channel import Answer, ChannelType, Request, Secret, post_json
from pipewarden.channel_message import Notice, cut, facts
from pipewarden.page import Cause, Page
from pipewarden.route_settings import Channel

Block = dict[str, Any]

HEADER_CHARACTERS = 150
TEXT_CHARACTERS = 3_000
TITLE_CHARACTERS = 300
CODE_CHARACTERS = TEXT_CHARACTERS - 3 * TITLE_CHARACTERS
"""What is left for a block of code beside a title and a piece of advice: a fence must never be cut off."""
FIELD_CHARACTERS = 2_000
FIELDS = 10
BUTTON_CHARACTERS = 75
ADDRESS_CHARACTERS = 3_000
BLOCKS = 50
BUTTONS_SHOWN = 7
CAUSES_SHOWN = 5
COLOURS = {"P0": "#B3261E", "P1": "#D9480F", "P2": "#E0A100", "P3": "#5B7083"}
GREEN, BLUE = "#2E7D32", "#1565C0"


def slack_body(notice: Notice) -> dict[str, Any]:
    """A message whose first line says everything, and below it, beside a colour, the evidence and the buttons."""
    colour = GREEN if notice.over else BLUE if notice.calm else COLOURS.get(notice.severity, BLUE)
    blocks = [*_page_blocks(notice.page)] if notice.page else [_section(_escape(_rest(notice)))]
    if buttons := _buttons(notice):
        blocks.append({"type": "actions", "elements": buttons})
    first = _escape(notice.message.headline)
    return {
        "text": cut(first, TEXT_CHARACTERS),
        "blocks": [_section(f"*{cut(first, TEXT_CHARACTERS - 2)}*")],
        "attachments": [{"color": colour, "blocks": blocks[:BLOCKS]}],
    }


def slack_talk(notice: Notice, _channel: Channel, secret: Secret) -> Generator[Request, Answer, None]:
    yield post_json(secret["url"], slack_body(notice))


def _page_blocks(page: Page) -> Iterator[Block]:
    fields = [f"*{label}*\n{_escape(value)}" for label, value in facts(page).items()]
    yield {"type": "section", "fields": [_markdown(cut(text, FIELD_CHARACTERS)) for text in fields[:FIELDS]]}
    yield from (_cause(cause) for cause in page.causes[:CAUSES_SHOWN])
    if page.tried:
        yield _section("*Tried*\n" + _lines(page.tried))
    if page.first_steps:
        yield _section("*First steps*\n" + _lines(page.first_steps))
    if page.log_lines:
        yield _section(f"*Last log lines*  {cut(_escape(page.log_source), TITLE_CHARACTERS)}\n{_code(page.log_lines)}")
    if page.samples:
        yield _section("*Samples*\n" + _code(page.samples))


def _cause(cause: Cause) -> Block:
    what = f"*{'Behind it: ' if cause.within else ''}{cut(_escape(cause.text), TITLE_CHARACTERS)}*"
    error = f"\n{_code(cause.error.splitlines())}" if cause.error else ""
    advice = f"\n{cut(_escape(cause.advice), TITLE_CHARACTERS)}" if cause.advice else ""
    return _section(what + error + advice)


def _buttons(notice: Notice) -> list[Block]:
    """Links; one too long for Slack, which would refuse the whole message, is left out."""
    found = []
    for label, url in notice.buttons(BUTTONS_SHOWN):
        if len(url) <= ADDRESS_CHARACTERS:
            text = {"type": "plain_text", "text": cut(label, BUTTON_CHARACTERS)}
            style = {"style": "primary"} if label == "Acknowledge" else {}
            found.append({"type": "button", "text": text, "url": url, "action_id": label.lower(), **style})
    return found


def _rest(notice: Notice) -> str:
    """The text without its first line, which stands above."""
    return notice.message.text.removeprefix(notice.message.headline).strip() or notice.message.headline


def _lines(rows: tuple[str, ...]) -> str:
    return "\n".join(f"• {_escape(row)}" for row in rows)


def _code(rows: Iterable[str]) -> str:
    """The last rows that fit, as they are."""
    text = _escape("\n".join(rows))
    limit = CODE_CHARACTERS
    return f"```{text if len(text) <= limit else '…' + text[1 - limit :]}```"


def _section(text: str) -> Block:
    return {"type": "section", "text": _markdown(cut(text, TEXT_CHARACTERS))}


def _markdown(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def _escape(text: str) -> str:
    """Slack reads `<`, `>` and `&` as markup, and a fence as the end of code: a log line must not call @channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("```", "'''")


CHANNEL = ChannelType(
    type="slack",
    title="Slack",
    summary="A Slack channel behind an incoming webhook.",
    reach="call",
    fields={"webhook_secret": {"$ref": "#/$defs/secret_name"}},
    required=("webhook_secret",),
    example={"webhook_secret": "pipewarden/slack"},
    secret="webhook_secret",
    secret_forms=(("url",),),
    limits={
        "blocks of a message": BLOCKS,
        "characters of a section": TEXT_CHARACTERS,
        "fields of a section": FIELDS,
        "characters of a field": FIELD_CHARACTERS,
        "characters of a button's address": ADDRESS_CHARACTERS,
    },
    tells={
        "page": "A message with fields, error, log and buttons.",
        "again": "A new message, beginning with how long nobody has taken it.",
        "acknowledged": "A line: who has it.",
        "recovered": "The story of the incident, in green.",
        "closed": "A line: who closed it, in green.",
        "notice": "The news, in blue.",
    },
    notes=(
        "Messages of one incident cannot be threaded: an incoming webhook does not say which message it has made. "
        "`chatbot-slack` threads them.",
        "The buttons are links. Slack allows one message a second for each webhook; when it says 429, the time that it "
        "asks for is waited, within the limits of a delivery.",
    ),
    source="api.slack.com/reference/block-kit/blocks, api.slack.com/messaging/webhooks",
    talk=slack_talk,
)
