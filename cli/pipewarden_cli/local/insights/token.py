"""The words of a query, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class QueryError(ValueError):
    """The query is not one that can be run; AWS answers MalformedQueryException."""


class Token(NamedTuple):
    """`kind`: name, number, text, regex, or sign (`|` and all operators)."""

    kind: str
    value: str
    start: int
    end: int

    def says(self, *words: str) -> bool:
        """Whether it is one of these keywords or signs, whatever the case."""
        return self.kind in ("name", "sign") and self.value.lower() in words


_SKIPPED = re.compile(r"\s+|#[^\n]*")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)+)/")
_TOKEN = re.compile(
    r"""(?P<quoted>`[^`]*`)
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<number>\d+(?:\.\d+)?(?![\w.]))
    | (?P<name>[@A-Za-z_][\w@]*(?:\.[\w@]+)*|\d+[a-z]+)
    | (?P<sign>=~|!=|<=|>=|[|=<>()\[\],+\-*/%^])""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")


def read_tokens(text: str) -> list[Token]:
    """The words of a query. A slash begins a regular expression after `like`, `=~` and `parse FIELD` only; elsewhere it
    divides. Raises QueryError."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if skipped := _SKIPPED.match(text, at):
            at = skipped.end()
            continue
        match = (_REGEX if text[at] == "/" and _regex_may_follow(found) else _TOKEN).match(text, at)
        if match is None:
            raise QueryError(f"unexpected {text[at]!r} at character {at + 1} of the query")
        found.append(_token(match))
        at = match.end()
    return found


def _token(match: re.Match[str]) -> Token:
    place = match.start(), match.end()
    kind = match.lastgroup
    if kind is None:
        return Token("regex", match[1].replace("\\/", "/"), *place)
    if kind == "quoted":
        return Token("name", match[0][1:-1], *place)
    return Token(kind, _ESCAPED.sub(r"\1", match[0][1:-1]) if kind == "text" else match[0], *place)


def _regex_may_follow(before: list[Token]) -> bool:
    if not before:
        return False
    if before[-1].says("like", "=~"):
        return True
    return len(before) > 1 and before[-2].says("parse") and (len(before) == 2 or before[-3].says("|"))


def split_commands(tokens: list[Token]) -> Iterator[list[Token]]:
    """The commands between the pipes; empty ones are left out."""
    command: list[Token] = []
    for token in tokens:
        if token.kind == "sign" and token.value == "|":
            if command:
                yield command
            command = []
        else:
            command.append(token)
    if command:
        yield command
