"""Runs that are late, missing, too few or stuck: noticed by the reconciler, told once, ended by themselves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipewarden.coverage import Coverage
from pipewarden.expectation import Watch, judge
from pipewarden.run import Run
from pipewarden.schedule_time import starts_between
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.night import EVERY, Night

NIGHTLY = {"cron": "0 2 * * *", "timezone": "Europe/London"}
HOURLY = {"cron": "15 * * * *", "timezone": "UTC"}
WEEKLY = {"cron": "30 6 * * MON", "timezone": "America/New_York"}
EVERY_15 = {"rate": "900s", "timezone": "UTC"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def expecting(now: str, schedule: Mapping[str, str] | None = None, **expect: Any) -> Night:
    """One job that is declared so, after the first pass at this time."""
    night = Night()
    night.time = at(now)
    declared = night.workplace.settings.pipelines["import"]
    job = replace(declared.resources["extract"], retry=None)
    pipeline = replace(declared, schedule=schedule or {}, expect=expect, resources={"extract": job})
    settings = replace(night.workplace.settings, pipelines={"import": pipeline})
    object.__setattr__(night.workplace, "settings", settings)
    night.a_pass()
    return night


def until(night: Night, moment: str) -> None:
    while night.time < at(moment):
        night.pass_by()


def reasons(night: Night) -> list[str]:
    """What is open, over all incidents."""
    return [reason.text for incident in night.store.recent() for reason in incident.open_reasons]


def pages(night: Night) -> int:
    return sum(subject.startswith("pipewarden-test-page-P1: [P1]") for subject in night.subjects)


def ended(night: Night, run_id: str, state: str = "succeeded") -> None:
    """The end of a run, told by its event."""
    started = night.jobs.runs[run_id].started
    assert started
    night.ran("extract", run_id, state, started=started)
    kind = {"succeeded": SignalKind.RUN_SUCCEEDED, "failed": SignalKind.RUN_FAILED, "stopped": SignalKind.RUN_STOPPED}
    night.handle(
        Signal(
            kind=kind[state], time=night.time, technology="job", identity="extract", run_id=run_id, state=state.upper()
        )
    )


MISSING = [
    pytest.param(NIGHTLY, "2026-03-27T12:00", "2026-03-28T02:32", "2026-03-28 02:00 Europe/London", id="nightly"),
    pytest.param(
        NIGHTLY,
        "2026-03-28T12:00",
        "2026-03-29T01:32",
        "2026-03-29 02:00 Europe/London",
        id="nightly, the clock changes",
    ),
    pytest.param(HOURLY, "2026-03-28T12:30", "2026-03-28T13:47", "2026-03-28 13:15 UTC", id="hourly"),
    pytest.param(
        WEEKLY,
        "2026-03-06T12:00",
        "2026-03-09T11:02",
        "2026-03-09 06:30 America/New_York",
        id="weekly, the clock changes",
    ),
    pytest.param(
        {"cron": "*/5 * * * *"},
        "2026-03-28T12:01",
        "2026-03-28T12:12",
        "2026-03-28 12:05 UTC",
        id="within the interval",
    ),
]


@pytest.mark.parametrize(("schedule", "first", "noticed", "named"), MISSING)
def test_a_schedule_alone_is_enough_to_notice_the_run_that_never_started(
    schedule: dict[str, str], first: str, noticed: str, named: str
) -> None:
    night = expecting(first, schedule)
    until(night, (at(noticed) - timedelta(minutes=6)).isoformat()[:16])
    before = pages(night)
    night.time = at(noticed) - EVERY
    night.pass_by()
    assert (before, pages(night)) == (0, 1)
    assert named in reasons(night)[0]
    assert "has not started" in night.aws.sns.published[0]["default"]


@pytest.mark.parametrize(("schedule", "first", "noticed", "named"), MISSING[:4])
def test_a_run_that_starts_in_time_is_not_missed_and_one_that_comes_late_ends_it(
    schedule: dict[str, str], first: str, noticed: str, named: str
) -> None:
    due = starts_between({"timezone": "UTC", **schedule}, at(first), at(noticed))[-1]
    for late, expected in ((timedelta(minutes=29), 0), (timedelta(minutes=45), 1)):
        night = expecting(first, schedule)
        until(night, (due + late).isoformat()[:16])
        night.ran("extract", "r1", "running", started=due + late)
        night.pass_by(2)
        assert pages(night) == expected
        ended(night, "r1")
        assert reasons(night) == []


def test_no_run_is_due_in_the_hour_that_the_clock_skips_and_one_in_the_hour_that_comes_twice() -> None:
    schedule = {"cron": "30 1 * * *", "timezone": "Europe/London"}
    spring = starts_between(schedule, at("2026-03-28T00:00"), at("2026-03-31T00:00"))
    autumn = starts_between(schedule, at("2026-10-24T00:00"), at("2026-10-27T00:00"))
    assert [f"{moment:%d %H:%M}" for moment in spring] == ["28 01:30", "30 00:30"]
    assert [f"{moment:%d %H:%M}" for moment in autumn] == ["24 00:30", "25 00:30", "26 01:30"]


@pytest.mark.parametrize("expect", [{"finished_by": "06:00"}, {"started_by": "02:30"}])
def test_where_a_time_of_day_is_declared_that_is_what_is_judged(expect: dict[str, str]) -> None:
    night = expecting("2026-03-27T12:00", NIGHTLY, **expect)
    until(night, "2026-03-28T05:00")
    assert night.subjects == []
    both = expecting("2026-03-27T12:00", NIGHTLY, **expect, started_within=600)
    until(both, "2026-03-28T02:20")
    assert pages(both) == 1


def test_a_rate_is_missed_when_two_intervals_pass_without_a_start() -> None:
    night = expecting("2026-03-28T12:00", EVERY_15)
    night.ran("extract", "r1", "succeeded", started=at("2026-03-28T12:10"))
    until(night, "2026-03-28T12:40")
    assert pages(night) == 0
    until(night, "2026-03-28T14:00")
    assert pages(night) == 1
    assert "since 2026-03-28 12:10 UTC" in reasons(night)[0]
    assert night.metric("ExpectationsMissed").count(1.0) == 1


def test_no_success_in_a_time_is_told_once_and_ends_with_the_next_one() -> None:
    night = expecting("2026-03-28T12:00", success_within=7200)
    night.ran("extract", "r1", "running", started=at("2026-03-28T12:10"))
    night.time = at("2026-03-28T12:20")
    ended(night, "r1")
    until(night, "2026-03-28T14:20")
    assert pages(night) == 0
    until(night, "2026-03-28T16:00")
    assert pages(night) == 1
    assert reasons(night) == ["extract has not succeeded since 2026-03-28 12:20 UTC: once in 2h is expected"]
    night.ran("extract", "r2", "running", started=night.time)
    ended(night, "r2")
    assert reasons(night) == []
    assert pages(night) == 1


def test_fewer_runs_in_a_window_than_expected() -> None:
    night = expecting("2026-03-28T12:20", runs={"min": 3, "per": 3600})
    for hour, count in ((13, 3), (14, 2)):
        for number in range(count):
            night.ran("extract", f"r{hour}-{number}", "succeeded", started=at(f"2026-03-28T{hour}:{10 * number:02}"))
    until(night, "2026-03-28T14:30")
    assert pages(night) == 0
    until(night, "2026-03-28T15:10")
    assert pages(night) == 1
    assert "started 2 of at least 3 runs in the 1h before 2026-03-28 15:00 UTC" in reasons(night)[0]


STUCK = [
    pytest.param(NIGHTLY, "2026-03-27T12:00", "2026-03-28T02:00", "2026-03-29T02:02", id="nightly, the clock changes"),
    pytest.param(HOURLY, "2026-03-28T12:30", "2026-03-28T13:15", "2026-03-28T14:17", id="hourly"),
    pytest.param(WEEKLY, "2026-03-13T12:00", "2026-03-16T10:30", "2026-03-23T10:32", id="weekly"),
    pytest.param(EVERY_15, "2026-03-28T12:00", "2026-03-28T12:10", "2026-03-28T12:27", id="by a rate"),
]


@pytest.mark.parametrize(("schedule", "first", "started", "noticed"), STUCK)
def test_without_a_limit_a_run_is_stuck_once_its_next_one_is_due(
    schedule: dict[str, str], first: str, started: str, noticed: str
) -> None:
    night = expecting(first, schedule)
    night.ran("extract", "r1", "running", started=at(started))
    night.time = at(noticed) - EVERY
    night.pass_by()
    assert [text for text in reasons(night) if "still running" in text] == []
    night.pass_by()
    (text,) = [text for text in reasons(night) if "still running" in text]
    assert text.startswith(f"extract is still running since {at(started):%Y-%m-%d %H:%M} UTC: the next run is due")
    ended(night, "r1")
    assert [text for text in reasons(night) if "still running" in text] == []


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        pytest.param(10, True, id="usually it takes minutes"),
        pytest.param(70, False, id="runs of an hour usually overlap"),
    ],
)
def test_what_is_usual_is_not_stuck(minutes: int, told: bool) -> None:
    night = expecting("2026-03-28T10:00", HOURLY)
    for number in range(2):
        night.ran("extract", f"good-{number}", "running", started=night.time - timedelta(minutes=minutes))
        ended(night, f"good-{number}")
    night.ran("extract", "r1", "running", started=at("2026-03-28T10:15"))
    until(night, "2026-03-28T12:30")
    texts = [text for text in reasons(night) if "still running" in text]
    usual = "extract is still running since 2026-03-28 10:15 UTC: the next run is due, and 10m is usual"
    assert texts == ([usual] if told else [])


@pytest.mark.parametrize(
    ("started", "expect"),
    [
        pytest.param("2026-03-28T01:50", {}, id="started by hand shortly before its time"),
        pytest.param("2026-03-28T02:00", {"finished_by": "06:00"}, id="a time of day is declared"),
        pytest.param("2026-03-28T02:00", {"duration": {"max": 200_000}}, id="it may take longer"),
    ],
)
def test_a_run_that_has_time_is_not_stuck(started: str, expect: dict[str, Any]) -> None:
    night = expecting("2026-03-27T12:00", NIGHTLY, **expect)
    night.ran("extract", "r1", "running", started=at(started))
    night.time = at("2026-03-29T00:45") if not expect else at("2026-03-29T12:00")
    night.pass_by()
    assert [text for text in reasons(night) if "still running" in text] == []


@pytest.mark.parametrize(("inner", "told"), [(False, ["still-running"]), (True, [])], ids=["its own", "another's"])
def test_what_another_resource_starts_is_judged_with_that(inner: bool, told: list[str]) -> None:
    run = Run(run_id="r1", state="running", started=at("2026-03-28T12:15"))
    now = at("2026-03-28T13:20")
    watch = Watch(
        resource="merge",
        expect={},
        schedule=HOURLY,
        entry=False,
        inner=inner,
        coverage=Coverage(first=at("2026-03-28T12:00"), until=now),
        horizon=now,
        runs=(run,),
    )
    assert [miss.expectation for miss in judge(watch)] == told


@pytest.mark.parametrize(
    ("schedule", "first", "runs"),
    [
        pytest.param(NIGHTLY, "2026-03-27T12:00", ["2026-03-28T02:00", "2026-03-29T01:00"], id="nightly"),
        pytest.param(HOURLY, "2026-03-28T12:30", [f"2026-03-28T{hour}:15" for hour in range(13, 20)], id="hourly"),
        pytest.param(WEEKLY, "2026-03-06T12:00", ["2026-03-09T10:30", "2026-03-16T10:30"], id="weekly"),
    ],
)
def test_where_runs_start_in_time_and_end_well_nobody_is_told(
    schedule: dict[str, str], first: str, runs: list[str]
) -> None:
    night = expecting(first, schedule)
    for number, moment in enumerate(runs):
        until(night, moment)
        night.ran("extract", f"r{number}", "running", started=at(moment))
        night.pass_by(4)
        ended(night, f"r{number}")
    night.pass_by(3)
    assert (pages(night), reasons(night)) == (0, [])


@pytest.mark.parametrize("end", ["succeeded", "failed", "stopped"])
@pytest.mark.parametrize("expect", [{"max": 2700}, {"ratio": 2}, {"max": 86400, "ratio": 2}], ids=str)
def test_a_run_that_goes_on_for_too_long_is_told_once_and_ends_with_it(expect: dict[str, float], end: str) -> None:
    night = expecting("2026-03-28T12:00", duration=expect)
    for number in range(2):
        night.ran("extract", f"good-{number}", "running", started=night.time - timedelta(minutes=22, seconds=30))
        ended(night, f"good-{number}")
    start = at("2026-03-28T12:05")
    night.ran("extract", "r1", "running", started=start)
    until(night, "2026-03-28T12:45")
    assert pages(night) == 0
    until(night, "2026-03-28T15:00")
    assert pages(night) == 1
    assert reasons(night) == ["extract is still running since 2026-03-28 12:05 UTC, at most 45m is expected"]
    # Another run that succeeds meanwhile does not end the one that is stuck.
    night.ran("extract", "r2", "running", started=at("2026-03-28T14:00"))
    ended(night, "r2")
    assert len(reasons(night)) == 1
    ended(night, "r1", end)
    assert [text for text in reasons(night) if "still running" in text] == []
    assert (reasons(night) == []) == (end != "failed")


def test_the_alarm_about_the_length_of_a_run_repeats_what_was_told_while_it_ran() -> None:
    night = expecting("2026-03-28T12:00", duration={"max": 2700})
    stale = night.workplace.settings.alarms["stale"]
    night.workplace.settings.alarms["long"] = replace(stale, key="extract.duration")  # type: ignore[index]
    night.ran("extract", "r1", "running", started=at("2026-03-28T12:05"))
    until(night, "2026-03-28T13:00")
    ended(night, "r1")
    night.time += timedelta(minutes=3)
    raised = Signal(kind=SignalKind.ALARM_RAISED, time=night.time, alarm="long")
    assert night.handle(raised) == "ignore"
    later = night.time + timedelta(hours=2)
    night.time = later
    assert night.handle(replace(raised, time=later)) == "page"


def test_a_signal_that_waited_until_the_run_had_ended_pages_nobody() -> None:
    night = expecting("2026-03-28T12:00", duration={"max": 2700})
    night.ran("extract", "r1", "running", started=at("2026-03-28T12:05"))
    night.time = at("2026-03-28T13:00")
    night.a_pass()
    (late,) = night.queued
    ended(night, "r1")
    assert night.handle(late) == "ignore"
    assert night.store.recent() == []


@pytest.mark.parametrize("expect", [{"success_within": 7200}, {"started_within": 600}], ids=str)
def test_a_signal_that_waited_until_a_run_had_succeeded_pages_nobody(expect: dict[str, float]) -> None:
    night = expecting("2026-03-28T12:00", HOURLY if "started_within" in expect else None, **expect)
    night.time = at("2026-03-28T14:10") if "success_within" in expect else at("2026-03-28T12:30")
    night.a_pass()
    (late,) = night.queued
    night.ran("extract", "r1", "running", started=night.time)
    ended(night, "r1")
    assert night.handle(late) == "ignore"


def test_the_end_of_a_stuck_run_that_no_event_tells_is_looked_up() -> None:
    night = expecting("2026-03-28T12:00", duration={"max": 2700})
    night.ran("extract", "r1", "running", started=at("2026-03-28T12:05"))
    until(night, "2026-03-28T13:00")
    (check,) = night.due(SignalKind.CHECK_DUE)
    night.time = check.time
    assert night.handle(check) == "wait"
    night.ran("extract", "r1", "succeeded", started=at("2026-03-28T12:05"))
    second = night.due(SignalKind.CHECK_DUE)[-1]
    night.time = second.time
    night.handle(second)
    assert reasons(night) == []
    assert night.incident.state == "recovered"


def test_a_crash_anywhere_in_a_pass_tells_of_a_missed_start_once() -> None:
    calls = 0
    for number in range(30):
        night = expecting("2026-03-28T12:00", HOURLY)
        night.time = at("2026-03-28T12:50")
        if number:
            night.aws.crash_at((number + 1) // 2, after=number % 2 == 0)
            try:
                night.a_pass()
            except Crash:
                calls += 1
            night.aws.revive()
        night.deliver()
        night.pass_by(3)
        assert pages(night) == 1
        assert night.time - at("2026-03-28T12:50") == 3 * EVERY
    assert calls >= 8


def test_started_by_asks_for_a_start_and_finished_by_for_a_success() -> None:
    night = expecting("2026-03-28T12:00")
    night.ran("extract", "r1", "running", started=at("2026-03-28T12:05"))
    night.time = at("2026-03-28T13:00")
    asked = Signal(
        kind=SignalKind.DEADLINE_REACHED, time=night.time, pipeline="import", detail={"window_seconds": 7200}
    )
    assert night.handle(replace(asked, state="started")) == "ignore"
    assert night.handle(asked) == "page"
    assert reasons(night) == ["extract is still running since 12:05 UTC"]
