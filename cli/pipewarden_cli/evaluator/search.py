"""SEARCH expressions: which metrics a search finds.

Rules: "CloudWatch search expression syntax" in the CloudWatch user guide: an optional schema
`{Namespace,Dim1,...}`, terms that match tokens, quoted terms that match a whole string, `Property=term`,
`Property=(term OR term)`, AND (also implied), OR, NOT and parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from pipewarden_cli.evaluator.expression_tree import ExpressionError
from pipewarden_cli.evaluator.query import Metric

Predicate = Callable[[Metric], bool]

_SCHEMA = re.compile(r"\s*\{([^}]*)\}\s*,?")
_TERM = re.compile(r'\s*(?:(?P<paren>[()])|(?P<equals>=)|"(?P<exact>(?:[^"\\]|\\.)*)"|(?P<word>[^\s()="]+))')
_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Search:
    """A read search: the schema to match exactly, if there is one, and what its terms demand."""

    namespace: str | None
    dimension_names: frozenset[str] | None
    demands: Predicate

    def find(self, metrics: Iterable[Metric]) -> list[Metric]:
        """The metrics found, in a stable order."""
        found = [metric for metric in metrics if self._matches(metric)]
        return sorted(found, key=lambda m: (m.namespace, m.name, m.dimensions))

    def _matches(self, metric: Metric) -> bool:
        if self.namespace is not None:
            if metric.namespace != self.namespace:
                return False
            if frozenset(name for name, _ in metric.dimensions) != self.dimension_names:
                return False
        return self.demands(metric)


@lru_cache(maxsize=256)
def parse_search(text: str) -> Search:
    """A search from the first argument of SEARCH(). Raises ExpressionError."""
    namespace, names, rest = None, None, text
    if schema := _SCHEMA.match(text):
        parts = [part.strip().strip('"') for part in schema[1].split(",")]
        namespace, names, rest = parts[0], frozenset(part for part in parts[1:] if part), text[schema.end() :]
    elif not text.strip():
        raise ExpressionError("a search needs a schema or a term", text)
    return Search(namespace, names, _Terms(rest).parse())


def _strings(metric: Metric) -> list[str]:
    return [metric.namespace, metric.name, *(part for pair in metric.dimensions for part in pair)]


def _property(metric: Metric, name: str) -> list[str]:
    if name == "MetricName":
        return [metric.name]
    if name == "Namespace":
        return [metric.namespace]
    return [value for dimension, value in metric.dimensions if dimension == name]


def _tokens(text: str) -> list[str]:
    return _TOKENS.findall(text)


def _partly(term: str, text: str) -> bool:
    wanted, have = _tokens(term), _tokens(text)
    if len(wanted) == 1:
        lower = wanted[0].lower()
        return lower in (token.lower() for token in have) or lower == re.sub(r"\W|_", "", text).lower()
    # Several tokens in a row match case-sensitively ("composite tokens").
    return any(have[i : i + len(wanted)] == wanted for i in range(len(have) - len(wanted) + 1))


class _Terms:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            match = _TERM.match(text, at)
            if match is None:
                raise ExpressionError("unbalanced quotes in the search", text, at)
            kind = match.lastgroup or ""
            self.tokens.append((kind, match[kind]))
            at = match.end()
        self.index = 0
        self.strings: Callable[[Metric], list[str]] = _strings

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.index] if self.index < len(self.tokens) else ("end", "")

    def take(self, kind: str, text: str) -> bool:
        if self.peek() != (kind, text):
            return False
        self.index += 1
        return True

    def parse(self) -> Predicate:
        if not self.tokens:
            return lambda _: True
        demands = self.disjunction(0)
        if self.peek()[0] != "end":
            raise ExpressionError(f"unexpected {self.peek()[1]!r} in the search", self.text)
        return demands

    def disjunction(self, depth: int) -> Predicate:
        if depth > 50:
            raise ExpressionError("search nested too deeply", self.text)
        options = [self.conjunction(depth)]
        while self.take("word", "OR"):
            options.append(self.conjunction(depth))
        return options[0] if len(options) == 1 else lambda metric: any(option(metric) for option in options)

    def conjunction(self, depth: int) -> Predicate:
        demands = [self.negation(depth)]
        while self.peek() not in (("end", ""), ("paren", ")"), ("word", "OR")):
            self.take("word", "AND")
            demands.append(self.negation(depth))
        return demands[0] if len(demands) == 1 else lambda metric: all(demand(metric) for demand in demands)

    def negation(self, depth: int) -> Predicate:
        negative = False
        while self.take("word", "NOT"):
            negative = not negative
        demand = self.term(depth)
        return (lambda metric: not demand(metric)) if negative else demand

    def term(self, depth: int) -> Predicate:
        if self.take("paren", "("):
            inner = self.disjunction(depth + 1)
            if not self.take("paren", ")"):
                raise ExpressionError("the search lacks a ')'", self.text)
            return inner
        kind, text = self.peek()
        if kind not in ("word", "exact") or (kind == "word" and text in ("AND", "OR", "NOT")):
            raise ExpressionError(f"the search lacks a term before {text or 'its end'!r}", self.text)
        self.index += 1
        if self.take("equals", "="):
            return self.designated(text, depth)
        return self.demand(kind, text, self.strings)

    def designated(self, name: str, depth: int) -> Predicate:
        """What follows `Property=`: one term, or terms in parentheses that all speak of the property."""
        if not self.take("paren", "("):
            kind, wanted = self.peek()
            self.index += 1
            return self.demand(kind, wanted, lambda metric: _property(metric, name))
        before, self.strings = self.strings, lambda metric: _property(metric, name)
        inner = self.disjunction(depth + 1)
        self.strings = before
        if not self.take("paren", ")"):
            raise ExpressionError("the search lacks a ')'", self.text)
        return inner

    def demand(self, kind: str, wanted: str, strings: Callable[[Metric], list[str]]) -> Predicate:
        if kind == "exact":
            literal = re.sub(r"\\(.)", r"\1", wanted)
            return lambda metric: literal in strings(metric)
        if kind != "word" or not _tokens(wanted):
            raise ExpressionError(f"{wanted!r} is not a search term", self.text)
        return lambda metric: any(_partly(wanted, string) for string in strings(metric))
