"""A crash between any two calls, then the queue delivers again: one start for one attempt, and a whole incident."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from pipewarden.signal import Signal, SignalKind
from pipewarden.workplace import BusyError
from tests.unit.runtime.memory_aws import Crash, refusal
from tests.unit.runtime.scene import Scene

KINDS_OF_START = pytest.mark.parametrize("idempotent", [True, False], ids=["with-client-token", "without-client-token"])


def failed(scene: Scene) -> Signal:
    return scene.ended("extract", "r1", "failed", "transient: 503")


def retry_due(scene: Scene) -> Signal:
    scene.handle(failed(scene))
    (signal,) = scene.due()
    scene.time = max(scene.time, signal.time)
    return signal


def exhausted(scene: Scene) -> Signal:
    """The failure of the last retry: this one pages."""
    scene.handle(retry_due(scene))
    scene.handle(scene.ended("extract", "r2", "failed", "transient: 503"))
    signal = scene.due()[1]
    scene.time = max(scene.time, signal.time)
    scene.handle(signal)
    return scene.ended("extract", "r3", "failed", "transient: 503")


def recovered(scene: Scene) -> Signal:
    scene.handle(exhausted(scene))
    scene.run("r4", "running", started=scene.time)
    return scene.ended("extract", "r4", "succeeded")


def drained(scene: Scene) -> Signal:
    return Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="dead")


def crashes(prepare: Callable[[Scene], Signal], *, idempotent: bool) -> list[Scene]:
    """The scene after a crash at each call in turn, before and after the call is done, and all redeliveries."""
    plain = Scene(idempotent=idempotent)
    signal = prepare(plain)
    plain.aws.calls.clear()
    plain.handle(signal)
    scenes = []
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = Scene(idempotent=idempotent)
            signal = prepare(scene)
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                scene.handle(signal)
            scene.aws.revive()
            scene.deliver_until_done(signal)
            scenes.append(scene)
    assert len(scenes) >= 8
    return scenes


@KINDS_OF_START
def test_a_failure_is_planned_once_however_its_handling_is_interrupted(idempotent: bool) -> None:
    for scene in crashes(failed, idempotent=idempotent):
        (attempt,) = scene.incident.attempts
        assert (attempt.number, attempt.state) == (1, "planned")
        assert len(scene.due()) == 1
        assert scene.incident.pending == ()
        assert scene.store.read(scene.time, signal_key="-", pipeline="import").open_incident == scene.incident.id


@KINDS_OF_START
def test_an_attempt_is_started_once_however_its_start_is_interrupted(idempotent: bool) -> None:
    for scene in crashes(retry_due, idempotent=idempotent):
        assert len(scene.jobs.started) == 1
        (attempt,) = scene.incident.attempts
        assert (attempt.state, attempt.run_id) == ("started", scene.jobs.started[0].run_id)
        assert len(scene.due(SignalKind.CHECK_DUE)) == 1
        assert scene.store.read(scene.time, signal_key="-", run="import#extract#r2").run is not None
        assert scene.store.read(scene.time, signal_key="-").retries_this_hour <= 1


def test_an_interrupted_page_goes_out_at_least_once_and_is_recorded_once() -> None:
    for scene in crashes(exhausted, idempotent=True):
        pages = [subject for subject in scene.subjects if subject.startswith("pipewarden-test-page-P1: [P1]")]
        assert 1 <= len(pages) <= 2
        assert scene.incident.pages == 1
        assert scene.incident.pending == ()
        calls = scene.aws.scheduler.inputs("escalator")
        assert [(row.get("rung"), row.get("reminder")) for row in calls] == [(None, 1), (1, None)]
        assert [entry.kind for entry in scene.store.timeline(scene.incident.id)].count("paged") == 1


def test_an_interrupted_recovery_is_told_at_least_once_and_ends_the_incident() -> None:
    for scene in crashes(recovered, idempotent=True):
        assert 1 <= sum("page-P1: [recovered]" in subject for subject in scene.subjects) <= 2
        assert scene.incident.state == "recovered"
        assert scene.incident.pending == ()
        assert scene.store.read(scene.time, signal_key="-", pipeline="import").open_incident == ""


def test_an_interrupted_dead_letter_alarm_starts_the_drainer() -> None:
    for scene in crashes(drained, idempotent=True):
        assert scene.aws.functions.invoked
        assert scene.incident.pending == ()
        assert len(scene.due(SignalKind.CHECK_DUE)) == 1


@KINDS_OF_START
@pytest.mark.parametrize(
    ("prepare", "expected"), [(failed, "retry"), (retry_due, "start"), (exhausted, "page"), (recovered, "clear")]
)
def test_a_second_delivery_changes_nothing(prepare: Callable[[Scene], Signal], expected: str, idempotent: bool) -> None:
    scene = Scene(idempotent=idempotent)
    signal = prepare(scene)
    assert scene.handle(signal) == expected
    before = (scene.incident, scene.subjects, scene.jobs.started, len(scene.aws.scheduler.schedules))
    assert scene.handle(signal) == "duplicate"
    assert (scene.incident, scene.subjects, scene.jobs.started, len(scene.aws.scheduler.schedules)) == before


def handle_or_wait(scene: Scene, signal: Signal) -> None:
    """One delivery; when another invocation has it, it goes back to the queue."""
    with suppress(BusyError):
        scene.handle(signal)


@KINDS_OF_START
@pytest.mark.parametrize("moment", [1, 2, 3, 4])
@pytest.mark.parametrize("prepare", [failed, retry_due, exhausted, recovered])
def test_two_responders_on_one_signal_do_its_work_once(
    prepare: Callable[[Scene], Signal], moment: int, idempotent: bool
) -> None:
    """The second one comes in at a write of the first."""
    scene = Scene(idempotent=idempotent)
    signal = prepare(scene)
    writes = [0]

    def come_in(name: str) -> None:
        writes[0] += name == "dynamodb.transact_write_items"
        if name == "dynamodb.transact_write_items" and writes[0] == moment:
            handle_or_wait(scene, signal)

    scene.aws.before_call = come_in
    handle_or_wait(scene, signal)
    scene.aws.before_call = None
    scene.time = scene.time.replace(minute=59)
    scene.handle(signal)
    assert len({run.retry_of for run in scene.jobs.started}) == len(scene.jobs.started)
    assert len({attempt.number for attempt in scene.incident.attempts}) == len(scene.incident.attempts)
    assert scene.incident.pending == ()
    assert scene.incident.pages <= 1


def test_two_failures_of_one_pipeline_at_once_open_one_incident() -> None:
    scene = Scene()
    first, second = failed(scene), scene.ended("load", "l1", "failed", "transient: 503")
    again = [True]

    def come_in(name: str) -> None:
        if name == "dynamodb.transact_write_items" and again.pop() if again else False:
            scene.handle(second)

    scene.aws.before_call = come_in
    scene.handle(first)
    assert {attempt.resource for attempt in scene.incident.attempts} == {"extract", "load"}
    assert {reason.key for reason in scene.incident.reasons} == {"run:extract", "run:load"}


@pytest.mark.parametrize(
    ("error", "receives", "expected"),
    [
        (refusal("StartJobRun", "ConcurrentRunsExceededException"), 1, "again"),
        (refusal("StartJobRun", "ConcurrentRunsExceededException"), 3, "page"),
        (refusal("StartJobRun", "InternalServiceException", 500), 1, "again"),
        (refusal("StartJobRun", "AccessDeniedException"), 1, "page"),
        (ValueError("the input is not readable"), 1, "page"),
    ],
    ids=["limit: again", "limit, third time: page", "perhaps started: again", "forbidden: page", "impossible: page"],
)
def test_a_refused_start_is_tried_again_or_paged(error: Exception, receives: int, expected: str) -> None:
    scene = Scene()
    signal = retry_due(scene)
    scene.jobs.refuse = error
    if expected == "again":
        with pytest.raises(Exception, match=r"ConcurrentRuns|InternalService"):
            scene.handle(signal, receives)
        assert scene.subjects == []
        scene.jobs.refuse = None
        scene.deliver_until_done(signal)
        assert len(scene.jobs.started) == 1
    else:
        assert scene.handle(signal, receives) == "page"
        assert scene.incident.state == "paged"
        assert "could not be started" in scene.aws.sns.published[0]["default"]
        assert scene.incident.attempts[0].state == "cancelled"


def during(scene: Scene, call: str, signal: Signal) -> list[str]:
    """Deliver another signal in the middle of one call of the first; what became of it."""
    done: list[str] = []

    def come_in(name: str) -> None:
        if name == call and not done:
            done.append("busy")
            with suppress(BusyError):
                done[0] = scene.handle(signal)

    scene.aws.before_call = come_in
    return done


def pages(scene: Scene) -> int:
    return sum(subject.startswith("pipewarden-test-page-P1: [P1]") for subject in scene.subjects)


def test_a_page_that_is_being_sent_is_not_sent_by_a_second_delivery() -> None:
    scene = Scene()
    signal = exhausted(scene)
    done = during(scene, "sns.publish", signal)
    scene.handle(signal)
    assert (done, pages(scene)) == (["busy"], 1)


def test_a_page_that_is_being_sent_is_not_sent_by_another_signal_of_the_incident() -> None:
    scene = Scene()
    signal = exhausted(scene)
    done = during(scene, "sns.publish", scene.ended("load", "l1", "failed", "deterministic"))
    scene.handle(signal)
    assert (done, pages(scene)) == (["page"], 1)
    assert scene.incident.pending == ()


def test_a_page_that_was_abandoned_is_sent_by_the_next_signal_of_the_incident() -> None:
    scene = Scene()
    signal = exhausted(scene)
    scene.aws.crash_at(5, after=False)
    with pytest.raises(Crash):
        scene.handle(signal)
    scene.aws.revive()
    assert [effect.kind for effect in scene.incident.pending] == ["page"]
    scene.time += timedelta(minutes=6)
    scene.handle(scene.ended("load", "l1", "failed", "deterministic"))
    assert pages(scene) == 1
    assert scene.incident.pending == ()


def test_a_new_failure_may_open_a_new_incident_while_the_end_of_the_old_one_is_told() -> None:
    scene = Scene()
    signal = recovered(scene)
    during(scene, "sns.publish", scene.ended("load", "l1", "failed", "transient: 503"))
    scene.handle(signal)
    new, old = scene.store.recent()
    assert (new.state, old.state, old.pending) == ("remediating", "recovered", ())
    assert scene.store.read(scene.time, signal_key="-", pipeline="import").open_incident == new.id


def test_what_was_done_before_a_call_is_refused_is_not_done_again() -> None:
    scene = Scene(severity="P0")
    publish = scene.aws.sns.publish
    scene.aws.sns.publish = lambda **_: (_ for _ in ()).throw(refusal("Publish", "Throttled"))  # type: ignore[method-assign]
    signal = failed(scene)
    with pytest.raises(Exception, match="Throttled"):
        scene.handle(signal)
    assert [effect.kind for effect in scene.incident.pending] == ["page"]
    scene.aws.sns.publish = publish  # type: ignore[method-assign]
    scene.deliver_until_done(signal)
    assert scene.incident.pending == ()
    assert scene.incident.state == "paged"
