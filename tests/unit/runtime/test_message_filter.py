"""Conditions on messages: what they say yes to, and what is no condition."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.message_filter import FilterError, parse_filter

BODY = {
    "error": {"code": "TIMEOUT", "tries": 3, "final": False, "cause": None},
    "items": [{"id": "a"}, {"id": "b"}],
    "odd key": 1,
}
MESSAGE = {
    "Body": json.dumps(BODY),
    "Attributes": {"MessageGroupId": "eu", "ApproximateReceiveCount": "4"},
    "MessageAttributes": {
        "kind": {"DataType": "String", "StringValue": "order"},
        "size": {"DataType": "Number", "StringValue": "12.5"},
        "a.b": {"DataType": "String", "StringValue": "dotted"},
        "blob": {"DataType": "Binary", "BinaryValue": b"x"},
    },
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('body.error.code = "TIMEOUT"', True),
        ("body.error.code = 'TIMEOUT'", True),
        ('body.error.code != "TIMEOUT"', False),
        ("body.error.tries >= 3 and body.error.tries < 4", True),
        ("body.error.tries = 3.0", True),
        ('body.error.tries = "3"', False),
        ("body.error.final = false", True),
        ("body.error.final = 0", False),
        ("body.error.cause = null", True),
        ("body.error.cause exists", True),
        ("body.error.none exists", False),
        ("body.error.none = null", False),
        ('body.error.none != "x"', True),
        ('body.error.none not in ("x")', True),
        ('body.items[1].id = "b"', True),
        ('body.items[2].id = "b"', False),
        ('body["odd key"] = 1', True),
        ('body contains "TIMEOUT"', True),
        ('body starts "{"', True),
        ('attribute.kind in ("refund", "order")', True),
        ('attribute.kind not in ("refund", "order")', False),
        ("attribute.size > 12", True),
        ('attribute.a.b = "dotted"', True),
        ("attribute.blob exists", False),
        ('group = "eu"', True),
        ("receives >= 4", True),
        ('not (group = "eu" or receives > 9)', False),
        ('group = "us" and receives = 4 or attribute.kind = "order"', True),
        ('group = "us" and (receives = 4 or attribute.kind = "order")', False),
        ('attribute.kind < "p"', True),
        ("attribute.kind < 5", False),
    ],
)
def test_condition(text: str, expected: bool) -> None:
    assert parse_filter(text)(MESSAGE) is expected


def test_a_quote_in_a_text() -> None:
    assert parse_filter(r'body = "say \"no\" \\"')({"Body": r'say "no" ' + "\\"})


@pytest.mark.parametrize("body", ["no JSON", "[" * 100_000, "", "3"], ids=["text", "too deep", "empty", "a number"])
def test_a_body_that_is_no_mapping_has_no_keys(body: str) -> None:
    assert not parse_filter("body.error exists")({"Body": body})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must stand before the end"),
        ("body.code =", "must stand where the end stands"),
        ("body.code = TIMEOUT", "must stand where TIMEOUT stands"),
        ("bodi.code exists", "bodi.code is no place"),
        ("attribute exists", "attribute is no place"),
        ("body exists body", '"and" or "or" is missing before body'),
        ("(body exists", ") is missing before the end"),
        ("body in (1 2)", ") is missing before 2"),
        ("body == 1", "must stand where = stands"),
        ("body not = 1", "must stand before ="),
        ("body contains 3", "a text in quotes must stand before 3"),
        ('body = "open', '"open cannot be read'),
        ("__import__('os')", "__import__ is no place"),
        ("not " * 30 + "body exists", "nested deeper than 20"),
        ("(" * 30 + "body exists" + ")" * 30, "nested deeper than 20"),
        ("body exists or " * 100 + "body exists", "at most 1000 characters"),
    ],
)
def test_what_is_no_condition(text: str, problem: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert problem in str(caught.value)


WORDS = st.sampled_from(
    [
        "body",
        "body.a",
        "attribute.k",
        "receives",
        "and",
        "or",
        "not",
        "in",
        "(",
        ")",
        ",",
        "=",
        "<",
        "1",
        '"x"',
        "exists",
    ]
)


@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=30), st.text(max_size=20))
def test_any_text_is_a_condition_or_an_error_and_never_anything_else(text: str, body: str) -> None:
    message: dict[str, Any] = {"Body": body}
    try:
        condition = parse_filter(text)
    except FilterError:
        return
    assert condition(message) in (True, False)
