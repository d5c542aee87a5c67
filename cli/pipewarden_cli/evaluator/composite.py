"""Rules of composite alarms: `ALARM("a") AND (OK("b") OR NOT ALARM("c"))`.

Grammar: PutCompositeAlarm's AlarmRule in the CloudWatch API reference, including AT_LEAST(M, STATE, (alarms...)) with a
count or a percentage. NOT binds closest, then AND, then OR. Names may be quoted or ARNs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.evaluation import State

MOST_CHILDREN = 100
LONGEST_RULE = 10240

_MAX_DEPTH = 100
_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<symbol>[(),])|(?P<word>[^\s(),"]+))')
_STATES = frozenset(State)
_COUNT = re.compile(r"(\d{1,3})(%?)")


class RuleError(EvaluatorError):
    """A composite rule that PutCompositeAlarm refuses."""


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class InState:
    """`ALARM(x)`, `OK(x)` or `INSUFFICIENT_DATA(x)`; `alarm` is a name or an ARN."""

    state: State
    alarm: str


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`AT_LEAST(2, ALARM, (a, b, c))`, or a percentage of them; `negated` counts those not in the state."""

    count: int
    percent: bool
    negated: bool
    state: State
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of another rule."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class Every:
    """AND."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """OR."""

    rules: tuple[Rule, ...]


Rule = Constant | InState | AtLeast | Not | Every | Some
States = Callable[[str], State | None]


def holds(rule: Rule, state_of: States) -> bool:
    """Whether a rule is true; `state_of` gives the state of a child by the reference the rule uses, None if unknown."""
    match rule:
        case Constant(value):
            return value
        case InState(state, alarm):
            return state_of(alarm) == state
        case Not(inner):
            return not holds(inner, state_of)
        case Every(rules):
            return all(holds(inner, state_of) for inner in rules)
        case Some(rules):
            return any(holds(inner, state_of) for inner in rules)
        case AtLeast(count, percent, negated, state, alarms):
            hits = sum((state_of(alarm) == state) != negated for alarm in alarms)
            return hits * 100 >= count * len(alarms) if percent else hits >= count


def composite_state(rule: Rule, state_of: States) -> State:
    """ALARM when the rule holds, OK otherwise: a composite is INSUFFICIENT_DATA only before its first evaluation."""
    return State.ALARM if holds(rule, state_of) else State.OK


def children(rule: Rule) -> Iterator[str]:
    """The references to other alarms, in the order of the rule, repeated as often as they stand in it."""
    match rule:
        case InState(_, alarm):
            yield alarm
        case AtLeast(alarms=alarms):
            yield from alarms
        case Not(inner):
            yield from children(inner)
        case Every(rules) | Some(rules):
            for part in rules:
                yield from children(part)


@lru_cache(maxsize=512)
def parse_rule(text: str) -> Rule:
    """The tree of a composite rule. Raises RuleError with the position of the first mistake."""
    if len(text) > LONGEST_RULE:
        raise RuleError(f"the rule has {len(text)} characters, {LONGEST_RULE} are allowed")
    rule = _Parser(text).parse()
    count = len(set(children(rule)))
    if count > MOST_CHILDREN:
        raise RuleError(f"the rule names {count} alarms, {MOST_CHILDREN} are allowed")
    return rule


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokenize()
        self.index = 0
        self.depth = 0

    def _tokenize(self) -> list[tuple[str, str, int]]:
        tokens, at, end = [], 0, len(self.text.rstrip())
        while at < end:
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise RuleError(f"a quote is not closed at character {at + 1}")
            kind = match.lastgroup or ""
            tokens.append((kind, match[kind], match.start(kind)))
            at = match.end()
        return [*tokens, ("end", "the end", end)]

    def fail(self, expected: str) -> RuleError:
        kind, text, at = self.tokens[self.index]
        found = text if kind == "end" else repr(text)
        return RuleError(f"expected {expected}, found {found} at character {at + 1}")

    def take(self, kind: str, *texts: str) -> bool:
        found, text, _ = self.tokens[self.index]
        if found != kind or text not in texts:
            return False
        self.index += 1
        return True

    def need(self, symbol: str) -> None:
        if not self.take("symbol", symbol):
            raise self.fail(repr(symbol))

    def parse(self) -> Rule:
        rule = self.disjunction()
        if self.tokens[self.index][0] != "end":
            raise self.fail("AND, OR or the end")
        return rule

    def disjunction(self) -> Rule:
        rules = [self.conjunction()]
        while self.take("word", "OR"):
            rules.append(self.conjunction())
        return rules[0] if len(rules) == 1 else Some(tuple(rules))

    def conjunction(self) -> Rule:
        rules = [self.operand()]
        while self.take("word", "AND"):
            rules.append(self.operand())
        return rules[0] if len(rules) == 1 else Every(tuple(rules))

    def operand(self) -> Rule:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise RuleError(f"nested too deeply at character {self.tokens[self.index][2] + 1}")
        try:
            return self._operand()
        finally:
            self.depth -= 1

    def _operand(self) -> Rule:
        if self.take("word", "NOT"):
            return Not(self.operand())
        if self.take("symbol", "("):
            rule = self.disjunction()
            self.need(")")
            return rule
        kind, text, _ = self.tokens[self.index]
        if self.take("word", "TRUE", "FALSE"):
            return Constant(text == "TRUE")
        if self.take("word", "AT_LEAST"):
            return self.at_least()
        if kind == "word" and text in _STATES:
            self.index += 1
            self.need("(")
            alarm = self.reference()
            self.need(")")
            return InState(State(text), alarm)
        raise self.fail("'(', NOT, AT_LEAST, TRUE, FALSE, ALARM, OK or INSUFFICIENT_DATA")

    def at_least(self) -> Rule:
        self.need("(")
        count = _COUNT.fullmatch(self.tokens[self.index][1])
        if count is None:
            raise self.fail("a number or a percentage")
        self.index += 1
        self.need(",")
        negated = self.take("word", "NOT")
        kind, text, _ = self.tokens[self.index]
        if kind != "word" or text not in _STATES:
            raise self.fail("ALARM, OK or INSUFFICIENT_DATA")
        self.index += 1
        self.need(",")
        self.need("(")
        alarms = [self.reference()]
        while self.take("symbol", ","):
            alarms.append(self.reference())
        self.need(")")
        self.need(")")
        return AtLeast(int(count[1]), bool(count[2]), negated, State(text), tuple(alarms))

    def reference(self) -> str:
        kind, text, _ = self.tokens[self.index]
        if kind not in ("word", "quoted"):
            raise self.fail("the name of an alarm")
        self.index += 1
        return re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "quoted" else text
