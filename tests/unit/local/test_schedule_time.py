"""When schedules are due, in their own time zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipewarden_cli.local.schedule_time import is_one_time, is_over, is_within, next_time


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOON = "2026-07-01T12:00:00"


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        pytest.param("at(2026-07-01T12:00:30)", None, NOON, "2026-07-01T12:00:30", id="a moment in UTC"),
        pytest.param("at(2026-07-01T12:00:30)", "Europe/London", NOON, "2026-07-01T11:00:30", id="a moment in a zone"),
        pytest.param("rate(1 minute)", None, NOON, "2026-07-01T12:01:00", id="a rate"),
        pytest.param("cron(0 2 * * ? *)", None, NOON, "2026-07-02T02:00:00", id="a daily time in UTC"),
        pytest.param("cron(0 2 * * ? *)", "Europe/London", NOON, "2026-07-02T01:00:00", id="a daily time in summer"),
        pytest.param(
            "cron(0 2 * * ? *)", "Europe/London", "2026-12-01T12:00:00", "2026-12-02T02:00:00", id="the same in winter"
        ),
        pytest.param("cron(30 6 ? * MON *)", None, NOON, "2026-07-06T06:30:00", id="a day of the week"),
    ],
)
def test_the_next_time(expression: str, zone: str | None, after: str, expected: str) -> None:
    schedule = {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}
    assert next_time(schedule, at(after)) == at(expected)


def test_what_cannot_be_read_is_never_due() -> None:
    assert next_time({"ScheduleExpression": "often"}, at(NOON)) is None


@pytest.mark.parametrize(
    ("given", "within", "over"),
    [
        pytest.param({}, True, False, id="no limits"),
        pytest.param({"StartDate": at(NOON) + 1}, False, False, id="not started"),
        pytest.param({"EndDate": at(NOON) - 1}, False, True, id="ended"),
        pytest.param({"StartDate": "2026-07-01T11:00:00Z", "EndDate": at(NOON) + 1}, True, False, id="between"),
    ],
)
def test_start_and_end(given: dict[str, object], within: bool, over: bool) -> None:
    assert (is_within(given, at(NOON)), is_over(given, at(NOON))) == (within, over)


def test_only_a_moment_is_one_time() -> None:
    assert is_one_time({"ScheduleExpression": "at(2026-07-01T12:00:30)"})
    assert not is_one_time({"ScheduleExpression": "rate(1 minute)"})
