"""Maintenance windows and quiet hours: when they are open, the two nights on which the clock changes included."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.heartbeat import beat
from pipewarden.window import Maintenance, QuietHours, open_window, quiet_until
from pipewarden_cli.evaluator.mute import read_mute_rule, window_at
from pipewarden_plan.mute_plan import iso_duration, mute_expression
from tests.unit.runtime.scene import Scene


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHTLY = Maintenance(name="nightly", cron="30 1 * * *", duration_seconds=7200, timezone="Europe/London")
ONCE = Maintenance(name="move", at="2026-03-28T23:00", duration_seconds=4 * 3600, timezone="Europe/London")


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        (NIGHTLY, "2026-01-10T01:29:59", None),
        (NIGHTLY, "2026-01-10T01:30", "2026-01-10T03:30"),
        (NIGHTLY, "2026-01-10T03:29:59", "2026-01-10T03:30"),
        (NIGHTLY, "2026-01-10T03:30", None),
        (NIGHTLY, "2026-07-10T00:30", "2026-07-10T02:30"),
        (NIGHTLY, "2026-03-29T01:30", "2026-03-29T03:30"),
        (NIGHTLY, "2026-10-25T00:30", "2026-10-25T02:30"),
        (ONCE, "2026-03-28T22:59", None),
        (ONCE, "2026-03-29T02:59", "2026-03-29T03:00"),
        (ONCE, "2027-03-28T23:30", None),
    ],
    ids=[
        "a second before it starts",
        "as it starts",
        "a second before it ends",
        "as it ends",
        "in summer an hour earlier by UTC",
        "a start that the clock skips is the moment behind the gap",
        "a start that comes twice is the first",
        "before a window that comes once",
        "in a window that comes once, over the change",
        "a year later it does not come again",
    ],
)
def test_a_window_is_open_from_its_start_for_its_duration(
    window: Maintenance, moment: str, expected: str | None
) -> None:
    found = open_window(window, at(moment))
    assert (found.end if found else None) == (at(expected) if expected else None)


CRONS = ("30 1 * * *", "0 1 1 * *", "*/20 0-3 * * SUN", "15 2 29 3 *", "0 0 1 * MON", "59 23 28-31 2,3,10 *")


@given(
    st.sampled_from(CRONS),
    st.integers(1, 3 * 1440),
    st.sampled_from(["UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(0, 365 * 1440),
)
def test_our_windows_are_those_in_which_cloudwatch_mutes(cron: str, minutes: int, zone: str, later: int) -> None:
    window = Maintenance(name="w", cron=cron, duration_seconds=minutes * 60, timezone=zone)
    schedule = {"Expression": mute_expression(window), "Duration": iso_duration(minutes * 60), "Timezone": zone}
    rule = read_mute_rule({"Name": "w", "Rule": {"Schedule": schedule}})
    moment = at("2026-01-01T00:00") + timedelta(minutes=later)
    ours, theirs = open_window(window, moment), window_at(rule, moment)
    assert (ours.end if ours else None) == (theirs.end if theirs else None)


def test_a_zone_that_is_not_known_holds_back_nothing() -> None:
    unknown = Maintenance(name="w", cron="* * * * *", duration_seconds=60, timezone="Mars/Olympus")
    assert open_window(unknown, at("2026-01-01T00:00")) is None


NIGHT = QuietHours(start="22:00", end="07:00", timezone="Europe/London")


@pytest.mark.parametrize(
    ("quiet", "moment", "expected"),
    [
        (NIGHT, "2026-01-10T21:59", None),
        (NIGHT, "2026-01-10T22:00", "2026-01-11T07:00"),
        (NIGHT, "2026-01-11T06:59", "2026-01-11T07:00"),
        (NIGHT, "2026-01-11T07:00", None),
        (NIGHT, "2026-03-29T02:00", "2026-03-29T06:00"),
        (QuietHours(start="12:00", end="13:00"), "2026-01-11T12:30", "2026-01-11T13:00"),
        (None, "2026-01-11T12:30", None),
    ],
    ids=[
        "not yet",
        "as they begin",
        "before midnight's other side ends",
        "as they end",
        "shorter in the night of the change",
        "within one day",
        "none",
    ],
)
def test_quiet_hours_end_at_a_local_time(quiet: QuietHours | None, moment: str, expected: str | None) -> None:
    assert quiet_until(quiet, at(moment)) == (at(expected) if expected else None)


@pytest.mark.parametrize(
    ("pipelines", "hour", "expected"),
    [
        (("*",), 2, ["", "import", "other"]),
        (("other",), 2, ["", "other"]),
        (("*",), 5, []),
    ],
)
def test_each_minute_of_a_window_leaves_a_mark_for_graphs(
    pipelines: tuple[str, ...], hour: int, expected: list[str]
) -> None:
    window = Maintenance(name="w", cron="0 2 * * *", duration_seconds=3600, pipelines=pipelines)
    scene = Scene(maintenance=(window,))
    scene.time = scene.time.replace(hour=hour)
    beat(scene.workplace)
    assert [row.pipeline for row in scene.measured if row.name == "InMaintenance"] == expected
    assert scene.metric("Heartbeat") == [1.0]
