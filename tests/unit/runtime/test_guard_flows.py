"""Guards through the responder, on services in memory: what they remember, wait for, measure and tell."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipewarden.incident_write import item_key
from pipewarden.item import from_item
from pipewarden.responder import Responder
from pipewarden.retry_policy import BreakerPolicy
from pipewarden.run import Scale
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.memory_aws import Crash, refusal
from tests.unit.runtime.scene import RETRY, START, Scene

TWICE = BreakerPolicy(failures=2, within_seconds=3600, open_seconds=1800)


def guarded(resource: str = "extract", **retry: Any) -> Scene:
    """A scene in which one resource's retries are guarded so; no cooldown unless asked for."""
    scene = Scene()
    place = scene.workplace
    pipeline = place.settings.pipelines["import"]
    policy = replace(RETRY, **{"cooldown_seconds": 0.0, **retry})
    resources = {**pipeline.resources, resource: replace(pipeline.resources[resource], retry=policy)}
    pipelines = {**place.settings.pipelines, "import": replace(pipeline, resources=resources)}
    scene.workplace = replace(place, settings=replace(place.settings, pipelines=pipelines))
    scene.responder = Responder(scene.workplace)
    return scene


def item(scene: Scene, pk: str, sk: str) -> dict[str, Any]:
    key = item_key(pk, sk)
    return from_item(scene.aws.dynamodb.get_item(Key=key).get("Item", {}))


def fail(scene: Scene, run: str, identity: str = "extract", error: str = "transient: 503") -> str:
    scene.time += timedelta(minutes=1)
    return scene.handle(scene.ended(identity, run, "failed", error))


def start(scene: Scene, expected: str = "start") -> str:
    """Start the retry that is due; the id of the run."""
    signal = scene.due()[-1]
    scene.time = max(scene.time, signal.time)
    assert scene.handle(signal) == expected
    return list(scene.jobs.runs)[-1]


def last_page(scene: Scene) -> str:
    return str(scene.aws.sns.published[-1]["default"])


def measured(scene: Scene, name: str) -> list[tuple[str, float]]:
    return [(m.pipeline, m.value) for m in scene.measured if m.name == name]


def open_the_breaker(scene: Scene) -> None:
    fail(scene, "r1")
    fail(scene, start(scene))
    assert fail(scene, start(scene)) == "page"


def test_a_breaker_opens_lets_one_retry_through_and_closes() -> None:
    scene = guarded(attempts=3, breaker=TWICE)
    open_the_breaker(scene)
    opened = scene.time
    assert f"the circuit breaker of import is open since {opened:%H:%M} UTC (2 retries failed within 1h)" in last_page(
        scene
    )
    scene.time += timedelta(minutes=10)
    scene.handle(scene.ended("extract", "x8", "succeeded"))
    assert fail(scene, "x10") == "page"
    scene.handle(scene.ended("extract", "x11", "succeeded"))
    scene.time = opened + timedelta(minutes=30)
    assert fail(scene, "x12") == "retry"
    probe = start(scene)
    assert item(scene, "PIPELINE#import", "BREAKER")["state"] == "half-open"
    assert fail(scene, "l1", "load") == "retry"
    scene.time += timedelta(minutes=1)
    scene.handle(scene.ended("extract", probe, "succeeded"))
    assert item(scene, "PIPELINE#import", "BREAKER")["state"] == "closed"
    assert measured(scene, "BreakerOpen") == [("import", 1.0), ("import", 1.0), ("import", 0.0)]
    assert [len(measured(scene, f"Breaker{name}")) for name in ("Opened", "HalfOpened", "Closed")] == [1, 1, 1]


def test_the_message_that_an_incident_is_over_says_that_the_breaker_closed_with_it() -> None:
    scene = guarded(attempts=3, breaker=TWICE)
    open_the_breaker(scene)
    scene.handle(scene.ended("extract", "x8", "succeeded"))
    scene.time += timedelta(minutes=31)
    fail(scene, "x12")
    probe = start(scene)
    scene.time += timedelta(minutes=1)
    scene.handle(scene.ended("extract", probe, "succeeded"))
    assert "\n\nThe circuit breaker of import is closed again.\n\n" in last_page(scene)


def test_a_probe_that_fails_opens_the_breaker_again() -> None:
    scene = guarded(attempts=3, breaker=TWICE)
    open_the_breaker(scene)
    scene.handle(scene.ended("extract", "x8", "succeeded"))
    scene.time += timedelta(minutes=31)
    fail(scene, "x12")
    assert fail(scene, start(scene)) == "page"
    breaker = item(scene, "PIPELINE#import", "BREAKER")
    assert (breaker["state"], datetime.fromisoformat(breaker["since"])) == ("open", scene.time)


def test_of_two_retries_only_one_is_let_through() -> None:
    scene = guarded(attempts=3, breaker=TWICE, one_at_a_time=False)
    pipeline = scene.workplace.settings.pipelines["import"]
    both = {
        **pipeline.resources,
        "load": replace(pipeline.resources["load"], retry=pipeline.resources["extract"].retry),
    }
    settings = replace(
        scene.workplace.settings,
        pipelines={**scene.workplace.settings.pipelines, "import": replace(pipeline, resources=both)},
    )
    scene.workplace = replace(scene.workplace, settings=settings)
    scene.responder = Responder(scene.workplace)
    open_the_breaker(scene)
    scene.handle(scene.ended("extract", "x8", "succeeded"))
    scene.time += timedelta(minutes=31)
    assert fail(scene, "x20") == "retry"
    assert fail(scene, "l1", "load") == "retry"
    first, second = scene.due()[-2:]
    scene.time = max(first.time, second.time)
    raced: list[str] = []

    def race(name: str) -> None:
        # Between the read and the claim of the first, the second comes, is let through and starts.
        if name == "dynamodb.transact_write_items" and not raced:
            raced.append("")
            raced[0] = scene.handle(second)

    scene.aws.before_call = race
    assert [scene.handle(first), *raced] == ["postpone", "start"]
    assert len([run for run in scene.jobs.started if run.state == "running"]) == 1


def test_failures_of_all_pipelines_open_the_breaker_of_the_environment() -> None:
    scene = guarded()
    scene.workplace = replace(scene.workplace, settings=replace(scene.workplace.settings, breaker=TWICE))
    scene.responder = Responder(scene.workplace)
    fail(scene, "r1")
    fail(scene, start(scene))
    fail(scene, "o1", "other")
    signal = next(signal for signal in scene.due() if signal.pipeline == "other")
    scene.time = max(scene.time, signal.time)
    scene.handle(signal)
    other = list(scene.jobs.runs)[-1]
    assert fail(scene, other, "other") == "page"
    assert "the circuit breaker of this environment is open" in last_page(scene)
    assert measured(scene, "BreakerOpen") == [("", 1.0)]


def test_of_two_pipelines_only_one_is_let_through_by_the_breaker_of_the_environment() -> None:
    scene = guarded()
    scene.workplace = replace(scene.workplace, settings=replace(scene.workplace.settings, breaker=TWICE))
    scene.responder = Responder(scene.workplace)
    since = {"S": (scene.time - timedelta(hours=1)).isoformat()}
    key = item_key("BUDGET", "BREAKER")
    scene.aws.dynamodb.put_item(Item={**key, "state": {"S": "open"}, "since": since, "version": {"N": "1"}})
    fail(scene, "x1")
    fail(scene, "o1", "other")
    first, second = scene.due()
    scene.time = max(first.time, second.time)
    raced: list[str] = []

    def race(name: str) -> None:
        if name == "dynamodb.transact_write_items" and not raced:
            raced.append("")
            raced[0] = scene.handle(second)

    scene.aws.before_call = race
    assert [scene.handle(first), *raced] == ["postpone", "start"]
    assert len(scene.jobs.started) == 1


def test_a_second_resource_waits_its_turn_and_is_not_lost() -> None:
    scene = guarded()
    fail(scene, "r1")
    first = start(scene)
    fail(scene, "l1", "load")
    waiting = scene.due()[-1]
    scene.time = max(scene.time, waiting.time)
    assert scene.handle(waiting) == "postpone"
    assert scene.handle(waiting) == "duplicate"
    again = scene.due()[-1]
    assert again.time == scene.time + timedelta(minutes=2)
    scene.handle(scene.ended("extract", first, "succeeded"))
    scene.time = again.time
    assert scene.handle(again) == "start"
    assert [run.retry_of for run in scene.jobs.started] == ["r1", "l1"]


@pytest.mark.parametrize(
    ("going_on", "expected"),
    [
        ({"run_id": "r9"}, "postpone"),
        ({"run_id": "r9", "retry_of": "r1"}, "start"),
        ({"run_id": "r9", "state": "succeeded"}, "start"),
    ],
    ids=["another run", "the service's own retry of the failed run", "a run that is over"],
)
def test_a_retry_does_not_start_beside_a_run_that_is_going_on(going_on: dict[str, str], expected: str) -> None:
    scene = guarded()
    fail(scene, "r1")
    scene.run(**{"state": "running", **going_on})  # type: ignore[arg-type]
    start(scene, expected)
    assert len(scene.jobs.started) == (0 if expected == "postpone" else 2 if "retry_of" in going_on else 1)


def test_a_run_that_goes_on_for_too_long_is_paged() -> None:
    scene = guarded()
    fail(scene, "r1")
    scene.run("r9", "running")
    for _ in range(12):
        signal = scene.due()[-1]
        scene.time = max(scene.time, signal.time)
        if scene.handle(signal) == "page":
            break
    assert "another run of extract is going on (r9), and P1 waits 1h at most" in last_page(scene)
    assert scene.jobs.started == []
    assert scene.time - START < timedelta(minutes=75)


def test_costs_are_set_aside_at_the_start_and_settled_at_the_end() -> None:
    scene = guarded()
    for number in (1, 2):
        scene.time += timedelta(minutes=10)
        scene.run(f"g{number}", "running", started=scene.time)
        scene.time += timedelta(seconds=100 * number)
        scene.handle(scene.ended("extract", f"g{number}", "succeeded"))
    fail(scene, "r1")
    run = start(scene)
    day = f"SPENT#{scene.time:%Y-%m-%d}"
    assert item(scene, "PIPELINE#import", day)["retry_seconds"] == 150
    scene.time += timedelta(seconds=40)
    scene.handle(scene.ended("extract", run, "succeeded"))
    assert item(scene, "PIPELINE#import", day)["retry_seconds"] == 40


def test_what_was_set_aside_for_a_start_that_is_refused_is_given_back() -> None:
    scene = guarded(attempts=3, breaker=TWICE)
    scene.time += timedelta(seconds=100)
    scene.handle(scene.ended("extract", "g1", "succeeded"))
    open_the_breaker(scene)
    scene.handle(scene.ended("extract", "x8", "succeeded"))
    scene.time += timedelta(minutes=31)
    fail(scene, "x12")
    before = item(scene, "PIPELINE#import", f"SPENT#{scene.time:%Y-%m-%d}")["retry_seconds"]
    scene.jobs.refuse = refusal("StartJob", "AccessDenied")
    start(scene, "page")
    assert item(scene, "PIPELINE#import", f"SPENT#{scene.time:%Y-%m-%d}")["retry_seconds"] == before
    assert item(scene, "PIPELINE#import", "BREAKER")["state"] == "open"
    assert item(scene, "PIPELINE#import", "BREAKER").get("probe", "") == ""


def test_after_its_retries_have_ended_a_resource_cools_down() -> None:
    scene = Scene()
    fail(scene, "r1")
    run = start(scene)
    scene.time += timedelta(minutes=1)
    scene.handle(scene.ended("extract", run, "succeeded"))
    assert fail(scene, "r5") == "page"
    assert "it cools down for 15m" in last_page(scene)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("off", "not retried: remediation is off, the parameter /pipewarden/test/remediation says so"),
        ("observe", "observe mode was switched on (the parameter /pipewarden/test/remediation says so)"),
        (None, "observe mode was switched on (the parameter /pipewarden/test/remediation is missing)"),
        (
            refusal("GetParameter", "AccessDeniedException"),
            "observe mode was switched on (the parameter /pipewarden/test/remediation cannot be read: "
            "AccessDeniedException)",
        ),
        ("on", 'observe mode was switched on (the parameter /pipewarden/test/remediation says "on", which is no mode)'),
    ],
    ids=["off", "observe", "missing", "not readable", "not a mode"],
)
def test_the_kill_switch_stops_a_retry_that_is_planned_already(value: Any, words: str) -> None:
    scene = Scene()
    fail(scene, "r1")
    scene.aws.ssm.value = value
    start(scene, "page")
    assert scene.jobs.started == []
    assert words.lower() in last_page(scene).lower()


@pytest.mark.parametrize("idempotent", [True, False], ids=["with-client-token", "without-client-token"])
@pytest.mark.parametrize(("after", "started"), [(False, 0), (True, 1)], ids=["not started yet", "started"])
def test_the_kill_switch_stops_a_start_that_was_interrupted(idempotent: bool, after: bool, started: int) -> None:
    scene = Scene(idempotent=idempotent)
    fail(scene, "r1")
    (due,) = scene.due()
    scene.time = due.time
    twin = Scene(idempotent=idempotent)
    fail(twin, "r1")
    twin.time = due.time
    twin.aws.calls.clear()
    twin.handle(due)
    scene.aws.crash_at(twin.aws.calls.index("jobs.start") + 1, after=after)
    with pytest.raises(Crash):
        scene.handle(due)
    scene.aws.revive()
    scene.aws.ssm.value = "off"
    scene.time += timedelta(minutes=2)
    assert scene.handle(due) == ("start" if started else "page")
    assert len(scene.jobs.started) == started
    if not started:
        assert "remediation is switched to off" in last_page(scene)


def test_the_kill_switch_is_read_once_a_minute_and_stops_drains_too() -> None:
    scene = Scene()
    fail(scene, "r1")
    scene.aws.ssm.value = "off"
    dead = Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="dead", detail={})
    scene.time += timedelta(seconds=30)
    assert scene.handle(dead) == "drain"
    scene.time += timedelta(seconds=30)
    assert scene.handle(replace(dead, time=scene.time)) == "page"
    assert "not drained: remediation is off" in last_page(scene).lower().replace("\n", " ")


def test_a_larger_retry_is_asked_for_only_when_resources_ran_out() -> None:
    asked: list[tuple[str, Scale]] = []
    scene = guarded(attempts=3, scale=Scale(of="workers", factor=2, most=20))
    technology = scene.workplace.technologies["job"]
    assert technology.retry

    def start_larger(clients: Any, target: Any, failed: Any, token: str, scale: Scale) -> Any:
        asked.append((failed.run_id, scale))
        return clients("jobs").start(retry_of=failed.run_id, token=token)

    retry = replace(technology.retry, scalable=("workers",), start_larger=start_larger)
    scene.workplace = replace(scene.workplace, technologies={"job": replace(technology, retry=retry)})
    scene.responder = Responder(scene.workplace)
    scene.time += timedelta(minutes=1)
    scene.run("r1", "failed", "resource: out of memory", size={"workers": 4.0})
    scene.handle(Signal(kind=SignalKind.RUN_FAILED, time=scene.time, technology="job", identity="extract", run_id="r1"))
    assert [a.larger for a in scene.incident.attempts] == [True]
    run = start(scene)
    assert asked == [("r1", Scale(of="workers", factor=2, most=20))]
    fail(scene, run)
    start(scene)
    assert len(asked) == 1
