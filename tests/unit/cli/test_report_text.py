"""The report as plain text, and the words for times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipewarden_cli.printable import printable
from pipewarden_cli.report.contents import Check, IncidentReport, Mail, Moment
from pipewarden_cli.report.text import render_incident, render_text
from pipewarden_cli.report.times import clock, date_and_clock, duration, offset
from tests.unit.cli.report_sample import INCIDENTS, REPORT, START


@pytest.mark.parametrize(
    "line",
    [
        "6 of 6 stories went as they should: 18 of 18 checks passed",
        "1. A transient failure heals itself [ok]",
        "   failed +0 s -> retry 1 +2.1 s -> failed +4.4 s -> retry 2 +7.9 s -> recovered +10 s",
        "   + Nobody was paged",
        "   messages: source 0, dead letters 0, quarantine 2, archive 42",
        "data@example.com: 2 messages",
        "  07:12:18  email: [P2] recovered: orders-import.load after 2 retries",
        "Embedded AWS: ministack 1.5.33. Imitated by Pipewarden:",
    ],
)
def test_the_report_has_the_line(line: str) -> None:
    assert line in render_text(REPORT).splitlines()


def test_one_incident_reads_like_this() -> None:
    assert render_incident(INCIDENTS[0]) == (
        "01JD8Z3K7A  P2  recovered  orders-import.load\n"
        "  Glue job orders-import-local failed and recovered on its second retry.\n"
        "  error (transient): urllib.error.HTTPError: HTTP Error 503: Service Unavailable\n"
        "  opened 2026-11-21 07:12:08 UTC, ended after 10 s, 2 retries, nobody paged\n"
        "  07:12:08  Run jr_41aa failed: HTTP Error 503 (transient)\n"
        "  07:12:08  Retry 1 of 3 in 1.9 s\n"
        "  07:12:10  Started again as jr_77c0\n"
        "  07:12:12  Run jr_77c0 failed: HTTP Error 503 (transient)\n"
        "  07:12:15  Started again as jr_9b13\n"
        "  07:12:18  Run jr_9b13 succeeded after 2.1 s; one message sent\n"
    )


def test_a_failed_check_says_what_was_seen() -> None:
    broken = replace(REPORT.stories[1], checks=(Check(text="It was paged", passed=False, seen="no message"),))
    text = render_text(replace(REPORT, stories=(broken,)))
    assert "0 of 1 stories went as they should: 0 of 1 checks passed" in text
    assert "1. Bad data reaches a person at once [FAILED]" in text
    assert "   ! It was paged (seen: no message)" in text


def test_control_characters_do_not_reach_a_terminal() -> None:
    evil = Mail(address="a@example.com", at=START, subject="\x1b]0;owned\x07", body="\x1b[2J\rgone\u202e")
    assert not set("\x1b\x07\r\u202e") & set(render_text(replace(REPORT, inbox=(evil,))))


def test_inboxes_are_ordered_by_time() -> None:
    mails = [Mail(address=a, at=START + timedelta(seconds=s), body="") for a, s in (("b", 3), ("a", 2), ("b", 1))]
    inboxes = replace(REPORT, inbox=tuple(mails)).inboxes()
    assert [(address, [mail.at.second for mail in found]) for address, found in inboxes.items()] == [
        ("b", [5, 7]),
        ("a", [6]),
    ]


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({"attempts": 1}, "1 retry"),
        ({"pages": 2}, "paged 2 times"),
        ({"pages": 1, "paged": ("primary",)}, "paged once, called primary"),
        ({"acknowledged_by": "ada"}, "acknowledged by ada"),
        ({"closed": START + timedelta(hours=2)}, "ended after 2 h"),
    ],
)
def test_facts_of_an_incident(changes: dict[str, object], fact: str) -> None:
    bare = IncidentReport(incident="i", pipeline="p", severity="P2", state="open", opened=START)
    assert bare.where == "p"
    assert bare.facts() == ("opened 2026-11-21 07:12:04 UTC", "0 retries", "nobody paged")
    assert fact in replace(bare, **changes).facts()  # type: ignore[arg-type]


def test_a_moment_without_a_text_shows_its_label() -> None:
    bare = replace(INCIDENTS[0], timeline=(Moment(at=START, label="paged"),))
    assert render_incident(bare).endswith("  07:12:04  paged\n")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.44, "0.4 s"),
        (2, "2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (5400, "1 h 30 min"),
        (90_000, "1 d 1 h"),
        (86_400 * 40, "40 d"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_times_are_utc_wherever_they_come_from() -> None:
    there = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert clock(there) == "20:00:00"
    assert date_and_clock(there) == "2026-02-28 20:00:00 UTC"
    assert offset(datetime(2026, 2, 28, 19, 58, tzinfo=UTC), there) == "+2 min"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 漢 😀\n\tindented", "plain ünïcode 漢 😀\n\tindented"),
        ("\x1b[31mred\x9b0m\x00\x7f", "�[31mred�0m��"),
        ("line\r\nline\rover", "line\nline�over"),
        ("a\u202eb\u2066c\u200fd", "a�b�c�d"),
        ("\ud800", "�"),
    ],
    ids=["text stays", "terminal commands", "carriage returns", "characters that reorder", "half a character"],
)
def test_foreign_text_is_made_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
