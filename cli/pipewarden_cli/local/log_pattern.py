"""Matches log events against CloudWatch Logs filter patterns.

"Filter pattern syntax" in the CloudWatch Logs user guide: terms, quoted phrases, ``?`` any, ``-`` none, ``%regex%``,
and JSON patterns ``{ $.a.b = "x*" && $.n > 5 }``. Space-delimited patterns ``[a, b, ...]`` match every event.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable
from typing import Any

Matches = Callable[[str], bool]
Test = Callable[[Any], bool]

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))')
_TOKEN = re.compile(r'\s*(\(|\)|&&|\|\||!=|<=|>=|=|<|>|"(?:[^"\\]|\\.)*"|%[^%]+%|[^\s()=!<>&|]+)')
_PATH_PART = re.compile(r'\.?([^.\[\]]+)|\[(?:"([^"]+)"|\'([^\']+)\'|(\d+))\]')


class PatternError(ValueError):
    """The pattern does not follow the syntax."""


def compile_pattern(pattern: str) -> Matches:
    """A function that says whether a message matches; an empty pattern matches everything."""
    text = (pattern or "").strip()
    if not text or text.startswith("["):
        return lambda _message: True
    if text.startswith("{") and text.endswith("}"):
        return _json_matcher(_Parser(text[1:-1]).parse())
    return _text_matcher(text)


def value_at(document: Any, selector: str) -> Any:
    """What ``$.a.b[0]`` selects; None when there is nothing."""
    current = document
    for match in _PATH_PART.finditer(selector.removeprefix("$")):
        name = match[1] or match[2] or match[3]
        if name is not None:
            current = current.get(name) if isinstance(current, dict) else None
        else:
            index = int(match[4])
            current = current[index] if isinstance(current, list) and index < len(current) else None
        if current is None:
            return None
    return current


def _text_matcher(text: str) -> Matches:
    required: list[Matches] = []
    optional: list[Matches] = []
    for sign, quoted, expression, bare in _TERM.findall(text):
        contains = _contains(quoted, expression, bare)
        if sign == "-":
            required.append(lambda message, found=contains: not found(message))  # type: ignore[misc]
        elif sign == "?":
            optional.append(contains)
        else:
            required.append(contains)

    def matches(message: str) -> bool:
        if not all(found(message) for found in required):
            return False
        return bool(required) or not optional or any(found(message) for found in optional)

    return matches


def _contains(quoted: str, expression: str, bare: str) -> Matches:
    if expression:
        compiled = re.compile(expression)
        return lambda message: compiled.search(message) is not None
    term = quoted.replace('\\"', '"') or bare
    return lambda message: term in message


def _json_matcher(test: Test) -> Matches:
    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return isinstance(document, dict | list) and test(document)

    return matches


class _Parser:
    """Reads the inside of ``{ ... }``: ``||`` binds weakest, then ``&&``, then comparisons and parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def parse(self) -> Test:
        test = self._any()
        if self._at != len(self._tokens):
            raise PatternError(f"unexpected {self._tokens[self._at]!r} in the filter pattern")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("||"):
            tests.append(self._all())
        return lambda document: any(test(document) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return lambda document: all(test(document) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            test = self._any()
            if not self._take(")"):
                raise PatternError("a parenthesis of the filter pattern is not closed")
            return test
        selector, operator = self._next(), self._next().upper()
        if operator == "IS":
            return _is(selector, self._next().upper())
        if operator == "NOT" and self._next().upper() == "EXISTS":
            return lambda document: value_at(document, selector) is None
        if operator == "EXISTS":
            return lambda document: value_at(document, selector) is not None
        return _comparison(selector, operator, self._next())

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise PatternError("the filter pattern ends too early")
        self._at += 1
        return str(self._tokens[self._at - 1])

    def _take(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False


def _is(selector: str, word: str) -> Test:
    wanted = {"NULL": None, "TRUE": True, "FALSE": False}
    if word not in wanted:
        raise PatternError(f"IS must be followed by TRUE, FALSE or NULL, got {word}")
    return lambda document: value_at(document, selector) is wanted[word]


def _comparison(selector: str, operator: str, literal: str) -> Test:
    if operator in ("=", "!="):
        same = _equality(literal)
        return lambda document: _equals(value_at(document, selector), same, operator)
    number = float(literal)
    compare = {"<": float.__lt__, ">": float.__gt__, "<=": float.__le__, ">=": float.__ge__}.get(operator)
    if compare is None:
        raise PatternError(f"unknown operator {operator!r} in the filter pattern")

    def test(document: Any) -> bool:
        value = value_at(document, selector)
        return isinstance(value, int | float) and not isinstance(value, bool) and bool(compare(float(value), number))

    return test


def _equals(value: Any, same: Test, operator: str) -> bool:
    return value is not None and same(value) == (operator == "=")


def _equality(literal: str) -> Test:
    if literal.startswith("%"):
        expression = re.compile(literal.strip("%"))
        return lambda value: isinstance(value, str) and expression.search(value) is not None
    if not literal.startswith('"'):
        try:
            number = float(literal)
        except ValueError:
            pass
        else:
            return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == number
    text = literal.strip('"')
    return lambda value: isinstance(value, str) and fnmatch.fnmatchcase(value, text)
