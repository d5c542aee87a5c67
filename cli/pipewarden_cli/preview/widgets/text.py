"""Text widgets: CloudWatch's Markdown with tables, links and buttons."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.widgets.contents import Contents
from pipewarden_cli.printable import printable

CONSOLE = "https://console.aws.amazon.com/cloudwatch/home"
DASHBOARD = "#dashboards:name="


def draw_text(properties: Mapping[str, Any], dashboards: Mapping[str, str]) -> Contents:
    """The text as HTML; `dashboards` are the page's own addresses by the names that links give them."""
    source = printable(loose.text(properties.get("markdown")))
    tokens = _markdown().parse(source)
    for token in tokens:
        _adapt(token.children or (), dashboards)
    html = _markdown().renderer.render(tokens, _markdown().options, {})
    transparent = properties.get("background") == "transparent"
    return {"kind": "text", "title": loose.text(properties.get("title")), "html": html, "transparent": transparent}


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    # HTML in the source stays text; images would be requests, which the page never makes.
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")


def _adapt(tokens: Sequence[Token], dashboards: Mapping[str, str]) -> None:
    for number, token in enumerate(tokens):
        if token.type != "link_open":
            continue
        address = _address(str(token.attrGet("href") or ""), dashboards)
        if address is None:
            token.attrs = {"class": "dead"}
        else:
            token.attrSet("href", address)
            if not address.startswith("#"):
                token.attrSet("rel", "noreferrer noopener")
                token.attrSet("target", "_blank")
        _button(token, tokens[number + 1] if number + 1 < len(tokens) else None)


def _button(link: Token, text: Token | None) -> None:
    """`[button:Text](address)` and `[button:primary:Text](address)`."""
    if text is None or not text.content.startswith("button:"):
        return
    words = text.content.removeprefix("button:")
    primary = words.startswith("primary:")
    text.content = words.removeprefix("primary:")
    link.attrJoin("class", "button primary" if primary else "button")


def _address(href: str, dashboards: Mapping[str, str]) -> str | None:
    """Where a link leads: to a dashboard of this page, into the console, to a web page; None for anything else."""
    _, marker, name = href.partition(DASHBOARD)
    if marker:
        name = unquote(name.partition(";")[0].partition("?")[0])
        return dashboards.get(name, f"{CONSOLE}{DASHBOARD}{name}")
    if href.startswith("#"):
        return f"{CONSOLE}{href}"
    return href if href.startswith(("https://", "http://", "mailto:")) else None
