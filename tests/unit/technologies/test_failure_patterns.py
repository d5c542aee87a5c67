"""The patterns themselves: named, safe to search with, and as good as docs/failures.md says."""

import importlib.util
from pathlib import Path

import pytest

from pipewarden.error_pattern import ErrorPattern
from pipewarden.failure import classify, shared_rows
from pipewarden.registry import technologies
from pipewarden.run import Run
from pipewarden_plan.safe_pattern import pattern_problem
from tests.failures.confusion import confusion
from tests.failures.labelled import CLASSES, Labelled, messages

ROOT = Path(__file__).parents[3]
EVERY = [*shared_rows(), *(row for technology in technologies().values() for row in technology.errors)]
PARTS = ("tuning", "held_out")


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_every_pattern_is_bounded_and_says_where_it_comes_from(row: ErrorPattern) -> None:
    assert pattern_problem(row.pattern) == ("", "")
    assert row.source
    assert row.advice.endswith(".")


def test_no_two_patterns_have_one_id() -> None:
    ids = [row.id for row in EVERY]
    assert len(set(ids)) == len(ids)
    assert all(ids)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 40_000, id="one letter"),
        pytest.param("host='localhost'" * 2_500, id="the start of a pattern, again and again"),
        pytest.param("token " * 7_000, id="a word of many patterns"),
        pytest.param("metadata location " * 2_300, id="a start before a long gap"),
        pytest.param(
            "Traceback (most recent call last)\n" + "  File x\n" * 5_000, id="a traceback without an exception"
        ),
    ],
)
def test_long_texts_come_to_an_end(text: str) -> None:
    for technology in technologies().values():
        assert classify(technology, Run(run_id="r", state="failed", error=text)).failure_class in CLASSES


def test_of_a_long_text_the_start_and_the_end_count() -> None:
    run = Run(run_id="r", state="failed", error="KeyError: 'x'\n" + "." * 100_000 + "\nRate exceeded")
    assert classify(None, run).pattern == "code-fault"
    run = Run(run_id="r", state="failed", error="." * 100_000 + "\nRate exceeded")
    assert classify(None, run).pattern == "throttled"
    run = Run(run_id="r", state="failed", error="." * 50_000 + "Rate exceeded" + "." * 50_000)
    assert classify(None, run).pattern == ""


@pytest.mark.parametrize("part", PARTS)
def test_what_is_called_transient_is(part: str) -> None:
    assert confusion(messages(part)).precision("transient") >= 0.95  # type: ignore[arg-type]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_called_deterministic_is(part: str) -> None:
    assert confusion(messages(part)).precision("deterministic") >= 0.9  # type: ignore[arg-type]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_transient_gets_at_least_one_more_try(part: str) -> None:
    missed = [row for row in messages(part) if row.failure_class == "transient"]  # type: ignore[arg-type]
    assert [row for row in missed if row.failure.failure_class not in ("transient", "unknown")] == []


def test_there_are_enough_messages_and_a_third_of_them_was_held_out() -> None:
    tuning, held_out = messages("tuning"), messages("held_out")
    assert len(tuning) + len(held_out) >= 200
    assert len(held_out) >= 0.3 * (len(tuning) + len(held_out))
    assert {row.failure_class for row in (*tuning, *held_out)} == set(CLASSES)


@pytest.mark.parametrize("part", PARTS)
def test_every_message_has_a_page_where_it_stands(part: str) -> None:
    rows: tuple[Labelled, ...] = messages(part)  # type: ignore[arg-type]
    assert [row for row in rows if not row.source.startswith("https://") or not (row.message or row.error_name)] == []


def test_no_message_was_both_tuned_to_and_held_out() -> None:
    assert not {row[1:3] for row in messages("tuning")} & {row[1:3] for row in messages("held_out")}


HARD = [
    ("a locked account that asks to try again", "Your user account has been temporarily locked due to too many failed "
     "attempts. Try again after 15 minutes", "deterministic"),
    ("a refusal that asks to try again", "Access Denied. Please try again later", "deterministic"),
    ("a suspended account behind a 503", "503 Service Unavailable: account is suspended", "deterministic"),
    ("a refused connection to its own machine", "('localhost', 5432): [Errno 111] Connection refused", "deterministic"),
    ("a refused connection to another one", "('db.example.com', 5432): [Errno 111] Connection refused", "transient"),
    ("a time limit of its own", "Job run timed out", "unknown"),
    ("a time limit of the other side", "Read timed out. (read timeout=60)", "transient"),
    ("a quota that says temporarily", "temporarily over its serving quota. Please try again later.", "resource"),
    ("a rate that says quota", "Rate exceeded: quota of 5 requests per second", "transient"),
    ("a secret that has expired", "the refresh token has expired", "deterministic"),
    ("a session that has expired", "ExpiredToken: the provided token has expired", "transient"),
    ("an expired certificate", "certificate has expired", "deterministic"),
    ("an error of the code about a timeout", "KeyError: 'timeout'", "deterministic"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*row[1:], id=row[0]) for row in HARD])
def test_what_looks_like_something_else(text: str, expected: str) -> None:
    assert classify(None, Run(run_id="r", state="failed", error=text)).failure_class == expected


DECLARED = (ErrorPattern("ORA-125(14|41)", "transient", "It restarts at 02:00.", id="declared:ORA-125(14|41)"),)


def test_what_the_team_declared_goes_before_what_pipewarden_knows() -> None:
    run = Run(run_id="r", state="failed", error="KeyError: ora-12514")
    found = classify(technologies()["glue-job"], run, DECLARED)
    assert (found.failure_class, found.pattern, found.confidence) == ("transient", DECLARED[0].id, "certain")
    assert found.advice == "It restarts at 02:00."
    assert classify(technologies()["glue-job"], run).pattern == "code-fault"


@pytest.mark.parametrize(
    ("error", "confidence"),
    [
        ("Error Category: QUERY_ERROR; Failed Line Number: 23", "certain"),
        ("ThrottlingException", "high"),
        ("connection reset by peer", "medium"),
        ("it timed out", "low"),
        ("it did not like it", "low"),
    ],
)
def test_confidence_follows_the_ground(error: str, confidence: str) -> None:
    assert classify(technologies()["glue-job"], Run(run_id="r", state="failed", error=error)).confidence == confidence


def test_the_page_of_patterns_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("classification", ROOT / "benchmarks/classification.py")
    assert spec
    assert spec.loader
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    text = (ROOT / "docs/failures.md").read_text(encoding="utf-8")
    assert benchmark.page(text) == text, "run: python benchmarks/classification.py --page"
