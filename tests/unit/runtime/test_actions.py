"""Actions besides retries, through the responder: what is done, held, tried again, told; what guards refuse."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.action_policy import ActionPolicy
from pipewarden.retry_policy import BreakerPolicy, TimeWindow
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.acting import CALL, CURE, NAME, TURN, acting, give, knobs
from tests.unit.runtime.memory_aws import refusal
from tests.unit.runtime.scene import Scene

DETERMINISTIC = {"classes": ("deterministic",)}
THEN_RETRY = {**DETERMINISTIC, "then": "retry"}
STALE = {"alarms": ("extract.stale",)}
BAD = "deterministic: bad config"


def fail(scene: Scene, run: str = "x1", error: str = BAD) -> str:
    scene.time += timedelta(minutes=1)
    return scene.handle(scene.ended("extract", run, "failed", error))


def alarm(scene: Scene, kind: SignalKind = SignalKind.ALARM_RAISED) -> str:
    scene.time += timedelta(minutes=1)
    return scene.handle(Signal(kind=kind, time=scene.time, alarm="stale"))


def due(scene: Scene) -> Signal:
    """The latest signal that asks for the action."""
    return scene.due(SignalKind.ACTION_DUE)[-1]


def act(scene: Scene, receives: int = 1) -> str:
    """The action is due."""
    signal = due(scene)
    scene.time = max(scene.time, signal.time)
    return scene.handle(signal, receives)


def attempt(scene: Scene, number: int = 1) -> Any:
    found = scene.incident.attempt("extract", number, NAME)
    assert found
    return found


def pages(scene: Scene) -> list[str]:
    return [
        str(row["default"])
        for row in scene.aws.sns.published
        if "-page-" in row["topic"] and "[recovered]" not in row["subject"]
    ]


def test_a_failure_of_its_class_is_acted_upon_and_then_retried_and_nobody_is_paged() -> None:
    scene = acting({**CALL, **THEN_RETRY})
    assert fail(scene) == "act"
    assert (attempt(scene).state, scene.incident.state) == ("planned", "remediating")
    assert act(scene) == "retry"
    ((function, event),) = scene.aws.functions.invoked
    assert function == "arn:aws:lambda:eu-west-1:123456789012:function:mend-it"
    assert event["incident"] == scene.incident.id
    assert {name: event[name] for name in ("pipeline", "resource", "action", "failure_class", "run_id")} == {
        "pipeline": "import",
        "resource": "extract",
        "action": NAME,
        "failure_class": "deterministic",
        "run_id": "x1",
    }
    assert len(event["id"]) == 64
    assert attempt(scene).state == "succeeded"
    (signal,) = scene.due()
    scene.time = signal.time
    assert scene.handle(signal) == "start"
    assert scene.jobs.started[0].retry_of == "x1"
    assert scene.handle(scene.ended("extract", scene.jobs.started[0].run_id, "succeeded")) == "clear"
    assert pages(scene) == []
    assert "extract.mend done, retried once, recovered" in scene.subjects[-1]
    assert [entry.kind for entry in scene.store.timeline(scene.incident.id)][:4] == [
        "failed",
        "action-planned",
        "action-done",
        "retry-planned",
    ]


def test_a_failure_that_comes_again_after_action_and_retry_is_paged_once_with_all_that_was_tried() -> None:
    scene = acting({**CALL, **THEN_RETRY})
    fail(scene)
    act(scene)
    scene.time = scene.due()[0].time
    scene.handle(scene.due()[0])
    assert fail(scene, scene.jobs.started[0].run_id) == "page"
    (page,) = pages(scene)
    assert "Not retried: a deterministic failure" in page
    assert "not done" not in page, "that it was done stands under TRIED"
    assert "UTC extract.mend called the function mend-it\n" in page
    assert "UTC retry 1 of extract failed" in page
    assert len(scene.aws.functions.invoked) == 1


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({**CALL, **DETERMINISTIC}, "extract.mend called the function mend-it; the failed run is not started again"),
        ({**TURN, **THEN_RETRY, "fields": {"knob": "a", "dry": True}}, "extract.mend: turned the knob to 2"),
    ],
    ids=["a page follows where no retry is declared", "a dry run cures nothing: paged, whatever was to follow"],
)
def test_what_follows_an_action_for_a_failure(declared: Mapping[str, Any], words: str) -> None:
    scene = acting(declared)
    fail(scene)
    assert pages(scene) == []
    assert act(scene) == "page"
    (page,) = pages(scene)
    assert words.lower() in page.lower()
    assert scene.due() == []
    assert attempt(scene).state == "succeeded"


def test_a_failure_of_another_class_is_none_of_its_business() -> None:
    scene = acting({**CALL, **DETERMINISTIC})
    assert fail(scene, error="transient: 503") == "retry"
    assert scene.due(SignalKind.ACTION_DUE) == []


def test_an_alarm_that_clears_after_the_action_ends_the_incident_without_a_page() -> None:
    scene = acting({**TURN, **STALE})
    assert alarm(scene) == "act"
    assert act(scene) == "wait"
    assert knobs(scene).value == 2
    assert (attempt(scene).state, attempt(scene).until) == ("started", scene.time + timedelta(minutes=15))
    scene.time += timedelta(minutes=5)
    assert alarm(scene, SignalKind.ALARM_CLEARED) == "clear"
    assert (attempt(scene).state, scene.incident.state) == ("succeeded", "recovered")
    assert scene.incident.auto_remediated
    assert pages(scene) == []
    assert "extract.mend done, recovered" in scene.subjects[-1]


def test_an_alarm_that_does_not_clear_in_time_is_paged_once() -> None:
    scene = acting({**TURN, **STALE, "clears_within_seconds": 600.0})
    alarm(scene)
    act(scene)
    signal = due(scene)
    assert signal.time >= attempt(scene).until
    assert act(scene) == "page"
    (page,) = pages(scene)
    assert "Extract.mend turned the knob to 2, and it did not help: the alarm has not cleared." in page
    assert "UTC extract.mend turned the knob to 2; it did not help" in page
    assert "P2 import" in page
    assert attempt(scene).state == "failed"


def test_an_alarm_that_has_cleared_before_the_action_is_due_needs_none() -> None:
    scene = acting({**TURN, **STALE})
    alarm(scene)
    signal = due(scene)
    alarm(scene, SignalKind.ALARM_CLEARED)
    scene.time = max(scene.time, signal.time)
    assert scene.handle(signal) == "ignore"
    assert (knobs(scene).value, attempt(scene).state) == (1, "cancelled")
    assert scene.subjects == []


def test_a_run_that_succeeds_before_the_action_is_due_makes_it_needless() -> None:
    scene = acting({**TURN, **THEN_RETRY})
    fail(scene)
    scene.time += timedelta(seconds=1)
    scene.run("x2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "x2", "succeeded"))
    assert act(scene) == "ignore"
    assert (knobs(scene).value, attempt(scene).state) == (1, "cancelled")


@pytest.mark.parametrize(
    ("ends", "expected", "words"),
    [
        ("succeeded", "retry", ""),
        ("failed", "page", "Extract.mend failed: the cure broke."),
    ],
)
def test_an_action_that_goes_on_is_looked_after_until_its_end(ends: str, expected: str, words: str) -> None:
    scene = acting({**CURE, **THEN_RETRY})
    fail(scene)
    assert act(scene) == "wait"
    assert (act(scene), act(scene)) == ("wait", "wait")
    assert {row.attempt for row in scene.due(SignalKind.ACTION_DUE)} == {1}
    knobs(scene).executions = dict.fromkeys(knobs(scene).executions, ends)
    assert act(scene) == expected
    assert [page for page in pages(scene) if words in page] == pages(scene)
    assert attempt(scene).state == ends
    assert len(knobs(scene).executions) == 1


def test_an_action_whose_end_nobody_tells_is_paged_in_the_end() -> None:
    scene = acting({**CURE, **THEN_RETRY})
    fail(scene)
    done = [act(scene)]
    while done[-1] == "wait":
        done.append(act(scene))
    assert done == [*["wait"] * 40, "page"]
    assert "The end of extract.mend is unknown: it the cure is running" in pages(scene)[0]


def test_p0_is_paged_at_once_and_acted_upon_all_the_same() -> None:
    scene = acting({**TURN, **THEN_RETRY}, severity="P0")
    assert fail(scene) == "act"
    assert len(pages(scene)) == 1
    act(scene)
    assert (knobs(scene).value, len(pages(scene))) == (2, 1)


@pytest.mark.parametrize(
    ("mode", "switch", "words"),
    [
        ("observe", "act", "Observe mode: would have done extract.mend: turn the knob."),
        ("act", "observe", "would have done extract.mend: turn the knob."),
        (
            "act",
            "off",
            "Extract.mend not done: remediation is off, the parameter /pipewarden/test/remediation says so.",
        ),
    ],
)
def test_observe_and_the_kill_switch_hold_for_actions(mode: str, switch: str, words: str) -> None:
    scene = acting({**TURN, **STALE}, mode=mode)
    scene.aws.ssm.value = switch
    assert alarm(scene) == "page"
    assert words.lower() in pages(scene)[0].lower()
    assert (knobs(scene).value, scene.incident.attempts) == (1, ())


def test_a_switch_that_is_thrown_while_an_action_waits_stops_it() -> None:
    scene = acting({**TURN, **STALE})
    alarm(scene)
    scene.aws.ssm.value = "off"
    scene.time += timedelta(minutes=2)
    assert act(scene) == "page"
    assert (knobs(scene).value, attempt(scene).state) == (1, "cancelled")
    assert "Extract.mend not done: remediation is off" in pages(scene)[0]


def test_an_action_is_done_as_often_as_declared_in_one_incident() -> None:
    scene = acting({**TURN, **THEN_RETRY, "guards": {"attempts": 2}})
    fail(scene)
    act(scene)
    scene.time = scene.due()[0].time
    scene.handle(scene.due()[0])
    assert fail(scene, scene.jobs.started[0].run_id) == "act"
    act(scene)
    assert [one.number for one in scene.incident.attempts_of("extract", NAME)] == [1, 2]
    assert knobs(scene).value == 3


def test_from_incident_to_incident_an_action_cools_down() -> None:
    scene = acting({**TURN, **STALE})
    alarm(scene)
    act(scene)
    done = scene.time
    alarm(scene, SignalKind.ALARM_CLEARED)
    assert alarm(scene) == "page"
    assert f"Extract.mend not done: it was done at {done:%H:%M} UTC, and it cools down for 1h" in pages(scene)[
        0
    ].replace("retried. e", "retried. E")
    alarm(scene, SignalKind.ALARM_CLEARED)
    scene.time = done + timedelta(hours=1)
    assert alarm(scene) == "act"


def test_actions_that_fail_open_the_breaker_which_stops_actions_and_retries() -> None:
    breaker = BreakerPolicy(failures=1, within_seconds=3600, open_seconds=1800)
    guards = {"breaker": breaker, "cooldown_seconds": 0.0}
    scene = acting({**TURN, **STALE, "guards": guards})
    alarm(scene)
    act(scene)
    act(scene)
    assert scene.metric("BreakerOpened") == [1]
    alarm(scene, SignalKind.ALARM_CLEARED)
    assert alarm(scene) == "page"
    assert "not done: the circuit breaker of import is open" in pages(scene)[-1]
    assert fail(scene, error="transient: 503") == "page"
    scene.handle(Signal(kind=SignalKind.ALARM_CLEARED, time=scene.time, alarm="stale"))
    scene.run("x9", "running", started=scene.time)
    scene.handle(scene.ended("extract", "x9", "succeeded"))
    scene.time += timedelta(minutes=31)
    assert alarm(scene) == "act"
    act(scene)
    alarm(scene, SignalKind.ALARM_CLEARED)
    assert scene.metric("BreakerClosed") == [1]


def test_an_action_counts_in_the_budget_of_the_hour() -> None:
    scene = acting({**TURN, **THEN_RETRY}, retries_per_hour=1)
    fail(scene)
    assert act(scene) == "page"
    assert "budget used, 1 retries this hour" in pages(scene)[0]
    assert knobs(scene).value == 2


def test_outside_its_window_an_action_waits_or_is_paged() -> None:
    near, far = TimeWindow(begin="02:30", end="03:00"), TimeWindow(begin="22:00", end="23:00")
    scene = acting({**TURN, **STALE, "guards": {"window": near}})
    assert alarm(scene) == "act"
    assert due(scene).time.strftime("%H:%M") == "02:30"
    scene = acting({**TURN, **STALE, "guards": {"window": far}})
    assert alarm(scene) == "page"
    assert "extract.mend not done: outside its window" in pages(scene)[0]


@pytest.mark.parametrize("resource", ["load", "extract"])
def test_one_remediation_at_a_time_in_a_pipeline(resource: str) -> None:
    scene = acting({**CURE, **THEN_RETRY})
    scene.handle(scene.ended(resource, "l1", "failed", "transient: 503"))
    fail(scene)
    act(scene)
    retry = scene.due()[0]
    scene.time = max(scene.time, retry.time)
    assert scene.handle(retry) == "postpone"
    assert scene.jobs.started == []


@pytest.mark.parametrize(
    ("error", "receives", "expected"),
    [
        (refusal("Turn", "AccessDenied", 403), 1, "page"),
        (refusal("Turn", "ThrottlingException"), 1, "again"),
        (refusal("Turn", "ThrottlingException"), 3, "page"),
        (refusal("Turn", "InternalError", 500), 1, "again"),
    ],
    ids=["forbidden: page", "throttled: again", "throttled, third time: page", "perhaps done: again"],
)
@pytest.mark.parametrize("moment", ["while it is settled", "while it is done"])
def test_what_is_refused_is_tried_again_or_paged(error: Exception, receives: int, expected: str, moment: str) -> None:
    scene = acting({**TURN, **THEN_RETRY})
    fail(scene)
    signal = due(scene)
    scene.time = max(scene.time, signal.time)
    read = knobs(scene).read
    if moment == "while it is done":
        knobs(scene).read = lambda: 1  # type: ignore[method-assign]
    knobs(scene).refuse = error
    if expected == "page":
        assert scene.handle(signal, receives) == "page"
        assert f"Extract.mend failed: {error}" in pages(scene)[0]
        assert attempt(scene).state == "failed"
        return
    with pytest.raises(Exception, match=r"Throttling|InternalError"):
        scene.handle(signal, receives)
    knobs(scene).refuse, knobs(scene).read = None, read  # type: ignore[method-assign]
    assert pages(scene) == []
    scene.deliver_until_done(signal)
    assert knobs(scene).steps == [(1, 2)]


def test_what_cannot_be_done_is_said_and_nothing_is_changed() -> None:
    scene = acting({**TURN, **THEN_RETRY})
    knobs(scene).value = 9
    fail(scene)
    assert act(scene) == "page"
    assert "Extract.mend failed: the knob is at its end." in pages(scene)[0]
    assert (knobs(scene).steps, scene.store.read(scene.time, signal_key="-").retries_this_hour) == ([], 0)


def test_an_action_that_is_declared_no_more_is_not_done() -> None:
    scene = acting({**TURN, **THEN_RETRY})
    fail(scene)
    give(scene, {})
    assert act(scene) == "page"
    assert "extract.mend not done: it is declared no more" in pages(scene)[0].lower()


def test_the_second_action_is_done_where_the_first_is_used_up() -> None:
    first = ActionPolicy(**{**TURN, **THEN_RETRY})  # type: ignore[arg-type]
    second = replace(first, type="run", fields={"function": "mend-it"}, intent="call it")
    scene = acting({**TURN, **THEN_RETRY})
    give(scene, {"mend": first, "other": second})
    fail(scene)
    act(scene)
    scene.time = scene.due()[0].time
    scene.handle(scene.due()[0])
    assert fail(scene, scene.jobs.started[0].run_id) == "act"
    assert scene.incident.attempts[-1].action == "extract.other"


def test_a_repeated_failure_waits_for_the_action_that_is_going_on() -> None:
    scene = acting({**CURE, **THEN_RETRY})
    fail(scene)
    act(scene)
    assert fail(scene, "x2") == "hold"
    assert (pages(scene), scene.incident.reasons[0].times) == ([], 2)
    knobs(scene).executions = dict.fromkeys(knobs(scene).executions, "failed")
    assert act(scene) == "page"
    assert len(pages(scene)) == 1
