"""CloudWatch Logs filter patterns."""

from __future__ import annotations

import pytest

from pipewarden_cli.local.log_pattern import PatternError, compile_pattern

EVENT = '{"level": "ERROR", "n": 7, "ok": false, "none": null, "user": {"name": "ann"}, "tags": ["a", "b"], "a-b": "x"}'


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        pytest.param("", "anything", True, id="an empty pattern matches"),
        pytest.param("ERROR", "an ERROR here", True, id="a term"),
        pytest.param("ERROR", "an error here", False, id="terms are case sensitive"),
        pytest.param("ERROR disk", "ERROR on disk 1", True, id="all terms"),
        pytest.param("ERROR disk", "ERROR on net", False, id="one of two terms is not enough"),
        pytest.param("?ERROR ?WARN", "a WARN", True, id="any term"),
        pytest.param("?ERROR ?WARN", "an INFO", False, id="none of any"),
        pytest.param("ERROR -retry", "ERROR then retry", False, id="an excluded term"),
        pytest.param('"disk is full"', "the disk is full now", True, id="a phrase"),
        pytest.param('"disk is full"', "is disk full", False, id="a phrase keeps its order"),
        pytest.param("%5[0-9]{2}%", "status 503", True, id="a regular expression"),
        pytest.param("%5[0-9]{2}%", "status 404", False, id="a regular expression that is not found"),
        pytest.param('{ $.level = "ERROR" }', EVENT, True, id="JSON: equal text"),
        pytest.param('{ $.level = "INFO" }', EVENT, False, id="JSON: other text"),
        pytest.param('{ $.level = "ERR*" }', EVENT, True, id="JSON: a wildcard"),
        pytest.param('{ $.level != "INFO" }', EVENT, True, id="JSON: not equal"),
        pytest.param('{ $.missing != "INFO" }', EVENT, False, id="JSON: a missing field is not compared"),
        pytest.param("{ $.n >= 7 }", EVENT, True, id="JSON: at least"),
        pytest.param("{ $.n > 7 }", EVENT, False, id="JSON: more than"),
        pytest.param("{ $.n = 7 }", EVENT, True, id="JSON: equal number"),
        pytest.param("{ $.level > 7 }", EVENT, False, id="JSON: text is no number"),
        pytest.param("{ $.ok IS FALSE }", EVENT, True, id="JSON: false"),
        pytest.param("{ $.none IS NULL }", EVENT, True, id="JSON: null"),
        pytest.param("{ $.other NOT EXISTS }", EVENT, True, id="JSON: a missing field"),
        pytest.param('{ $.user.name = "ann" }', EVENT, True, id="JSON: a nested field"),
        pytest.param('{ $.tags[1] = "b" }', EVENT, True, id="JSON: an element"),
        pytest.param('{ $.["a-b"] = "x" }', EVENT, True, id="JSON: a quoted name"),
        pytest.param('{ $.n = 1 || ($.level = "ERROR" && $.n = 7) }', EVENT, True, id="JSON: and, or, parentheses"),
        pytest.param('{ $.n = 1 && $.level = "ERROR" || $.n = 7 }', EVENT, True, id="JSON: and binds stronger than or"),
        pytest.param("{ $.level = %^ERR% }", EVENT, True, id="JSON: a regular expression"),
        pytest.param('{ $.level = "ERROR" }', "plain", False, id="JSON: a line that is no JSON"),
        pytest.param("[ip, user, status=4*]", "anything", True, id="space delimited patterns match everything"),
    ],
)
def test_matches(pattern: str, message: str, expected: bool) -> None:
    assert compile_pattern(pattern)(message) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("{ $.a = }", id="the value is missing"),
        pytest.param("{ ($.a = 1 }", id="an open parenthesis"),
        pytest.param("{ $.a = 1 $.b = 2 }", id="two conditions without and or or"),
        pytest.param("{ $.a IS MAYBE }", id="an unknown word after IS"),
    ],
)
def test_a_broken_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)
