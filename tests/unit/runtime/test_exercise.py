"""An alarm that is none reaches people by the whole path, and opens no incident."""

from dataclasses import replace
from typing import Any

import pytest

from pipewarden.exercise import exercise_alarm, exercise_notification, read_exercise
from pipewarden.names import Names
from pipewarden.route_settings import Channel
from pipewarden.signal import Signal, SignalKind
from pipewarden.transport import read_alarm
from tests.unit.runtime.scene import Scene

NAMES = Names("test", "123456789012", "eu-west-1")


def raised(scene: Scene, severity: str = "P1") -> Signal:
    signal = read_alarm(exercise_notification(NAMES, severity, "Ada", scene.time)).signal
    assert signal
    return signal


def test_it_is_told_once_to_those_whom_an_alarm_of_its_severity_reaches() -> None:
    scene = Scene()
    signal = raised(scene)
    assert [scene.handle(signal), scene.handle(signal)] == ["told", "duplicate"]
    assert scene.subjects == ["pipewarden-test-page-P1: [exercise] test: an alarm of P1 reaches you"]
    assert "Ada asked for it at 02:10 UTC." in scene.aws.sns.published[0]["default"]
    assert scene.store.recent() == []


def test_a_channel_that_makes_cases_gets_none() -> None:
    scene = Scene()
    severities: Any = scene.workplace.settings.severities
    channels: Any = scene.workplace.settings.channels
    channels["pager"] = Channel(type="pagerduty")
    severities["P1"] = replace(severities["P1"], notify=("pager", "team"))
    scene.handle(raised(scene))
    assert "failed" not in scene.aws.sns.published[0]["default"]


def test_a_severity_without_a_route_is_told_to_nobody() -> None:
    scene = Scene()
    assert scene.handle(raised(scene, "P9")) == "undeclared"
    assert scene.subjects == []


@pytest.mark.parametrize(
    ("kind", "alarm"),
    [
        (SignalKind.ALARM_CLEARED, exercise_alarm(NAMES, "P1")),
        (SignalKind.ALARM_RAISED, "test/crm/exercise/P1"),
        (SignalKind.ALARM_RAISED, "prod/pipewarden/exercise/P1"),
    ],
    ids=["the end of one", "a pipeline called exercise", "another environment's"],
)
def test_nothing_else_is_taken_for_one(kind: SignalKind, alarm: str) -> None:
    assert read_exercise(Signal(kind=kind, time=Scene().time, alarm=alarm), NAMES) is None


def test_a_crash_tells_twice_and_never_not_at_all() -> None:
    for call in range(1, 5):
        scene = Scene()
        signal = raised(scene)
        scene.aws.crash_at(call, after=False)
        scene.deliver_until_done(signal)
        assert 1 <= len(scene.subjects) <= 2, f"call {call}"
