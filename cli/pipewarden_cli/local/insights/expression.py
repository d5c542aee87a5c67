"""Expressions of a query: parsed into nodes, evaluated for one row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipewarden_cli.local.insights.function import FUNCTIONS
from pipewarden_cli.local.insights.token import QueryError, Token
from pipewarden_cli.local.insights.value import Row, as_number, compare


@dataclass(frozen=True)
class Literal:
    value: Any


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Operation:
    """`sign` is an operator; the operands are nodes, or a list of them after `in`, or a pattern after `like`."""

    sign: str
    left: Node
    right: Any = None


Node = Literal | Field | Call | Operation

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b,
    "^": lambda a, b: a**b,
}
_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "=": lambda found: found == 0,
    "!=": lambda found: found != 0,
    "<": lambda found: found < 0,
    "<=": lambda found: found <= 0,
    ">": lambda found: found > 0,
    ">=": lambda found: found >= 0,
}
_LEVELS = (("+", "-"), ("*", "/", "%"), ("^",))


def evaluate(node: Node, row: Row) -> Any:
    """The value of an expression for one row; None where something that it needs is missing."""
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Field):
        return row.get(node.name)
    if isinstance(node, Call):
        function = FUNCTIONS.get(node.name.lower())
        if function is None:
            raise QueryError(f"there is no function {node.name}")
        return function(*(evaluate(argument, row) for argument in node.arguments))
    return _operate(node, row)


def calculate(sign: str, left: Any, right: Any) -> Any:
    """Two values under an arithmetic operator; None where one is no number, or for a division by zero."""
    one, other = as_number(left), as_number(right)
    if one is None or other is None:
        return None
    try:
        return _ARITHMETIC[sign](one, other)
    except (ZeroDivisionError, OverflowError):
        return None


def _operate(node: Operation, row: Row) -> Any:
    left = evaluate(node.left, row)
    match node.sign:
        case "or":
            return bool(left) or bool(evaluate(node.right, row))
        case "and":
            return bool(left) and bool(evaluate(node.right, row))
        case "not":
            return not left
        case "in":
            return any(compare(left, evaluate(choice, row)) == 0 for choice in node.right)
        case "like":
            pattern = node.right if isinstance(node.right, re.Pattern) else evaluate(node.right, row)
            return left is not None and _is_like(str(left), pattern)
    right = evaluate(node.right, row)
    if node.sign in _ARITHMETIC:
        return calculate(node.sign, left, right)
    found = compare(left, right)
    return found is not None and _COMPARISONS[node.sign](found)


def _is_like(text: str, pattern: Any) -> bool:
    return bool(pattern.search(text)) if isinstance(pattern, re.Pattern) else str(pattern) in text


def compile_regex(text: str) -> re.Pattern[str]:
    """A regular expression with its named groups as Python spells them. Raises QueryError."""
    try:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", text))
    except re.error as wrong:
        raise QueryError(f"the regular expression /{text}/ is wrong: {wrong}") from wrong


class Parser:
    """Reads expressions from the words of one command."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._tokens)

    def place(self) -> int:
        """Where the next word begins, or the last one ends."""
        return self._tokens[self._at].start if self.more() else self._tokens[-1].end

    def end_of_last(self) -> int:
        return self._tokens[self._at - 1].end

    def next(self) -> Token:
        if not self.more():
            raise QueryError("the query ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def take(self, *words: str) -> str:
        """The next word if it is one of these, otherwise ""."""
        if self.more() and self._tokens[self._at].says(*words):
            return self.next().value.lower()
        return ""

    def expect(self, word: str) -> None:
        if not self.take(word):
            got = self._tokens[self._at].value if self.more() else "the end"
            raise QueryError(f"{word} is missing before {got}")

    def end(self) -> None:
        if self.more():
            raise QueryError(f"unexpected {self._tokens[self._at].value!r} in the query")

    def expression(self) -> Node:
        node = self._both()
        while self.take("or"):
            node = Operation("or", node, self._both())
        return node

    def _both(self) -> Node:
        node = self._negation()
        while self.take("and"):
            node = Operation("and", node, self._negation())
        return node

    def _negation(self) -> Node:
        return Operation("not", self._negation()) if self.take("not") else self._comparison()

    def _comparison(self) -> Node:
        left = self._arithmetic(0)
        refused = self.take("not")
        sign = self.take(*_COMPARISONS, "like", "=~", "in")
        if not sign:
            return left
        if sign == "in":
            node = Operation("in", left, self._list())
        elif sign in ("like", "=~"):
            node = Operation("like", left, self._pattern())
        else:
            node = Operation(sign, left, self._arithmetic(0))
        return Operation("not", node) if refused else node

    def _pattern(self) -> re.Pattern[str] | Node:
        if self._tokens[self._at : self._at + 1] and self._tokens[self._at].kind == "regex":
            return compile_regex(self.next().value)
        return self._arithmetic(0)

    def _list(self) -> tuple[Node, ...]:
        self.expect("[")
        return self._until("]")

    def _until(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.take(end):
            found.append(self.expression())
            if not self.take(","):
                self.expect(end)
                break
        return tuple(found)

    def _arithmetic(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._one()
        node = self._arithmetic(level + 1)
        while sign := self.take(*_LEVELS[level]):
            node = Operation(sign, node, self._arithmetic(level + 1))
        return node

    def _one(self) -> Node:
        if self.take("("):
            node = self.expression()
            self.expect(")")
            return node
        if self.take("-"):
            return Operation("-", Literal(0), self._one())
        token = self.next()
        if token.kind == "number":
            return Literal(float(token.value))
        if token.kind == "text":
            return Literal(token.value)
        if token.kind != "name":
            raise QueryError(f"unexpected {token.value!r} in the query")
        return self._named(token)

    def _named(self, token: Token) -> Node:
        if not self.take("("):
            return Field(token.value)
        if self.take("*"):  # count(*)
            self.expect(")")
            return Call(token.value, ())
        if token.says("bin", "datefloor"):
            return self._time(token)
        return Call(token.value, self._until(")"))

    def _time(self, token: Token) -> Node:
        """bin(5m): a length of time is a word, not a field."""
        first = Field("@timestamp") if token.says("bin") else self.expression()
        if not token.says("bin"):
            self.expect(",")
        length = Literal(self.next().value)
        self.expect(")")
        return Call("bin", (first, length))
