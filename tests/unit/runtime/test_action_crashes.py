"""A crash between any two calls of an action, then the queue delivers again: done once, and recorded whole."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from pipewarden.signal import Signal, SignalKind
from pipewarden.workplace import BusyError
from tests.unit.runtime.acting import CALL, CURE, NAME, TURN, acting, knobs
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import Scene

RETRIED: dict[str, Any] = {"classes": ("deterministic",), "then": "retry"}
Prepare = Callable[[Scene], Signal]


def failed(scene: Scene) -> Signal:
    return scene.ended("extract", "r1", "failed", "deterministic: bad config")


def due(scene: Scene) -> Signal:
    scene.handle(failed(scene))
    return latest(scene)


def looked_at(scene: Scene) -> Signal:
    """The action was started and goes on; it is looked at."""
    scene.handle(due(scene))
    return latest(scene)


def ended(scene: Scene) -> Signal:
    signal = looked_at(scene)
    knobs(scene).executions = dict.fromkeys(knobs(scene).executions, "succeeded")
    return signal


def latest(scene: Scene) -> Signal:
    signal = scene.due(SignalKind.ACTION_DUE)[-1]
    scene.time = max(scene.time, signal.time)
    return signal


def crashes(prepare: Prepare, declared: Mapping[str, Any]) -> list[Scene]:
    """The scene after a crash at each call in turn, before and after the call is done, and all redeliveries."""
    plain = acting({**declared, **RETRIED})
    signal = prepare(plain)
    plain.aws.calls.clear()
    plain.handle(signal)
    scenes = []
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = acting({**declared, **RETRIED})
            signal = prepare(scene)
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                scene.handle(signal)
            scene.aws.revive()
            scene.deliver_until_done(signal)
            scenes.append(scene)
    assert len(scenes) >= 8
    return scenes


def test_an_action_is_planned_once_however_that_is_interrupted() -> None:
    for scene in crashes(failed, TURN):
        (attempt,) = scene.incident.attempts
        assert (attempt.action, attempt.state) == (NAME, "planned")
        assert len(scene.due(SignalKind.ACTION_DUE)) == 1
        assert scene.incident.pending == ()


def test_a_value_is_set_once_however_the_action_is_interrupted() -> None:
    for scene in crashes(due, TURN):
        assert knobs(scene).steps == [(1, 2)]
        assert [one.state for one in scene.incident.attempts] == ["succeeded", "planned"]
        assert len(scene.due()) == 1
        assert scene.incident.pending == ()
        assert scene.store.read(scene.time, signal_key="-").retries_this_hour == 1


def test_an_execution_is_started_once_however_the_action_is_interrupted() -> None:
    for scene in crashes(due, CURE):
        assert len(knobs(scene).executions) == 1
        (attempt,) = scene.incident.attempts
        assert (attempt.state, attempt.result) == ("started", "running")
        assert attempt.run_id in knobs(scene).executions
        assert len(scene.due(SignalKind.ACTION_DUE)) >= 2, "it is looked at again"


def test_a_function_that_is_called_again_after_a_crash_is_told_the_same_id() -> None:
    called = [scene.aws.functions.invoked for scene in crashes(due, CALL)]
    assert {len(events) for events in called} == {1, 2}
    for events in called:
        assert len({event["id"] for _, event in events}) == 1


def test_what_follows_is_planned_once_however_the_look_is_interrupted() -> None:
    for scene in crashes(ended, CURE):
        assert [one.state for one in scene.incident.attempts] == ["succeeded", "planned"]
        assert len(scene.due()) == 1
        assert scene.incident.pending == ()


@pytest.mark.parametrize("declared", [TURN, CURE], ids=["value", "execution"])
@pytest.mark.parametrize("prepare", [failed, due])
def test_a_second_delivery_changes_nothing(prepare: Prepare, declared: Mapping[str, Any]) -> None:
    scene = acting({**declared, **RETRIED})
    signal = prepare(scene)
    scene.handle(signal)
    before = (scene.incident, scene.subjects, knobs(scene).steps, len(scene.aws.scheduler.schedules))
    assert scene.handle(signal) == "duplicate"
    assert (scene.incident, scene.subjects, knobs(scene).steps, len(scene.aws.scheduler.schedules)) == before


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
@pytest.mark.parametrize("declared", [TURN, CURE, CALL], ids=["value", "execution", "function"])
@pytest.mark.parametrize("prepare", [failed, due])
def test_two_responders_on_one_signal_act_once(prepare: Prepare, moment: int, declared: Mapping[str, Any]) -> None:
    """The second one comes in at a write of the first."""
    scene = acting({**declared, **RETRIED})
    signal = prepare(scene)
    writes = [0]

    def come_in(name: str) -> None:
        writes[0] += name == "dynamodb.transact_write_items"
        if name == "dynamodb.transact_write_items" and writes[0] == moment:
            with suppress(BusyError):
                scene.handle(signal)

    scene.aws.before_call = come_in
    with suppress(BusyError):
        scene.handle(signal)
    scene.aws.before_call = None
    scene.time = scene.time.replace(minute=59)
    scene.deliver_until_done(signal)
    done = len(knobs(scene).steps) + len(knobs(scene).executions) + len(scene.aws.functions.invoked)
    assert done == (prepare is due)
    assert len(scene.incident.attempts_of("extract", NAME)) == 1
    assert scene.incident.pending == ()


def test_a_value_that_was_settled_is_not_settled_again() -> None:
    """The process dies after the call; when the signal comes again the value is as the call has left it."""
    scene = acting({**TURN, **RETRIED})
    signal = due(scene)
    scene.aws.before_call = lambda name: scene.aws.crash_at(0, after=True) if name == "knobs.turn" else None
    with pytest.raises(Crash):
        scene.handle(signal)
    scene.aws.before_call = None
    scene.aws.revive()
    assert (knobs(scene).value, scene.incident.attempts[0].plan) == (2, {"to": 2})
    scene.deliver_until_done(signal)
    assert knobs(scene).steps == [(1, 2)]


def test_an_interrupted_action_is_not_gone_on_with_when_the_switch_is_thrown() -> None:
    scene = acting({**TURN, **RETRIED})
    signal = due(scene)
    scene.aws.before_call = lambda name: scene.aws.crash_at(0, after=False) if name == "knobs.turn" else None
    with pytest.raises(Crash):
        scene.handle(signal)
    scene.aws.before_call = None
    scene.aws.revive()
    scene.aws.ssm.value = "off"
    scene.deliver_until_done(signal)
    assert knobs(scene).steps == []
    page = next(row["default"] for row in scene.aws.sns.published if "page" in row["topic"])
    assert "Extract.mend failed: it was interrupted and may have been done; remediation is switched to off" in page


def test_an_action_whose_signal_is_lost_after_a_crash_is_looked_at_by_itself() -> None:
    """The claim schedules a look: nothing depends on the queue's delivering again."""
    scene = acting({**TURN, **RETRIED})
    signal = due(scene)
    scene.aws.before_call = lambda name: scene.aws.crash_at(0, after=True) if name == "knobs.turn" else None
    with pytest.raises(Crash):
        scene.handle(signal)
    scene.aws.before_call = None
    scene.aws.revive()
    look = latest(scene)
    assert look.key != signal.key
    assert scene.handle(look) == "retry"
    assert (knobs(scene).steps, len(scene.due())) == ([(1, 2)], 1)
