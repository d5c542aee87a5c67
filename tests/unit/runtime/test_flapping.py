"""Incidents that come and go: when they are told as one, what that page says, and how it ends."""

from dataclasses import replace
from datetime import timedelta

from pipewarden.acknowledgement import acknowledge
from pipewarden.flapping import count_cycles, remember_end
from pipewarden.incident import Incident
from pipewarden.route_settings import Flapping
from pipewarden.signal import Signal, SignalKind
from pipewarden.window import Maintenance
from tests.unit.runtime.scene import START, Scene

RULE = Flapping(cycles=3, within_seconds=3600, calm_seconds=1800)


def raised(scene: Scene, kind: SignalKind = SignalKind.ALARM_RAISED) -> str:
    scene.time += timedelta(minutes=2)
    return scene.handle(Signal(kind=kind, time=scene.time, alarm="stale", detail={"reason": "Threshold Crossed"}))


def cycle(scene: Scene, times: int) -> None:
    """The alarm comes and goes."""
    for _ in range(times):
        raised(scene)
        raised(scene, SignalKind.ALARM_CLEARED)


def latest(scene: Scene) -> Incident:
    found: Incident = scene.store.recent()[0]
    return found


def calm(scene: Scene) -> str:
    signal = scene.due(SignalKind.HOLD_DUE)[-1]
    scene.time = signal.time
    return scene.handle(signal)


def test_ends_count_while_they_are_recent_enough() -> None:
    ends = [START + timedelta(minutes=n) for n in (0, 20, 40)]
    assert count_cycles(ends, RULE, START + timedelta(minutes=59)) == 3
    assert count_cycles(ends, RULE, START + timedelta(minutes=61)) == 0
    assert count_cycles(ends[:2], RULE, START + timedelta(minutes=30)) == 0
    assert remember_end(tuple(ends), START, flapped=True) == ()


def test_a_pipeline_that_comes_and_goes_is_told_once_and_then_when_it_is_calm() -> None:
    scene = Scene()
    cycle(scene, 3)
    assert len(scene.subjects) == 6
    cycle(scene, 5)
    assert len(scene.subjects) == 7
    assert len(scene.store.recent()) == 4
    page = scene.aws.sns.published[6]["default"].splitlines()[0]
    assert page == (
        "P2 import (test): extract: Stale: Threshold Crossed. It flaps: failed again after 3 incidents that ended by "
        "themselves. This page stands for all that follow; one message comes when it has calmed down. Nothing here can "
        "be retried."
    )
    assert latest(scene).state == "paged"
    assert calm(scene) == "clear"
    assert scene.subjects[7:] == [
        "pipewarden-test-page-P2: [recovered] test/import: flapped, 8 times in all, calm since 02:42 UTC (18m)"
    ]
    assert latest(scene).state == "recovered"


def test_each_time_is_a_line_of_the_timeline() -> None:
    scene = Scene()
    cycle(scene, 5)
    kinds = [entry.kind for entry in scene.store.timeline(latest(scene).id)]
    assert kinds.count("failed") == 2
    assert kinds.count("cleared") == 2
    (reason,) = latest(scene).reasons
    assert reason.times == 2


def test_it_is_not_over_while_it_comes_back() -> None:
    scene = Scene()
    cycle(scene, 4)
    early = scene.due(SignalKind.HOLD_DUE)[-1]
    scene.time += timedelta(minutes=20)
    cycle(scene, 1)
    scene.time = early.time
    assert scene.handle(early) == "ignore"
    assert calm(scene) == "clear"


def test_what_comes_back_and_stays_is_not_ended_by_time() -> None:
    scene = Scene()
    cycle(scene, 4)
    raised(scene)
    assert calm(scene) == "ignore"
    assert not latest(scene).over


def test_after_it_has_calmed_down_the_count_begins_anew() -> None:
    scene = Scene()
    cycle(scene, 4)
    calm(scene)
    before = len(scene.subjects)
    cycle(scene, 1)
    assert len(scene.subjects) == before + 2


def test_acknowledging_keeps_it_as_one() -> None:
    scene = Scene()
    cycle(scene, 4)
    acknowledge(scene.workplace, latest(scene).id, "Ada")
    before = len(scene.subjects)
    cycle(scene, 3)
    assert ["acknowledged" in subject for subject in scene.subjects[before:]] == [True]
    assert latest(scene).acknowledged_by == "Ada"


def test_a_retried_run_that_flaps_is_told_although_each_retry_cures_it() -> None:
    scene = Scene()
    for number in range(4):
        scene.time += timedelta(minutes=5)
        scene.handle(scene.ended("extract", f"a{number}", "failed", "transient: 503"))
        scene.time += timedelta(minutes=1)
        scene.run(f"b{number}", "running", started=scene.time)
        scene.handle(scene.ended("extract", f"b{number}", "succeeded"))
    pages = [subject for subject in scene.subjects if "page-P1: [P1]" in subject]
    assert len(pages) == 1


def test_maintenance_holds_back_that_it_flaps() -> None:
    scene = Scene()
    cycle(scene, 3)
    window = Maintenance(name="patch", cron="0 2 * * *", duration_seconds=3600)
    object.__setattr__(scene.workplace.settings, "maintenance", (window,))
    raised(scene)
    assert len(scene.subjects) == 6
    assert latest(scene).flaps == 3


def test_something_more_severe_is_paged_all_the_same() -> None:
    scene = Scene()
    cycle(scene, 4)
    before = len(scene.subjects)
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    assert any("page-P1: [P1]" in subject for subject in scene.subjects[before:])


def test_a_declared_rule_is_kept() -> None:
    scene = Scene()
    object.__setattr__(scene.workplace.settings, "flapping", replace(RULE, cycles=5))
    cycle(scene, 5)
    assert len(scene.subjects) == 10
    raised(scene)
    assert latest(scene).flaps == 5
