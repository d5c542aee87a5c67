"""The kill switch as the table keeps it: it costs the retry path no call, and holds within a minute."""

from datetime import timedelta
from typing import Any

import pytest

from pipewarden.kill_switch import KillSwitch, KnownSwitch, Switch
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.memory_aws import Crash, refusal
from tests.unit.runtime.scene import START, Scene
from tests.unit.runtime.test_calls import MOST_ON_THE_RETRY_PATH, again, first, start

ASKED = "ssm.get_parameter"


def beat(scene: Scene) -> None:
    scene.handle(Signal(kind=SignalKind.HEARTBEAT, time=scene.time))


def forget(scene: Scene) -> None:
    """What another process of the same function knows: nothing."""
    scene.workplace.__dict__.pop("kill_switch", None)
    scene.workplace.open_incidents.clear()


def test_no_step_of_the_retry_path_takes_more_than_six_calls_in_any_process() -> None:
    scene = Scene()
    for step in (first, start, again, start):
        scene.time = max([scene.time, *(signal.time for signal in scene.due())])
        beat(scene)
        forget(scene)
        scene.aws.calls.clear()
        assert step(scene) in ("retry", "start")
        assert len(scene.aws.calls) <= MOST_ON_THE_RETRY_PATH, scene.aws.calls
        assert ASKED not in scene.aws.calls


@pytest.mark.parametrize(
    ("seconds", "asked"), [(0, 0), (89, 0), (91, 1)], ids=["fresh", "a heartbeat is late", "no heartbeat any more"]
)
def test_the_copy_is_believed_for_a_heartbeat_and_a_half(seconds: float, asked: int) -> None:
    scene = Scene()
    beat(scene)
    forget(scene)
    scene.aws.calls.clear()
    scene.time += timedelta(seconds=seconds)
    first(scene)
    assert scene.aws.calls.count(ASKED) == asked


def test_a_switch_that_is_thrown_holds_from_the_next_heartbeat_on() -> None:
    scene = Scene()
    beat(scene)
    first(scene)
    scene.aws.ssm.value = "off"
    scene.time += timedelta(seconds=60)
    other = scene.workplace.__dict__.pop("kill_switch", None)
    beat(scene)
    scene.workplace.__dict__["kill_switch"] = other
    assert start(scene) == "page"
    assert scene.jobs.started == []
    assert "remediation is off, the parameter" in scene.aws.sns.published[0]["default"]


def test_a_switch_that_cannot_be_read_now_leaves_the_copy_as_it_is() -> None:
    scene = Scene()
    beat(scene)
    scene.aws.ssm.value = refusal("GetParameter", "ThrottlingException")
    scene.time += timedelta(seconds=60)
    beat(scene)
    forget(scene)
    assert first(scene) == "retry"


def test_a_parameter_that_is_gone_is_told_to_everybody() -> None:
    scene = Scene()
    scene.aws.ssm.value = None
    beat(scene)
    forget(scene)
    scene.aws.calls.clear()
    assert (first(scene), scene.aws.calls.count(ASKED)) == ("page", 0)
    assert "/pipewarden/test/remediation is missing" in scene.aws.sns.published[0]["default"]


def test_a_heartbeat_beats_although_the_table_does_not_take_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise refusal("PutItem", "ThrottlingException")

    monkeypatch.setattr("pipewarden.heartbeat.write_copy", refuse)
    scene = Scene()
    beat(scene)
    assert scene.metric("Heartbeat") == [1.0]


def test_a_crash_of_a_heartbeat_is_made_good_by_the_next_one() -> None:
    scene = Scene()
    scene.aws.crash_at(2, after=False)
    with pytest.raises(Crash):
        beat(scene)
    scene.aws.revive()
    beat(scene)
    forget(scene)
    scene.aws.calls.clear()
    first(scene)
    assert ASKED not in scene.aws.calls


@pytest.mark.parametrize(
    ("own", "copied", "expected"),
    [(10, 20, "off"), (20, 10, "observe"), (60, 20, "observe"), (60, 95, "act"), (10, 95, "off"), (None, None, "act")],
    ids=["its own is newer", "the copy is newer", "its own is old", "both are old", "the copy is old", "nothing known"],
)
def test_what_is_known_latest_counts(own: int | None, copied: int | None, expected: str) -> None:
    scene = Scene()
    switch = KillSwitch(scene.aws.clients, scene.workplace.settings.names, lambda: scene.time)
    scene.time = START
    if own is not None:
        scene.aws.ssm.value = "off"
        scene.time = START - timedelta(seconds=own)
        switch.look()
    scene.aws.ssm.value = "act"
    scene.time = START
    at = START - timedelta(seconds=copied or 0)
    copy = KnownSwitch(switch=Switch(mode="observe"), read=at) if copied is not None else None
    assert switch.read(copy).mode == expected
