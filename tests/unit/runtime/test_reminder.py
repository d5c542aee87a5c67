"""Reminders of what somebody has taken and what still fails."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.reminder import MOST_LOOKS, remind
from pipewarden.route_settings import Repeat
from pipewarden.window import QuietHours
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import START, Scene


def paged_scene(**route: Any) -> Scene:
    scene = Scene()
    severities = scene.workplace.settings.severities
    severities["P1"] = replace(severities["P1"], **route)  # type: ignore[index]
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    return scene


def asked(scene: Scene) -> list[dict[str, Any]]:
    return [row for row in scene.aws.scheduler.inputs("escalator") if "reminder" in row]


def follow(scene: Scene) -> str:
    """Let the time of the latest schedule come."""
    schedule = [s for s in scene.aws.scheduler.schedules.values() if '"reminder"' in s["Target"]["Input"]][-1]
    text = schedule["ScheduleExpression"].removeprefix("at(").removesuffix(")")
    scene.time = START.fromisoformat(f"{text}+00:00")
    return remind(scene.workplace, asked(scene)[-1])


def reminders(scene: Scene) -> list[str]:
    return [row["default"].splitlines()[0] for row in scene.aws.sns.published if "STILL FAILING" in row["default"]]


def test_what_somebody_took_and_still_fails_is_brought_back_a_few_times() -> None:
    scene = paged_scene(repeat=Repeat(times=2))
    scene.time = START + timedelta(minutes=20)
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    done = [follow(scene) for _ in range(3)]
    assert done == ["not yet", "reminded", "reminded"]
    assert reminders(scene) == [
        "STILL FAILING 1h after Ada acknowledged it at 02:30 UTC. Reminder 1 of 2.",
        "STILL FAILING 2h after Ada acknowledged it at 02:30 UTC. Reminder 2 of 2.",
    ]
    assert scene.aws.sns.published[-1]["subject"].startswith("Again: [P1] test/import: extract failed")
    assert len(asked(scene)) == 3
    assert [entry.text for entry in scene.store.timeline(scene.incident.id) if entry.kind == "reminded"] == [
        "reminder 1: still failing",
        "reminder 2: still failing",
    ]


def test_nobody_is_reminded_of_what_has_recovered() -> None:
    scene = paged_scene()
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    scene.time += timedelta(minutes=10)
    scene.run("r2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    assert follow(scene) == "nothing fails any more"
    assert reminders(scene) == []


def test_what_nobody_took_is_looked_at_again_and_not_for_ever() -> None:
    scene = paged_scene()
    assert follow(scene) == "not yet"
    assert asked(scene)[-1]["look"] == 1
    before = len(asked(scene))
    assert remind(scene.workplace, {**asked(scene)[-1], "look": MOST_LOOKS}) == "not yet"
    assert len(asked(scene)) == before


def test_a_newer_page_has_its_own_reminders() -> None:
    scene = paged_scene()
    assert remind(scene.workplace, {**asked(scene)[0], "page": 7}) == "a newer page has its own reminders"


def test_a_reminder_waits_for_the_end_of_quiet_hours() -> None:
    scene = paged_scene(quiet_hours=QuietHours(start="03:00", end="07:00"))
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    assert follow(scene) == "not yet"
    assert reminders(scene) == []
    assert follow(scene) == "reminded"
    assert scene.time == START.replace(hour=7, minute=0)


@pytest.mark.parametrize("times", [0])
def test_where_nothing_repeats_nobody_is_reminded(times: int) -> None:
    assert asked(paged_scene(repeat=Repeat(times=times))) == []


def test_a_reminder_that_is_delivered_twice_is_sent_once() -> None:
    scene = paged_scene()
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    scene.time += timedelta(hours=1, seconds=2)
    event = asked(scene)[0]
    assert remind(scene.workplace, event) == "reminded"
    assert remind(scene.workplace, event) == "it was sent already"


def test_a_crash_anywhere_still_reminds() -> None:
    def ready() -> Scene:
        scene = paged_scene()
        acknowledge(scene.workplace, scene.incident.id, "Ada")
        scene.time += timedelta(hours=1, seconds=2)
        return scene

    plain = ready()
    plain.aws.calls.clear()
    remind(plain.workplace, asked(plain)[0])
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = ready()
            event = asked(scene)[0]
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                remind(scene.workplace, event)
            scene.aws.revive()
            remind(scene.workplace, event)
            assert 1 <= len(reminders(scene)) <= 2
            assert scene.incident.reminders == 1
            assert [(row["reminder"], row["look"]) for row in asked(scene)] == [(1, 0), (2, 0)]
