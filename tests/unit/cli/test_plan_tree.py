"""The tree of a plan, letter by letter, wide and narrow, and the words it is made of."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from pipewarden.drain_policy import DrainPolicy
from pipewarden.retry_policy import RetryPolicy
from pipewarden_cli.tree.branch import Branch, branch, print_tree
from pipewarden_cli.tree.core_tree import plan_branch
from pipewarden_cli.tree.pipeline_tree import pipeline_branch
from pipewarden_cli.tree.words import drain_words, either, number, quantity, retry_words
from tests.unit.cli.plan_sample import PLAN

GOLDEN = Path(__file__).parent / "golden"


def drawn(root: Branch, width: int) -> str:
    stream = io.StringIO()
    print_tree(root, Console(file=stream, width=width, color_system=None))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


@pytest.mark.parametrize(
    ("name", "root", "width"),
    [
        pytest.param("plan-wide.txt", plan_branch(PLAN), 120, id="the whole plan on a wide terminal"),
        pytest.param("plan-grants.txt", plan_branch(PLAN, grants=True), 120, id="with every IAM statement"),
        pytest.param("pipeline-narrow.txt", pipeline_branch(PLAN, "import"), 60, id="one pipeline on a narrow one"),
    ],
)
def test_tree_is_drawn_letter_by_letter(name: str, root: Branch, width: int) -> None:
    assert drawn(root, width) == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, drawn(plan_branch(PLAN, grants=True), width).splitlines())) <= width


def test_text_from_declarations_cannot_style_or_steer_the_terminal() -> None:
    assert drawn(branch("a\x1b[31mb", "[bold]c[/bold] \u202e"), 60) == "a�[31mb  [bold]c[/bold] �\n"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ((0, (1, 2), ("transient",)), "never"),
        ((1, (60, 60), ("transient",)), "at most once, after 1 min, when the failure is transient"),
        (
            (3, (1.5, 900), ("transient", "resource", "unknown")),
            "at most 3 times, after 1.5 s to 15 min, when the failure is transient, resource or unknown",
        ),
    ],
    ids=["no attempt is never", "one attempt is once, equal bounds are one delay", "several attempts and classes"],
)
def test_retry_in_words(policy: tuple[int, tuple[float, float], tuple[str, ...]], words: str) -> None:
    attempts, backoff, classes = policy
    assert retry_words(RetryPolicy(attempts=attempts, backoff_seconds=backoff, classes=classes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {},
            "from d to s at 20/s, 3 replays a message, then quarantine in q, stops when more than 50% come back; "
            "every message is archived first",
        ),
        (
            {"archive": False, "attempts": 1},
            "from d to s at 20/s, 1 replay a message, then quarantine in q, stops when more than 50% come back",
        ),
        (
            {"then": "leave", "archive": False, "most_returned": 100.0},
            "from d to s at 20/s, 3 replays a message, then leave",
        ),
        (
            {"to": "other", "rate_per_second": 0.5, "archive": False, "then": "leave", "where": "body.a = 1"},
            "from d to other at 0.5/s, only where body.a = 1, 3 replays a message, then leave",
        ),
        ({"to": "archive"}, "from d to the archive at 20/s"),
        ({"to": "quarantine"}, "from d to q at 20/s; every message is archived first"),
        (
            {"attempts": None, "archive": False, "rate_per_second": 20.0},
            "from d to s at 20/s, as often as it takes, moved by SQS itself, stops when more than 50% come back",
        ),
        (
            {"attempts": None},
            "from d to s at 20/s, without a limit, stops when more than 50% come back; every message is archived first",
        ),
    ],
    ids=[
        "to the source, with an archive",
        "one replay, no archive",
        "not quarantined, never stopped",
        "elsewhere, slowly, not all",
        "stored only",
        "to quarantine",
        "by SQS",
        "without a limit",
    ],
)
def test_drain_in_words(changes: dict[str, object], words: str) -> None:
    values = {"dead_letter_queue": "d", "source_queue": "s", "source": "s", "quarantine_queue": "q", "to": "source"}
    policy = {**values, "rate_per_second": 20, "attempts": 3, "then": "quarantine", "archive": True, **changes}
    assert drain_words(DrainPolicy(**policy)) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (600, "Seconds", "10 min"),
        (90_000, "Seconds", "1 d 1 h"),
        (1500, "Milliseconds", "1.5 s"),
        (99.5, "Percent", "99.5%"),
        (1_048_576, "Bytes", "1,048,576 bytes"),
        (0, "Count", "0"),
        (0.25, "", "0.25"),
    ],
)
def test_quantities_have_their_unit(value: float, unit: str, words: str) -> None:
    assert quantity(value, unit) == words


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (100, "100"), (0.5, "0.5"), (1e6, "1,000,000"), (0.0, "0")])
def test_numbers_are_as_short_as_they_can_be(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("names", "text"), [((), "nothing"), (("a",), "a"), (("a", "b"), "a or b"), (("a", "b", "c"), "a, b or c")]
)
def test_alternatives(names: tuple[str, ...], text: str) -> None:
    assert either(names) == text
