"""HTML that is escaped unless it was built here: text can only enter a page as text."""

import html
import re

from pipewarden_cli.printable import printable

_LINK = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")
_VOID = frozenset({"meta", "link", "br"})


class Markup(str):
    """A piece of HTML, not text."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Text as HTML; markup stays as it is."""
    return text if isinstance(text, Markup) else Markup(html.escape(printable(text), quote=True))


def join(*children: str) -> Markup:
    """Children side by side, texts escaped."""
    return Markup("".join(escape(child) for child in children))


def element(name: str, /, *children: str, **attributes: str | bool) -> Markup:
    """`element("p", "a < b", class_="x")`; a trailing underscore is dropped, other underscores become dashes."""
    pairs = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{pairs}>")
    return Markup(f"<{name}{pairs}>{join(*children)}</{name}>")


def linked(text: str) -> Markup:
    """Text whose http and https addresses can be clicked; no other scheme ever becomes a link."""
    pieces: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        pieces += [text[end : match.start()], link(match[0], match[0])]
        end = match.end()
    return join(*pieces, text[end:])


def link(address: str, text: str) -> Markup:
    """A link that tells the target nothing about this page; only the text when the address is not http(s)."""
    if not address.startswith(("https://", "http://")):
        return escape(text)
    return element("a", text, href=address, rel="noreferrer noopener")


def _attribute(key: str, value: str | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escape(value)}"'
