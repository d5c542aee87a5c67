"""The words that are looked for before a pattern is: never a reason to miss a match."""

import re

import pytest

from pipewarden.failure import shared_rows
from pipewarden.literals import literals
from pipewarden.registry import technologies
from tests.failures.labelled import messages

EVERY = [*shared_rows(), *(row for technology in technologies().values() for row in technology.errors)]
MESSAGES = [f"{row.error_name}: {row.message}" for part in ("tuning", "held_out") for row in messages(part)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        pytest.param("Slow Down", ("slow down",), id="plain text, in lower case"),
        pytest.param("throttl|rate exceeded", ("throttl", "rate exceeded"), id="one word for each alternative"),
        pytest.param("slow ?down", ("slow",), id="what may be missing is no part of a word"),
        pytest.param(r"\b(KeyError|NameError)\b", ("keyerror", "nameerror"), id="a group where no text is"),
        pytest.param("connection (was )?reset", ("connection ",), id="the longest piece"),
        pytest.param(r"error\(\d{1,3}\) again", (") again",), id="escapes"),
        pytest.param(r"[)\]]lost and[|]found", ("lost and",), id="classes are no text, whatever stands in them"),
        pytest.param("(ab)?|lost", (), id="an alternative that nothing is known about"),
        pytest.param("a{1,3}?bcd{x", ("bcd{x",), id="lazy quantifiers; a brace that is none"),
        pytest.param(r"\x41bcdef", (), id="characters by their number"),
        pytest.param("(?x) some words", (), id="flags"),
    ],
)
def test_words_of_a_pattern(pattern: str, words: tuple[str, ...]) -> None:
    assert literals(pattern) == words


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_every_pattern_of_ours_is_looked_for_by_words_and_misses_nothing(row: object) -> None:
    pattern = row.pattern  # type: ignore[attr-defined]
    words = literals(pattern)
    assert words
    for text in MESSAGES:
        if re.search(pattern, text, re.IGNORECASE):
            assert any(word in text.lower() for word in words), text
