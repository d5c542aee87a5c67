"""Reads metric math expressions into a tree.

Grammar: "Metric math syntax and functions" in the CloudWatch user guide. Functions and keywords are upper case, ids
start with a lower-case letter. Binding, loosest first: OR, AND, comparison, + -, * /, unary minus, ^.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipewarden_cli.evaluator.expression_tree import (
    Call,
    ExpressionError,
    Listing,
    Name,
    Negation,
    Node,
    Number,
    Operation,
    Text,
    Word,
)

# Deeper nesting than any expression within the API's 2,048 characters needs; keeps clear of Python's recursion limit.
_MAX_DEPTH = 40
# Long chains become deep trees; 400 tokens still hold the sum of a hundred metrics.
_MAX_TOKENS = 400

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<symbol>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],]))""",
    re.VERBOSE,
)
_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">="))
_LOGIC = {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR"}


@lru_cache(maxsize=1024)
def parse_expression(expression: str) -> Node:
    """The tree of a metric math expression. Raises ExpressionError with the position of the first mistake."""
    return _Parser(expression).parse()


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = self._tokenize()
        self.index = 0
        self.depth = 0

    def _tokenize(self) -> list[tuple[str, str, int]]:
        tokens, at, end = [], 0, len(self.expression.rstrip())
        while at < end:
            match = _TOKEN.match(self.expression, at)
            if match is None:
                at += len(self.expression[at:]) - len(self.expression[at:].lstrip())
                raise ExpressionError(f"unexpected {self.expression[at]!r}", self.expression, at)
            kind = match.lastgroup or ""
            tokens.append((kind, match[kind], match.start(kind)))
            at = match.end()
            if len(tokens) > _MAX_TOKENS:
                raise ExpressionError(f"more than {_MAX_TOKENS} terms", self.expression, at)
        tokens.append(("end", "the end", end))
        return tokens

    def fail(self, expected: str) -> ExpressionError:
        kind, text, at = self.tokens[self.index]
        found = text if kind == "end" else repr(text)
        return ExpressionError(f"expected {expected}, found {found}", self.expression, at)

    def take(self, symbol: str) -> bool:
        kind, text, _ = self.tokens[self.index]
        if kind != "symbol" or text != symbol:
            return False
        self.index += 1
        return True

    def need(self, symbol: str) -> None:
        if not self.take(symbol):
            raise self.fail(repr(symbol))

    def parse(self) -> Node:
        tree = self.disjunction()
        if self.tokens[self.index][0] != "end":
            raise self.fail("an operator or the end")
        return tree

    def _logic(self, wanted: str) -> int | None:
        _, text, at = self.tokens[self.index]
        if _LOGIC.get(text) != wanted:
            return None
        self.index += 1
        return at

    def disjunction(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ExpressionError("nested too deeply", self.expression, self.tokens[self.index][2])
        node = self.conjunction()
        while (at := self._logic("OR")) is not None:
            node = Operation("OR", node, self.conjunction(), at)
        self.depth -= 1
        return node

    def conjunction(self) -> Node:
        node = self.comparison()
        while (at := self._logic("AND")) is not None:
            node = Operation("AND", node, self.comparison(), at)
        return node

    def _operators(self, wanted: frozenset[str]) -> tuple[str, int] | None:
        kind, text, at = self.tokens[self.index]
        if kind != "symbol" or text not in wanted:
            return None
        self.index += 1
        return text, at

    def comparison(self) -> Node:
        node = self.sum()
        while found := self._operators(_COMPARISONS):
            node = Operation(found[0], node, self.sum(), found[1])
        return node

    def sum(self) -> Node:
        node = self.product()
        while found := self._operators(frozenset("+-")):
            node = Operation(found[0], node, self.product(), found[1])
        return node

    def product(self) -> Node:
        node = self.negation()
        while found := self._operators(frozenset("*/")):
            node = Operation(found[0], node, self.negation(), found[1])
        return node

    def negation(self) -> Node:
        minuses = 0
        while self.take("-"):
            minuses += 1
        node = self.power()
        return Negation(node) if minuses % 2 else node

    def power(self) -> Node:
        operands, ats = [self.atom()], []
        while found := self._operators(frozenset("^")):
            negative = self.take("-")
            operand = self.atom()
            operands.append(Negation(operand) if negative else operand)
            ats.append(found[1])
        node = operands.pop()
        while operands:
            node = Operation("^", operands.pop(), node, ats.pop())
        return node

    def atom(self) -> Node:
        kind, text, at = self.tokens[self.index]
        if kind == "number":
            self.index += 1
            if float(text) == float("inf"):
                raise ExpressionError("number too large", self.expression, at)
            return Number(float(text))
        if kind == "text":
            self.index += 1
            return Text(text[1:-1])
        if kind == "word" and text not in _LOGIC:
            self.index += 1
            return self._named(text, at)
        if self.take("("):
            node = self.disjunction()
            self.need(")")
            return node
        if self.take("["):
            return Listing(self._arguments("]"), at)
        raise self.fail("a number, an id, a function or '('")

    def _named(self, text: str, at: int) -> Node:
        if self.take("("):
            if text != text.upper():
                raise ExpressionError(f"functions are upper case: {text.upper()}", self.expression, at)
            return Call(text, self._arguments(")"), at)
        return Name(text, at) if text[0].islower() else Word(text, at)

    def _arguments(self, closing: str) -> tuple[Node, ...]:
        if self.take(closing):
            return ()
        items = [self.disjunction()]
        while self.take(","):
            items.append(self.disjunction())
        self.need(closing)
        return tuple(items)
