"""Which dead letters a policy is about: `body.error.code = "TIMEOUT" and attribute.kind in ("order", "refund")`.

    condition   = all { "or" all }
    all         = single { "and" single }
    single      = "not" single | "(" condition ")" | place test
    test        = "exists" | ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value | [ "not" ] "in" "(" value { "," value } ")"
                | "contains" text | "starts" text
    place       = "body" { ".key" | '["any key"]' | "[0]" } | "attribute.name" | "group" | "receives"
    value       = "text" | 'text' | number | true | false | null

`body` alone is the text of the message, `body.key` a value in it when it is JSON. What is not there (no such key, no
JSON) is equal to nothing: `=`, `<` and `in` say no, `!=` and `not in` say yes. A number is never equal to a text; an
attribute of type Number is a number. Pure: nothing of it is ever executed.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from pipewarden.message_condition import NOTHING, WORDS, compares, has_step, is_same, number_of, text_of

MOST_CHARACTERS = 1_000
DEEPEST = 20
TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\["\\])*"|'[^']*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])
    |(?P<word>[A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\]|\["[^"]*"\])*)|(?P<sign><=|>=|!=|[=<>(),]))""",
    re.VERBOSE | re.ASCII,
)
STEP = re.compile(r"""\.([\w-]+)|\[(\d+)\]|\["([^"]*)"\]""", re.ASCII)

Condition = Callable[["Seen"], bool]
Place = Callable[["Seen"], Any]


class FilterError(ValueError):
    """`str()` says what is wrong and where."""


class Seen:
    """A received message as a condition looks at it."""

    def __init__(self, message: Mapping[str, Any]) -> None:
        self._message = message

    @property
    def text(self) -> str:
        return str(self._message["Body"])

    @cached_property
    def body(self) -> Any:
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return NOTHING

    def attribute(self, name: str) -> Any:
        found = self._message.get("MessageAttributes", {}).get(name, {})
        text = found.get("StringValue", NOTHING)
        if text is not NOTHING and str(found.get("DataType", "")).startswith("Number"):
            return number_of(text)
        return text

    def system(self, name: str) -> Any:
        return self._message.get("Attributes", {}).get(name, NOTHING)


def parse_filter(text: str) -> Callable[[Mapping[str, Any]], bool]:
    """The condition as a function of a received message. Raises FilterError for text that is none."""
    if len(text) > MOST_CHARACTERS:
        raise FilterError(f"a condition has at most {MOST_CHARACTERS} characters, not {len(text)}")
    parser = _Parser(_tokens(text))
    condition = parser.condition(0)
    if parser.kind:
        raise FilterError(f'"and" or "or" is missing before {parser.token}')
    return lambda message: condition(Seen(message))


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if match is None:
            raise FilterError(f"{text[at:].strip()[:20]} cannot be read")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def kind(self) -> str:
        """Of the next token; "" at the end."""
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    @property
    def token(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else "the end"

    def _take(self, *expected: str) -> bool:
        if self.kind in ("word", "sign") and self.token in expected:
            self._at += 1
            return True
        return False

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise FilterError(f"{sign} is missing before {self.token}")

    def condition(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise FilterError(f"it is nested deeper than {DEEPEST} levels")
        options = [self._all(depth)]
        while self._take("or"):
            options.append(self._all(depth))
        return lambda seen: any(option(seen) for option in options)

    def _all(self, depth: int) -> Condition:
        needed = [self._single(depth)]
        while self._take("and"):
            needed.append(self._single(depth))
        return lambda seen: all(need(seen) for need in needed)

    def _single(self, depth: int) -> Condition:
        if self._take("not"):
            if depth > DEEPEST:
                raise FilterError(f"it is nested deeper than {DEEPEST} levels")
            inner = self._single(depth + 1)
            return lambda seen: not inner(seen)
        if self._take("("):
            inner = self.condition(depth + 1)
            self._need(")")
            return inner
        return self._test(self._place())

    def _place(self) -> Place:
        if self.kind != "word":
            raise FilterError(f"body, attribute.<name>, group or receives must stand before {self.token}")
        word = self.token
        self._at += 1
        head = re.split(r"[.\[]", word, maxsplit=1)[0]
        rest = word[len(head) :]
        if head == "body":
            return _inside(rest) if rest else lambda seen: seen.text
        if head == "attribute" and rest.startswith("."):
            return lambda seen: seen.attribute(rest[1:])
        if word == "group":
            return lambda seen: seen.system("MessageGroupId")
        if word == "receives":
            return lambda seen: number_of(seen.system("ApproximateReceiveCount"))
        raise FilterError(f"{word} is no place in a message: body, body.<key>, attribute.<name>, group or receives")

    def _test(self, place: Place) -> Condition:
        if self._take("exists"):
            return lambda seen: place(seen) is not NOTHING
        if self._take("contains"):
            part = self.text_of()
            return lambda seen: part in text_of(place(seen))
        if self._take("starts"):
            start = self.text_of()
            return lambda seen: text_of(place(seen)).startswith(start)
        refused = self._take("not")
        if self._take("in"):
            values = self._values()
            return lambda seen: any(is_same(place(seen), value) for value in values) != refused
        sign = self.token
        if refused or not self._take("=", "!=", "<", "<=", ">", ">="):
            raise FilterError(f"a test such as =, in, contains or exists must stand before {self.token}")
        value = self._value()
        return lambda seen: compares(place(seen), sign, value)

    def _values(self) -> list[Any]:
        self._need("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._need(")")
        return values

    def text_of(self) -> str:
        if self.kind != "text":
            raise FilterError(f"a text in quotes must stand before {self.token}")
        return str(self._value())

    def _value(self) -> Any:
        kind, token = self.kind, self.token
        self._at += 1
        if kind == "text":
            inner = token[1:-1]
            return re.sub(r"\\(.)", r"\1", inner) if token[0] == '"' else inner
        if kind == "number":
            return float(token)
        if kind == "word" and token in WORDS:
            return WORDS[token]
        raise FilterError(f"a text in quotes, a number, true, false or null must stand where {token} stands")


def _inside(path: str) -> Place:
    steps = [key or quoted if not index else int(index) for key, index, quoted in STEP.findall(path)]

    def find(seen: Seen) -> Any:
        found = seen.body
        for step in steps:
            if not has_step(found, step):
                return NOTHING
            found = found[step]
        return found

    return find
