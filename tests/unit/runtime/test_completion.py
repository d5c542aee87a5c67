"""The message that a run has succeeded: off by default, once for one run, to the channels that the pipeline names."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipewarden.completion import completes
from pipewarden.route_settings import Channel
from pipewarden.signal import SignalKind
from pipewarden.window import QuietHours
from tests.unit.runtime.scene import RETRY, START, Scene, job_technology, make_settings, resource


def telling(*channels: str, **more: Any) -> Scene:
    scene = Scene(**more)
    pipelines: Any = scene.workplace.settings.pipelines
    resources = {"job": resource("job", retry=RETRY)}
    pipelines["import"] = replace(pipelines["import"], completion=channels, resources=resources)
    return scene


def succeed(scene: Scene, run_id: str = "r1", minutes: float = 41) -> str:
    scene.run(run_id, "running", started=scene.time - timedelta(minutes=minutes))
    return scene.handle(scene.ended("job", run_id, "succeeded"))


def finished(scene: Scene) -> list[str]:
    rows = [row for row in scene.aws.sns.published if "[finished]" in row["subject"] or "stands in" in row["default"]]
    return [f"{row['topic'].rpartition('-')[2]}: {row['subject']}" for row in rows]


def deliver(scene: Scene) -> list[str]:
    return [scene.handle(signal) for signal in scene.due(SignalKind.COMPLETED)]


def test_nobody_is_told_unless_it_is_declared() -> None:
    scene = telling()
    succeed(scene)
    assert (scene.aws.scheduler.schedules, scene.aws.sns.published) == ({}, [])


def test_each_channel_is_told_once_whatever_comes_twice() -> None:
    scene = telling("team", "board")
    for run in ("r1", "r2"):
        succeed(scene, run, minutes=38)
    scene.aws.scheduler.schedules.clear()
    succeed(scene, "r3", minutes=41)
    assert succeed(scene, "r3") == "duplicate"
    assert deliver(scene) * 2 + deliver(scene) == ["told", "told", "duplicate"]
    story = "[finished] test/import: job finished 02:10 UTC after 41m (usual 38m)"
    assert finished(scene) == [f"team: {story}", f"board: {story}"]
    assert scene.aws.sns.published[0]["default"] == (
        "import (test): job finished 02:10 UTC after 41m (usual 38m)\n\nRun r3. Nobody has to act.\n"
    )
    assert scene.store.recent() == [], "no incident"


def test_the_first_run_has_no_usual_and_one_that_does_not_tell_no_time() -> None:
    scene = telling("team")
    succeed(scene)
    deliver(scene)
    assert finished(scene)[0].endswith("finished 02:10 UTC after 41m")


def test_a_retry_that_succeeds_says_so() -> None:
    scene = telling("team")
    scene.handle(scene.ended("job", "r1", "failed", "transient"))
    scene.handle(scene.due()[0])
    started = scene.jobs.started[0].run_id
    scene.time += timedelta(minutes=5)
    scene.handle(scene.ended("job", started, "succeeded"))
    deliver(scene)
    assert "It was retry 1.\n" in scene.aws.sns.published[-1]["default"]


def test_a_crash_before_the_success_counts_as_seen_tells_once() -> None:
    for call in range(1, 8):
        for after in (False, True):
            scene = telling("team")
            scene.run("r1", "running", started=scene.time - timedelta(minutes=41))
            signal = scene.ended("job", "r1", "succeeded")
            scene.aws.crash_at(call, after=after)
            scene.deliver_until_done(signal)
            scene.aws.revive()
            deliver(scene)
            assert len(finished(scene)) == 1, f"call {call}, {after}"


def test_quiet_hours_put_it_off() -> None:
    scene = telling("team", severity="P2")
    severities: Any = scene.workplace.settings.severities
    severities["P2"] = replace(severities["P2"], quiet_hours=QuietHours(start="02:00", end="06:00"))
    succeed(scene)
    (schedule,) = scene.aws.scheduler.schedules.values()
    assert schedule["ScheduleExpression"] == "at(2026-03-01T06:00:00)"


@pytest.mark.parametrize("mode", ["observe", "off"])
def test_it_is_told_whatever_the_mode_of_remediation(mode: str) -> None:
    scene = telling("team", mode=mode)
    succeed(scene)
    assert deliver(scene) == ["told"]


def test_what_succeeded_days_ago_is_no_news() -> None:
    scene = telling("team")
    signal = scene.ended("job", "r1", "succeeded")
    scene.time += timedelta(days=1, seconds=1)
    scene.handle(signal)
    assert scene.due(SignalKind.COMPLETED) == []


def test_a_channel_that_fails_is_replaced_by_the_page_topic() -> None:
    scene = telling("chat")
    channels: Any = scene.workplace.settings.channels
    channels["chat"] = Channel(type="slack")
    succeed(scene)
    deliver(scene)
    (row,) = scene.aws.sns.published
    assert row["topic"].endswith("page-P1")
    assert row["default"].startswith("Channel chat failed; this message stands in for it: chat (no secret is named")


def test_a_pipeline_that_does_not_ask_any_more_tells_nobody() -> None:
    scene = telling("team")
    succeed(scene)
    pipelines: Any = scene.workplace.settings.pipelines
    pipelines["import"] = replace(pipelines["import"], completion=())
    assert (deliver(scene), finished(scene)) == (["undeclared"], [])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("extract", False), ("load", True), ("merge", False), ("ingest", False)],
    ids=["another run follows it", "the last one", "it runs within another", "it has no runs"],
)
def test_a_pipeline_has_run_through_when_its_last_run_has(name: str, expected: bool) -> None:
    pipeline = make_settings().pipelines["import"]
    assert completes(pipeline, name, {"job": job_technology(idempotent=True)}) is expected


def test_what_only_looks_at_data_afterwards_is_no_run() -> None:
    pipeline = make_settings().pipelines["import"]
    after = replace(pipeline.resources["ingest"], after=("load",))
    pipeline = replace(pipeline, resources={**pipeline.resources, "ingest": after})
    assert completes(pipeline, "load", {"job": job_technology(idempotent=True)})


def test_the_time_is_that_of_the_run() -> None:
    scene = telling("team")
    scene.time = datetime.fromisoformat("2026-03-01T03:12:00+00:00")
    signal = scene.ended("job", "r1", "succeeded")
    scene.time += timedelta(minutes=30)
    scene.handle(signal)
    deliver(scene)
    assert "job finished 03:12 UTC after 1h 2m" in finished(scene)[0]
    assert scene.time > START
