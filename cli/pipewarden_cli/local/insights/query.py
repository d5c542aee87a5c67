"""Runs a query over events: one command after the other, each from rows to rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pipewarden_cli.local.insights.aggregate import Named, put_together
from pipewarden_cli.local.insights.expression import Field, Node, Parser, compile_regex, evaluate
from pipewarden_cli.local.insights.pattern import find_patterns
from pipewarden_cli.local.insights.token import QueryError, Token, read_tokens, split_commands
from pipewarden_cli.local.insights.value import Row, order, show

MOST_ROWS = 10_000
DEFAULT_COLUMNS = ("@timestamp", "@message")


class Answer(NamedTuple):
    """`rows` as GetQueryResults gives them: what is missing in an event is left out; `matched` counts events."""

    rows: list[dict[str, str]]
    matched: int


@dataclass
class _State:
    text: str
    rows: list[Row]
    columns: list[str] = field(default_factory=list)
    matched: int = 0
    of_events: bool = True


def run_query(text: str, events: Iterable[Row], limit: int = MOST_ROWS) -> Answer:
    """The rows of a query over events with their discovered fields, the latest first unless it sorts. Raises
    QueryError."""
    newest_first = sorted(events, key=lambda row: row["@timestamp"], reverse=True)
    state = _State(text, newest_first, matched=len(newest_first))
    for tokens in split_commands(read_tokens(text)):
        command = COMMANDS.get(tokens[0].value.lower())
        if command is None:
            raise QueryError(f"there is no command {tokens[0].value}; known are {', '.join(COMMANDS)}")
        command(state, Parser(tokens[1:]) if len(tokens) > 1 else _nothing(tokens[0]))
    columns = state.columns or (list(DEFAULT_COLUMNS) if state.of_events else _all_columns(state.rows))
    if state.of_events:
        columns = [*columns, "@ptr"]
    rows = [_shown(row, columns) for row in state.rows[: min(limit, MOST_ROWS)]]
    return Answer(rows, state.matched)


def _nothing(command: Token) -> Parser:
    raise QueryError(f"nothing follows {command.value}")


def _all_columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _shown(row: Row, columns: Iterable[str]) -> dict[str, str]:
    return {name: show(row[name]) for name in columns if row.get(name) is not None}


def _named(state: _State, parser: Parser) -> list[Named]:
    """Expressions with their names: what `as` says, or how they are written."""
    found: list[Named] = []
    while True:
        start = parser.place()
        node = parser.expression()
        written = node.name if isinstance(node, Field) else state.text[start : parser.end_of_last()]
        found.append((parser.next().value if parser.take("as") else written, node))
        if not parser.take(","):
            return found


def _fields(state: _State, parser: Parser) -> None:
    for name, node in _named(state, parser):
        if not (isinstance(node, Field) and node.name == name):
            for row in state.rows:
                row[name] = evaluate(node, row)
        if name not in state.columns:
            state.columns.append(name)
    parser.end()


def _display(state: _State, parser: Parser) -> None:
    state.columns = []
    _fields(state, parser)


def _filter(state: _State, parser: Parser) -> None:
    condition = parser.expression()
    parser.end()
    state.rows = [row for row in state.rows if evaluate(condition, row)]
    if state.of_events:
        state.matched = len(state.rows)


def _parse(state: _State, parser: Parser) -> None:
    """`parse FIELD /regex with (?<names>)/` or `parse FIELD "glob *" as names`."""
    node, pattern = _source(parser), parser.next()
    if pattern.kind not in ("regex", "text"):
        raise QueryError("parse takes /a regular expression/ or a glob pattern in quotes")
    expression = compile_regex(pattern.value if pattern.kind == "regex" else _glob(pattern.value))
    names = _names(parser) if parser.take("as") else list(expression.groupindex)
    parser.end()
    if len(names) != expression.groups and set(names) != set(expression.groupindex):
        raise QueryError(f"parse finds {expression.groups} values, but names {len(names)}")
    for row in state.rows:
        value = evaluate(node, row)
        match = None if value is None else expression.search(show(value))
        for number, name in enumerate(names, start=1):
            at = expression.groupindex.get(name, number)
            row[name] = match[at] if match else None


def _source(parser: Parser) -> Node:
    token = parser.next()
    if token.kind != "name":
        raise QueryError("parse takes a field")
    return Field(token.value)


def _glob(text: str) -> str:
    found = "(.*?)".join(re.escape(part) for part in text.split("*"))
    return found + "$" if text.endswith("*") else found


def _names(parser: Parser) -> list[str]:
    names = [parser.next().value]
    while parser.take(","):
        names.append(parser.next().value)
    return names


def _stats(state: _State, parser: Parser) -> None:
    wanted = _named(state, parser)
    by = _named(state, parser) if parser.take("by") else []
    parser.end()
    state.rows = put_together(state.rows, wanted, by)
    state.columns = [name for name, _ in (*by, *wanted)]
    state.of_events = False


def _sort(state: _State, parser: Parser) -> None:
    """By fields or expressions; after `stats` by what an aggregate is called, or how it is written."""
    keys: list[tuple[Node, bool]] = []
    while True:
        start, node = parser.place(), parser.expression()
        written = state.text[start : parser.end_of_last()]
        by = Field(written) if written in state.columns else node
        keys.append((by, parser.take("asc", "desc") == "desc"))
        if not parser.take(","):
            break
    parser.end()
    for node, descending in reversed(keys):
        state.rows.sort(key=lambda row, of=node: order(evaluate(of, row)), reverse=descending)  # type: ignore[misc]


def _limit(state: _State, parser: Parser) -> None:
    token = parser.next()
    parser.end()
    if token.kind != "number" or not token.value.isdigit():
        raise QueryError(f"limit takes a whole number, got {token.value}")
    state.rows = state.rows[: int(token.value)]


def _dedup(state: _State, parser: Parser) -> None:
    """The first row of each value in the order so far; rows where one of the fields is missing all stay."""
    nodes = [node for _, node in _named(state, parser)]
    parser.end()
    seen: set[tuple[str, ...]] = set()
    kept: list[Row] = []
    for row in state.rows:
        values = [evaluate(node, row) for node in nodes]
        key = tuple(map(show, values))
        if None in values or key not in seen:
            kept.append(row)
        seen.add(key)
    state.rows = kept


def _pattern(state: _State, parser: Parser) -> None:
    node = parser.expression()
    parser.end()
    state.rows = find_patterns(evaluate(node, row) for row in state.rows)
    state.columns = ["@pattern", "@ratio", "@sampleCount", "@severityLabel"]
    state.of_events = False


COMMANDS: Mapping[str, Callable[[_State, Parser], None]] = {
    "fields": _fields,
    "display": _display,
    "filter": _filter,
    "filterindex": _filter,
    "parse": _parse,
    "stats": _stats,
    "sort": _sort,
    "limit": _limit,
    "dedup": _dedup,
    "pattern": _pattern,
}
