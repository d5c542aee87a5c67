"""How many calls of AWS one signal takes, by what becomes of it; the retry path takes six at most."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipewarden.incident_store import ConflictError
from pipewarden.signal import SignalKind
from pipewarden.workplace import BusyError
from tests.unit.runtime.scene import Scene

MOST_ON_THE_RETRY_PATH = 6
READ, WRITE = "dynamodb.batch_get_item", "dynamodb.transact_write_items"
SCHEDULE = "scheduler.create_schedule"


def first(scene: Scene) -> str:
    return scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))


def start(scene: Scene) -> str:
    (signal,) = scene.due()[-1:]
    scene.time = max(scene.time, signal.time)
    return scene.handle(signal)


def again(scene: Scene) -> str:
    return scene.handle(scene.ended("extract", scene.jobs.started[-1].run_id, "failed", "transient: 503"))


def twice(scene: Scene) -> str:
    """The same failure, told once more."""
    return first(scene)


def other(scene: Scene) -> str:
    return scene.handle(scene.ended("extract", "x1", "failed", "deterministic: no such column"))


def inner(scene: Scene) -> str:
    return scene.handle(scene.ended("merge", "m1", "failed", "transient: 503"))


def undeclared(scene: Scene) -> str:
    return scene.handle(scene.ended("nobody's", "u1", "failed"))


@pytest.mark.parametrize(
    ("before", "step", "done", "calls"),
    [
        pytest.param((), undeclared, "undeclared", [], id="what nobody declared takes none"),
        pytest.param((first,), twice, "duplicate", ["jobs.get", READ], id="an event told twice is looked up"),
        pytest.param(
            (),
            first,
            "retry",
            ["jobs.get", READ, WRITE, SCHEDULE, WRITE],
            id="a retry is planned: looked up, written, scheduled, done",
        ),
        pytest.param(
            (first, start),
            again,
            "retry",
            ["jobs.get", READ, WRITE, SCHEDULE, WRITE],
            id="so is the next one: the open incident comes with the other facts",
        ),
        pytest.param(
            (first,),
            start,
            "start",
            [READ, "jobs.find_all", WRITE, SCHEDULE, "jobs.start", WRITE],
            id="a retry starts: looked around, claimed, looked after, started, written",
        ),
        pytest.param(
            (),
            inner,
            "hold",
            ["jobs.get", READ, WRITE, SCHEDULE, WRITE],
            id="what runs within another is held, and looked at again",
        ),
        pytest.param(
            (first, start, again, start, again),
            other,
            "page",
            ["jobs.get", READ, WRITE],
            id="what people know of is written down",
        ),
    ],
)
def test_calls_by_what_becomes_of_a_signal(
    before: tuple[Callable[[Scene], str], ...], step: Callable[[Scene], str], done: str, calls: list[str]
) -> None:
    scene = Scene()
    for earlier in before:
        earlier(scene)
    scene.aws.calls.clear()
    assert step(scene) == done
    asked = [call for call in scene.aws.calls if not call.startswith("ssm.")]  # the kill switch: once a minute
    assert asked == calls
    if done in ("retry", "start"):
        assert len(asked) <= MOST_ON_THE_RETRY_PATH


def test_the_kill_switch_is_asked_once_a_minute() -> None:
    scene = Scene()
    for number in range(3):
        scene.handle(scene.ended("extract", f"x{number}", "failed", "transient: 503"))
    assert [call for call in scene.aws.calls if call.startswith("ssm.")] == ["ssm.get_parameter"]


def test_another_process_reads_the_open_incident_by_itself() -> None:
    scene = Scene()
    first(scene)
    scene.workplace.open_incidents.clear()
    scene.aws.calls.clear()
    other(scene)
    assert "dynamodb.get_item" in scene.aws.calls
    assert len(scene.incident.reasons) == 1
    assert scene.due(SignalKind.RETRY_DUE)


@pytest.mark.parametrize("told", ["", "another-incident"])
def test_a_wrong_idea_of_the_open_incident_changes_nothing(told: str) -> None:
    scene = Scene()
    first(scene)
    scene.workplace.open_incidents["import"] = told
    start(scene)
    assert again(scene) == "retry"
    assert [attempt.state for attempt in scene.incident.attempts] == ["failed", "planned"]


def test_who_is_outrun_steps_back_a_little_longer_each_time_and_gives_up_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def outrun(*_: object) -> None:
        raise ConflictError

    scene = Scene()
    monkeypatch.setattr("pipewarden.incident_store.IncidentStore.write", outrun)
    monkeypatch.setattr("random.uniform", lambda _least, most: most)
    with pytest.raises(BusyError):
        first(scene)
    assert scene.slept == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08, *[0.1] * 7])


def test_the_incident_that_this_process_saw_last_may_be_over() -> None:
    scene = Scene()
    first(scene)
    over = scene.incident.id
    scene.time += timedelta(minutes=1)
    scene.handle(scene.ended("extract", start_of(scene), "succeeded"))
    scene.time += timedelta(hours=2)
    scene.run("r9", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r9", "failed", "transient: 503"))
    assert scene.workplace.open_incidents["import"] != over
    scene.workplace.open_incidents["import"] = over
    scene.handle(scene.ended("merge", "m9", "failed", "transient: 503"))
    now, before = scene.store.recent()
    assert ([reason.resource for reason in now.reasons], before.over) == (["extract", "merge"], True)


def start_of(scene: Scene) -> str:
    assert start(scene) == "start"
    return scene.jobs.started[-1].run_id
