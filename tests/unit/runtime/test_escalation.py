"""The chain of rungs: who is called when, and what stops it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.escalator import call_rung
from pipewarden.route_settings import Repeat
from pipewarden.signal import Signal, SignalKind
from pipewarden.window import QuietHours
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import START, Scene

REPEAT = Repeat()


def paged_scene() -> Scene:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    return scene


def calls(scene: Scene) -> list[dict[str, Any]]:
    return [row for row in scene.aws.scheduler.inputs("escalator") if "rung" in row]


def test_the_first_rung_is_called_at_once_and_the_next_one_scheduled() -> None:
    scene = paged_scene()
    assert [row["topic"] for row in scene.aws.sns.published] == [
        "pipewarden-test-page-P1",
        "pipewarden-test-to-primary",
    ]
    (schedule,) = [s for s in scene.aws.scheduler.schedules.values() if '"rung"' in s["Target"]["Input"]]
    assert schedule["ScheduleExpression"] == "at(2026-03-01T02:25:05)"


def test_the_last_rung_repeats_a_few_times_and_then_the_chain_ends() -> None:
    scene = paged_scene()
    for _ in range(1 + REPEAT.times):
        event = calls(scene)[-1]
        scene.time += timedelta(minutes=30)
        assert call_rung(scene.workplace, event) == "called"
    assert len(calls(scene)) == 1 + REPEAT.times
    again = [row for row in scene.aws.sns.published if row["topic"] == "pipewarden-test-to-secondary"]
    assert len(again) == 1 + REPEAT.times
    assert again[0]["sms"].startswith("NOT ACKNOWLEDGED since 02:10 UTC (30m). P1 test/import: extract failed")
    assert [entry.kind for entry in scene.store.timeline(scene.incident.id)].count("escalated") == 1 + REPEAT.times


def test_an_acknowledged_page_is_not_sent_on() -> None:
    scene = paged_scene()
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    before = len(scene.aws.sns.published)
    assert call_rung(scene.workplace, calls(scene)[0]) == "acknowledged by Ada"
    assert len(scene.aws.sns.published) == before
    assert scene.store.timeline(scene.incident.id)[-1].text == "rung 2 not called: acknowledged by Ada"


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"incident": "unknown"}, "there is no such incident"),
        ({"page": 0}, "a newer page has its own chain"),
        ({"rung": 7}, "the rung is not declared any more"),
    ],
)
def test_a_call_that_is_out_of_date_is_not_made(event: dict[str, Any], why: str) -> None:
    scene = paged_scene()
    assert call_rung(scene.workplace, {**calls(scene)[0], **event}) == why


def test_a_call_that_is_delivered_twice_is_made_once() -> None:
    scene = paged_scene()
    event = calls(scene)[0]
    assert call_rung(scene.workplace, event) == "called"
    assert call_rung(scene.workplace, event) == "it was made already"


def test_a_recovered_incident_stops_the_chain_and_tells_who_was_called() -> None:
    scene = paged_scene()
    call_rung(scene.workplace, calls(scene)[0])
    scene.time += timedelta(minutes=40)
    scene.run("r2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    told = [subject.split(":")[0] for subject in scene.subjects if "[recovered]" in subject]
    assert told == ["pipewarden-test-page-P1", "pipewarden-test-to-primary", "pipewarden-test-to-secondary"]
    assert call_rung(scene.workplace, calls(scene)[-1]) == "the incident is recovered"


def test_what_came_up_since_the_page_is_said() -> None:
    scene = paged_scene()
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="stale"))
    call_rung(scene.workplace, calls(scene)[0])
    assert "Since then: extract: Stale." in scene.aws.sns.published[-1]["default"].splitlines()[0]


def test_a_page_that_is_gone_is_told_from_the_incident() -> None:
    scene = paged_scene()
    del scene.aws.dynamodb.items[f"INCIDENT#{scene.incident.id}", "PAGE#001"]
    call_rung(scene.workplace, calls(scene)[0])
    assert "P1 import (test): extract failed" in scene.aws.sns.published[-1]["default"]


def test_a_crash_anywhere_still_calls_the_rung() -> None:
    plain = paged_scene()
    plain.aws.calls.clear()
    call_rung(plain.workplace, calls(plain)[0])
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = paged_scene()
            event = calls(scene)[0]
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                call_rung(scene.workplace, event)
            scene.aws.revive()
            call_rung(scene.workplace, event)
            sent = [row for row in scene.aws.sns.published if row["topic"] == "pipewarden-test-to-secondary"]
            assert 1 <= len(sent) <= 2
            assert scene.incident.rungs == ("1.1.0",)
            assert len(calls(scene)) == 2


def test_a_page_whose_only_rung_is_called_at_once_repeats_it() -> None:
    scene = Scene()
    severities = scene.workplace.settings.severities
    severities["P1"] = replace(severities["P1"], escalate=severities["P1"].escalate[:1])  # type: ignore[index]
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    assert [(row["rung"], row["repeat"]) for row in calls(scene)] == [(0, 1)]


def test_a_severity_may_repeat_in_its_own_way() -> None:
    scene = Scene()
    severities = scene.workplace.settings.severities
    severities["P1"] = replace(severities["P1"], repeat=Repeat(every_seconds=600, times=2))  # type: ignore[index]
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    for _ in range(3):
        event, before = calls(scene)[-1], scene.time
        scene.time += timedelta(minutes=20)
        assert call_rung(scene.workplace, event) == "called"
    assert [(row["rung"], row["repeat"]) for row in calls(scene)] == [(1, 0), (1, 1), (1, 2)]
    last = list(scene.aws.scheduler.schedules.values())[-1]
    assert last["ScheduleExpression"] == f"at({before + timedelta(minutes=10):%Y-%m-%dT%H:%M:%S})"


def test_a_call_in_quiet_hours_waits_until_they_end() -> None:
    scene = paged_scene()
    severities = scene.workplace.settings.severities
    quiet = QuietHours(start="02:20", end="07:00")
    severities["P1"] = replace(severities["P1"], quiet_hours=quiet)  # type: ignore[index]
    scene.time += timedelta(minutes=15)
    before = len(scene.aws.sns.published)
    assert call_rung(scene.workplace, calls(scene)[0]) == "waits until quiet hours end"
    assert len(scene.aws.sns.published) == before
    scene.time = START.replace(hour=7, minute=0)
    assert calls(scene)[1] == calls(scene)[0]
    assert call_rung(scene.workplace, calls(scene)[1]) == "called"
