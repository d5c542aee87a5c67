"""Mute rules: windows of cron and at schedules, in time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipewarden_cli.evaluator.cron import parse_cron
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.mute import muting, read_duration, read_mute_rule, status, window_at


def rule(expression: str, duration: str = "PT4H", timezone: str | None = None, **more: Any) -> Any:
    schedule = {"Expression": expression, "Duration": duration, **({"Timezone": timezone} if timezone else {})}
    return read_mute_rule(
        {"Name": "r", "Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": ["one", "two"]}, **more}
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("mute", "moment", "open_now"),
    [
        # 2026-03-01 is a Sunday.
        (("0 2 * * SUN", "PT4H"), "2026-03-01T01:59", False),
        (("0 2 * * SUN", "PT4H"), "2026-03-01T02:00", True),
        (("0 2 * * SUN", "PT4H"), "2026-03-01T05:59", True),
        (("0 2 * * SUN", "PT4H"), "2026-03-01T06:00", False),
        (("0 2 * * SUN", "PT4H"), "2026-03-02T03:00", False),
        (("cron(0 2 * * 0)", "PT4H"), "2026-03-01T03:00", True),
        (("cron(0 2 * * 7)", "PT4H"), "2026-03-01T03:00", True),
        (("0 18 * * FRI", "P2DT12H"), "2026-03-08T23:00", True),
        (("0 18 * * FRI", "P2DT12H"), "2026-03-09T06:00", False),
        (("0 23 * * *", "PT2H"), "2026-03-02T00:30", True),
        (("0 23 * * *", "PT2H"), "2026-03-02T01:00", False),
        (("*/15 9-17 * * MON-FRI", "PT5M"), "2026-03-02T09:31", True),
        (("*/15 9-17 * * MON-FRI", "PT5M"), "2026-03-02T09:36", False),
        (("0 1 1 * *", "PT6H"), "2026-04-01T03:00", True),
        (("0 9 * * SUN#4", "PT1H"), "2026-03-22T09:30", True),
        (("0 9 * * SUN#4", "PT1H"), "2026-03-15T09:30", False),
        (("0 9 L * *", "PT1H"), "2026-02-28T09:30", True),
        (("0 9 * * 5L", "PT1H"), "2026-03-27T09:30", True),
        (("0 9 * * 5L", "PT1H"), "2026-03-20T09:30", False),
        (("0 9 15 * MON", "PT1H"), "2026-03-15T09:30", True),
        (("0 9 15 * MON", "PT1H"), "2026-03-16T09:30", True),
        (("0 9 15 * MON", "PT1H"), "2026-03-17T09:30", False),
        (("at(2026-05-10T14:00)", "PT4H"), "2026-05-10T17:59", True),
        (("at(2026-05-10T14:00)", "PT4H"), "2026-05-10T18:00", False),
        (("at(2026-05-10T14:00)", "PT4H", "America/New_York"), "2026-05-10T18:00", True),
        (("at(2026-05-10T14:00)", "PT4H", "America/New_York"), "2026-05-10T17:59", False),
        # London is at +01:00 from 2026-03-29.
        (("0 2 * * *", "PT1H", "Europe/London"), "2026-03-28T02:30", True),
        (("0 2 * * *", "PT1H", "Europe/London"), "2026-03-30T01:30", True),
        (("0 2 * * *", "PT1H", "Europe/London"), "2026-03-30T02:30", False),
        (("0 2 * * *", "PT1H", "+05:30"), "2026-03-30T21:00", True),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_windows_open_and_close_on_time(mute: tuple[str, ...], moment: str, open_now: bool) -> None:
    assert (window_at(rule(*mute), at(moment)) is not None) is open_now


def test_start_and_expiry_bound_the_windows() -> None:
    bounded = rule("0 * * * *", "PT1H", StartDate="2026-03-01T10:00:00Z", ExpireDate="2026-03-01T12:30:00+00:00")
    moments = ["2026-03-01T09:30", "2026-03-01T10:00", "2026-03-01T12:29", "2026-03-01T12:30"]
    assert [window_at(bounded, at(m)) is not None for m in moments] == [False, True, True, False]
    assert [status(bounded, at(m)) for m in moments] == ["SCHEDULED", "ACTIVE", "ACTIVE", "EXPIRED"]
    window = window_at(bounded, at("2026-03-01T12:10"))
    assert window is not None
    assert window.end == at("2026-03-01T12:30")


def test_a_one_time_rule_expires_by_itself() -> None:
    once = rule("at(2026-05-10T14:00)", "PT1H")
    assert [status(once, at(f"2026-05-10T{hour}:30")) for hour in (13, 14, 15)] == ["SCHEDULED", "ACTIVE", "EXPIRED"]


def test_of_overlapping_windows_the_longest_counts() -> None:
    short, long = rule("0 9 * * *", "PT1H"), rule("30 9 * * *", "PT2H")
    window = muting([short, long], "one", at("2026-03-02T09:45"))
    assert window is not None
    assert window.end == at("2026-03-02T11:30")
    assert muting([short, long], "three", at("2026-03-02T09:45")) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("PT1M", 60), ("PT4H", 14400), ("P2DT12H", 216000), ("P15D", 1296000), ("P1W", 604800), ("PT90M", 5400)],
)
def test_durations(text: str, expected: int) -> None:
    assert read_duration(text) == timedelta(seconds=expected)


@pytest.mark.parametrize("text", ["", "P", "PT", "4H", "PT30S", "P16D", "P1DT", "PT-4H", "P1Y"])
def test_wrong_durations_are_refused(text: str) -> None:
    with pytest.raises(EvaluatorError):
        read_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "a * * * *",
        "* * * * MON#6",
        "1, * * * *",
        "at(2026-13-01T00:00)",
        "at(soon)",
        "rate(5 minutes)",
        "",
    ],
)
def test_wrong_schedules_are_refused(text: str) -> None:
    with pytest.raises(EvaluatorError):
        rule(text)


def test_at_most_a_hundred_alarms() -> None:
    with pytest.raises(EvaluatorError, match="101 alarms, 100 are allowed"):
        rule("* * * * *", MuteTargets={"AlarmNames": [str(i) for i in range(101)]})


def test_names_and_steps_of_cron() -> None:
    cron = parse_cron("5/20 */6 * jan,MAR-apr mon-wed")
    assert sorted(cron.minutes) == [5, 25, 45]
    assert sorted(cron.hours) == [0, 6, 12, 18]
    assert sorted(cron.months) == [1, 3, 4]
    assert sorted(cron.weekdays) == [1, 2, 3]
    assert cron.on(date(2026, 3, 2))
    assert not cron.on(date(2026, 3, 1))
