"""What people read: subjects, texts, masks, excerpts, the bodies that channels take."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.attempt import Attempt
from pipewarden.log_excerpt import MOST_BYTES, trim_lines
from pipewarden.masking import mask
from pipewarden.message import SMS_CHARACTERS, fit_sms, fit_subject, render_page, render_recovered, unacknowledged
from pipewarden.page import page_item, read_page
from tests.unit.runtime.sample import ATTEMPTS, INCIDENT, notice, page
from tests.unit.runtime.scene import START


def test_the_first_line_says_everything() -> None:
    message = render_page(page())
    expected = "P1 import (test): extract failed: Connect timeout. Retries exhausted: 2 of 2 failed."
    assert message.text.splitlines()[0] == message.headline == expected
    assert message.subject == "[P1] test/import: extract failed: Connect timeout"
    link = page().links["acknowledge"]
    assert message.sms == (
        f"P1 test/import: extract failed: Connect timeout. Retries exhausted: 2 of 2 failed. Ack: {link}"
    )


def test_the_page_as_a_whole() -> None:
    assert render_page(page()).text == (
        "P1 import (test): extract failed: Connect timeout. Retries exhausted: 2 of 2 failed.\n"
        "\n"
        "Acknowledge: https://ack.example.com/?t=x\n"
        "Respond within 1h (by 03:30 UTC).\n"
        "Owner: crm-data   Incident: import-1   Since: 2026-03-01 02:10 UTC\n"
        "\n"
        "WHAT  extract failed\n"
        "  since 2026-03-01 02:10 UTC\n"
        "  error: Connect timeout\n"
        "         at line 3\n"
        '  class: transient, the error says "timeout"\n'
        "  advice: Look at the network.\n"
        "\n"
        "TRIED\n"
        "  02:15 UTC retry 1 of extract failed (r2)\n"
        "  02:20 UTC retry 2 of extract failed (r3)\n"
        "\n"
        "LAST LOG LINES  /logs r1\n"
        "  | last words\n"
        "\n"
        "LAST GOOD RUN\n"
        "  yesterday\n"
        "\n"
        "HANGS BELOW IT\n"
        "  report\n"
        "\n"
        "LINKS\n"
        "  run: https://console.example.com/r1\n"
        "\n"
        "import: Loads the CRM export.\n"
    )


def test_a_rung_says_first_that_nobody_has_it() -> None:
    text = unacknowledged(page(), START + timedelta(minutes=35))
    message = render_page(page(), text)
    assert message.text.startswith("NOT ACKNOWLEDGED since 02:30 UTC (15m).\n\nP1 import (test): extract failed")
    assert message.sms.startswith("NOT ACKNOWLEDGED since 02:30 UTC (15m). P1 test/import")
    assert message.subject.startswith("Again: [P1] test/import")


@pytest.mark.parametrize(
    ("attempts", "pages", "story"),
    [
        (ATTEMPTS, 0, "failed 02:10, retried twice, recovered 02:41 UTC (31m)"),
        (ATTEMPTS[:1], 0, "failed 02:10, retried once, recovered 02:41 UTC (31m)"),
        ((), 1, "failed 02:10, recovered 02:41 UTC (31m)"),
    ],
)
def test_a_recovered_message_tells_the_story(attempts: tuple[Attempt, ...], pages: int, story: str) -> None:
    ended = replace(INCIDENT, attempts=attempts, pages=pages, ended=START + timedelta(minutes=31))
    message = render_recovered(ended, "test")
    assert message.subject == f"[recovered] test/import: {story}"
    assert ("Nobody was paged." in message.text) == (pages == 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two\nlines\tand  spaces ", "two lines and spaces"),
        ("Zürich…", "Z?rich?"),
        ("x" * 120, "x" * 97 + "..."),
        ("", "Pipewarden"),
    ],
)
def test_a_subject_is_what_sns_takes(text: str, expected: str) -> None:
    assert fit_subject(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("two\nlines", "two lines"),
        ("Zürich…", "Z?rich..."),
        ("x" * 200, "x" * 150 + "..."),
    ],
)
def test_an_sms_begins_with_one_part_in_plain_letters(text: str, expected: str) -> None:
    assert fit_sms(text) == expected


def test_the_first_part_of_an_sms_says_it_all_and_the_link_follows_whole() -> None:
    long = replace(page(), why="because " * 40)
    sms = render_page(long, unacknowledged(long, START + timedelta(hours=2))).sms
    first, link = sms.split(" Ack: ")
    assert len(first) == SMS_CHARACTERS
    assert first.startswith("NOT ACKNOWLEDGED since 02:30 UTC (1h 40m). P1 test/import: extract failed: Connect")
    assert link == long.links["acknowledge"]


@pytest.mark.parametrize(
    ("event", "first"),
    [
        ("acknowledged", "Acknowledged by Ann: P1 import (test), 02:35 UTC"),
        ("closed", "Closed by Ann: P1 import (test), 02:35 UTC"),
    ],
)
def test_everybody_who_was_told_hears_who_has_it(event: Any, first: str) -> None:
    message = notice(event).message
    assert message.headline == message.sms == message.text.splitlines()[0] == first
    assert message.subject == f"[{event}] test/import: by Ann"


def test_a_page_is_the_same_after_it_was_kept() -> None:
    assert read_page(page_item(page())) == page()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key AKIAIOSFODNN7EXAMPLE used", "key AKIA**** used"),
        ("password=hunter2 and more", "password=**** and more"),
        ("DB_PASSWORD: hunter2, x", "DB_PASSWORD: ****, x"),
        ('{"api_key": "abc123", "n": 1}', '{"api_key": "****", "n": 1}'),
        ("aws_secret_access_key=abc/def+1", "aws_secret_access_key=****"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer ****"),
        ("postgres://user:pa55@host/db", "postgres://user:****@host/db"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.sig_nature", "****"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "****"),
        ("the token was refused by https://host/path", "the token was refused by https://host/path"),
        ("nothing to hide: rows=17", "nothing to hide: rows=17"),
    ],
)
def test_secrets_are_masked_and_the_rest_is_kept(text: str, expected: str) -> None:
    assert mask(text) == expected


def test_a_log_excerpt_keeps_the_last_lines_that_fit() -> None:
    lines = trim_lines([f"{number:03} " + "x" * 300 for number in range(100)])
    assert lines[-1].startswith("099")
    assert sum(len(line) + 1 for line in lines) <= MOST_BYTES
    assert len(lines) == 13


def test_a_secret_that_spans_lines_is_masked_in_an_excerpt() -> None:
    assert trim_lines(["-----BEGIN PRIVATE KEY-----\n", "abc\n", "-----END PRIVATE KEY-----\n", "done"]) == (
        "****",
        "done",
    )
