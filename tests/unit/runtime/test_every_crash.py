"""A crash between any two calls of whatever the responder does, by the kind of signal: delivered again, it ends as if
nothing had happened. Kinds that have such a test of their own are named with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.signal import Signal, SignalKind
from pipewarden.window import Maintenance
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_calls import first, start
from tests.unit.runtime.test_crashes import drained, exhausted, failed, recovered, retry_due
from tests.unit.runtime.test_drain_policies import PLAIN
from tests.unit.runtime.test_drainer import drain, drain_scene
from tests.unit.runtime.test_ownership import Owned

ELSEWHERE = {
    SignalKind.ACTION_DUE: "test_action_crashes",
    SignalKind.COMPLETED: "test_completion",
    SignalKind.EXERCISED: "test_exercise",
    SignalKind.DIGEST_DUE: "test_quiet_hours",
    SignalKind.HEARTBEAT: "test_switch_copy",
    SignalKind.DEPLOYED: "only counted",
    SignalKind.CHANGED: "only counted",
}


def inner(scene: Scene) -> Signal:
    return scene.ended("merge", "m1", "failed", "transient: 503")


def silent_owner(scene: Scene) -> Signal:
    """Nobody said anything about what held back the inner failure."""
    scene.handle(inner(scene))
    return due(scene, SignalKind.CHECK_DUE)


def lost_event(scene: Scene) -> Signal:
    """A retry has succeeded, and its event never came."""
    first(scene)
    start(scene)
    scene.run(scene.jobs.started[-1].run_id, "succeeded", started=scene.time)
    return due(scene, SignalKind.CHECK_DUE)


def still_running(scene: Scene) -> Signal:
    first(scene)
    start(scene)
    return due(scene, SignalKind.CHECK_DUE)


def due(scene: Scene, kind: SignalKind) -> Signal:
    signal = scene.due(kind)[-1]
    scene.time = max(scene.time, signal.time)
    return signal


def stopped(scene: Scene) -> Signal:
    """A person stops our retry."""
    first(scene)
    start(scene)
    return scene.ended("extract", scene.jobs.started[-1].run_id, "stopped")


def raised(scene: Scene) -> Signal:
    return Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="stale")


def cleared(scene: Scene) -> Signal:
    scene.handle(raised(scene))
    scene.time += timedelta(minutes=5)
    return Signal(kind=SignalKind.ALARM_CLEARED, time=scene.time, alarm="stale")


def late(scene: Scene) -> Signal:
    """Nothing has succeeded by the deadline."""
    window = {"window_seconds": 14_400}
    return Signal(kind=SignalKind.DEADLINE_REACHED, time=scene.time, pipeline="import", detail=window)


def overdue(scene: Scene) -> Signal:
    """A run takes too long; it is looked at and goes on."""
    scene.run("slow", "running")
    found = {"text": "extract still runs", "since": scene.time.isoformat()}
    about = {"pipeline": "import", "resource": "extract", "run_id": "slow", "detail": found}
    return Signal(kind=SignalKind.EXPECTATION_MISSED, time=scene.time, state="still-running", **about)  # type: ignore[arg-type]


def quarantined(scene: Scene) -> Signal:
    found = {"quarantined": 1, "quarantine": "in-quarantine"}
    about: dict[str, Any] = {"pipeline": "import", "resource": "ingest", "run_id": "drain-1", "detail": found}
    return Signal(kind=SignalKind.DRAIN_FINISHED, time=scene.time, **about)


def maintained(scene: Scene) -> Scene:
    window = Maintenance(name="patch", cron="0 2 * * *", duration_seconds=3600, pipelines=("*",))
    object.__setattr__(scene.workplace.settings, "maintenance", (window,))
    return scene


def begins(scene: Scene) -> Signal:
    """Maintenance begins."""
    return Signal(kind=SignalKind.MAINTENANCE_STARTED, time=maintained(scene).time.replace(minute=0), state="patch")


def in_maintenance(scene: Scene) -> Signal:
    """It fails while maintenance goes on."""
    return exhausted_at_once(maintained(scene))


def exhausted_at_once(scene: Scene) -> Signal:
    return scene.ended("extract", "x1", "failed", "deterministic: no such column")


def released(scene: Scene) -> Signal:
    """What maintenance held back still fails at its end."""
    scene.handle(in_maintenance(scene))
    return due(scene, SignalKind.HOLD_DUE)


def ends(scene: Scene) -> Signal:
    """Maintenance is over."""
    scene.handle(begins(scene))
    scene.handle(in_maintenance(scene))
    return due(scene, SignalKind.MAINTENANCE_ENDED)


def owned(scene: Scene) -> Signal:
    """A flow has started what failed, says its service."""
    assert isinstance(scene, Owned)
    scene.owners["j1"] = "f1"
    return scene.ended("job", "j1", "failed", "transient: 503")


def owner(scene: Scene) -> Signal:
    """That flow fails."""
    scene.handle(owned(scene))
    return replace(scene.ended("flow", "f1", "failed", "transient: 503"), technology="flow")


SCENARIOS: tuple[Callable[[Scene], Signal], ...] = (
    *(failed, inner, exhausted, exhausted_at_once, recovered, stopped, retry_due, silent_owner, lost_event),
    *(still_running, raised, drained, cleared, late, overdue, quarantined, begins, in_maintenance, released, ends),
    *(owned, owner),
)


def scene_of(prepare: Callable[[Scene], Signal]) -> tuple[Scene, Signal]:
    scene = Owned() if prepare in (owned, owner) else Scene()
    return scene, prepare(scene)


def outcome(scene: Scene) -> dict[str, Any]:
    """What must be the same, however it came about. Messages may be sent twice, and are never lost."""
    incidents = scene.store.recent()
    return {
        "incidents": [
            (
                incident.state,
                incident.pages,
                [(reason.key, reason.open, reason.evidence) for reason in incident.reasons],
                [(attempt.resource, attempt.number, attempt.state, attempt.run_id) for attempt in incident.attempts],
                incident.pending,
                incident.leased_until,
            )
            for incident in incidents
        ],
        "runs": {run_id: run.retry_of for run_id, run in scene.jobs.runs.items()},
        "told": set(scene.subjects),
        "reminders": sorted(name for name in scene.aws.scheduler.schedules),
        "archive": sorted(scene.aws.s3.objects),
        "drains": bool(scene.aws.functions.invoked),
    }


def test_every_kind_of_signal_has_its_crashes() -> None:
    kinds = {scene_of(prepare)[1].kind for prepare in SCENARIOS}
    assert kinds | set(ELSEWHERE) == set(SignalKind)
    assert not kinds & set(ELSEWHERE)


@pytest.mark.parametrize("prepare", SCENARIOS, ids=lambda prepare: prepare.__name__)
def test_a_crash_between_any_two_calls_changes_nothing_in_the_end(prepare: Callable[[Scene], Signal]) -> None:
    plain, signal = scene_of(prepare)
    plain.aws.calls.clear()
    plain.handle(signal)
    calls = list(plain.aws.calls)
    assert calls
    for number in range(1, len(calls) + 1):
        for after in (False, True):
            scene, signal = scene_of(prepare)
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                scene.handle(signal)
            scene.aws.revive()
            scene.deliver_until_done(signal)
            assert outcome(scene) == outcome(plain), f"{'after' if after else 'before'} {calls[number - 1]}"


def test_a_crash_anywhere_while_sqs_moves_the_messages_starts_no_second_task() -> None:
    plain = drain_scene("a", "b", **PLAIN)
    drain(plain)
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = drain_scene("a", "b", **PLAIN)
            scene.aws.sqs.clock = lambda scene=scene: scene.time  # type: ignore[misc]
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                drain(scene)
            scene.aws.revive()
            for _ in range(4):
                scene.time += timedelta(minutes=6)
                scene.aws.sqs.fail_all("in", "in-dlq", lambda _: False)
                if drain(scene, f"again-{scene.time:%H%M}") == "finished":
                    break
            assert sorted([*scene.aws.sqs.bodies("in"), *scene.aws.sqs.bodies("in-dlq")]) in (["a", "b"], [])
            assert sum(move.get("ApproximateNumberOfMessagesMoved", 0) for move in scene.aws.sqs.moves) == 2
