"""Draining: every message ends somewhere, once counted, whatever is refused, interrupted or comes back."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.dead_letter import COUNT_ATTRIBUTE
from pipewarden.drainer import Drainer, DrainEvent
from pipewarden.signal import Signal
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import DRAIN, Scene

TEN = {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(10)}
FULL = {**{f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(9)}}


def drain_scene(*bodies: str, **policy: Any) -> Scene:
    scene = Scene()
    for body in bodies:
        scene.aws.sqs.put("in-dlq", body)
    scene.aws.sqs.clock = lambda: scene.time - timedelta(seconds=1)
    pipeline = scene.workplace.settings.pipelines["import"]
    pipeline.resources["ingest"] = replace(pipeline.resources["ingest"], drain=replace(DRAIN, **policy))  # type: ignore[index]
    return scene


def drain(scene: Scene, holder: str = "request-1", **event: Any) -> str:
    asked = DrainEvent.read({"pipeline": "import", "resource": "ingest", **event})
    return Drainer(scene.workplace, asked, scene.time + timedelta(seconds=300), holder, lambda seconds: None).run()


def next_pass(scene: Scene) -> str:
    """What the schedule does later, when the poison is back and nothing is hidden any more."""
    event = scene.aws.scheduler.inputs("drainer")[-1]
    scene.time += timedelta(minutes=10)
    scene.aws.sqs.hidden.clear()
    return drain(scene, f"request-{scene.time:%H%M}", **event)


def report(scene: Scene) -> dict[str, Any]:
    (body,) = scene.aws.sqs.bodies("pipewarden-test-signals")
    return dict(Signal.from_json(body).detail)


def archived(scene: Scene) -> list[str]:
    """Bodies in the archive, one for each time a message left the dead-letter queue."""
    texts = [gzip.decompress(data).decode() for data in scene.aws.s3.objects.values()]
    return sorted(json.loads(line)["body"] for text in texts for line in text.splitlines())


def test_good_messages_go_back_and_poison_ends_in_quarantine() -> None:
    scene = drain_scene("good-1", "bad", "good-2")
    assert drain(scene) == "looks again"
    assert scene.aws.sqs.fail_all("in", "in-dlq", lambda body: body == "bad") == ["good-1", "good-2"]
    assert next_pass(scene) == "looks again"
    assert scene.aws.sqs.fail_all("in", "in-dlq", lambda body: body == "bad") == []
    assert next_pass(scene) == "finished"
    assert scene.aws.sqs.bodies("in-quarantine") == ["bad"]
    assert scene.aws.sqs.bodies("in-dlq") == []
    assert archived(scene) == ["bad", "bad", "bad", "good-1", "good-2"]
    told = report(scene)
    assert {name: told[name] for name in ("received", "replayed", "quarantined", "archived", "left")} == {
        "received": 5,
        "replayed": 4,
        "quarantined": 1,
        "archived": 5,
        "left": 0,
    }
    assert told["samples"] == ["bad"]


def test_the_next_pass_comes_when_poison_would_be_back_and_each_one_later() -> None:
    scene = drain_scene("one")
    drain(scene)
    scene.aws.sqs.fail_all("in", "in-dlq", lambda body: True)
    next_pass(scene)
    first, second = (schedule["ScheduleExpression"] for schedule in scene.aws.scheduler.schedules.values())
    # 5 s hidden, received twice, and 2 s more: 12 s after 02:10:05; then twice that after 02:20:05.
    assert (first, second) == ("at(2026-03-01T02:10:17)", "at(2026-03-01T02:20:29)")


def test_what_comes_back_during_a_pass_waits_for_the_next_one() -> None:
    """A consumer that is down must not use up all attempts of a good message within one pass."""
    scene = drain_scene("good")
    scene.aws.sqs.clock = lambda: scene.time
    send = scene.aws.sqs.send_message_batch

    def fail_at_once(**request: Any) -> dict[str, Any]:
        answer = send(**request)
        scene.aws.sqs.fail_all("in", "in-dlq", lambda body: True)
        return dict(answer)

    scene.aws.sqs.send_message_batch = fail_at_once  # type: ignore[method-assign]
    assert drain(scene) == "looks again"
    assert scene.aws.sqs.bodies("in-dlq") == ["good"]
    waiting = {message["MessageId"] for message in scene.aws.sqs.queues["in-dlq"]}
    assert not waiting & scene.aws.sqs.hidden, "it is given back, so that the next pass sees it"
    scene.aws.sqs.send_message_batch = send  # type: ignore[method-assign]
    assert next_pass(scene) == "looks again"
    assert scene.aws.sqs.fail_all("in", "in-dlq", lambda body: False) == ["good"]
    assert next_pass(scene) == "finished"
    assert (report(scene)["replayed"], report(scene)["quarantined"]) == (2, 0)


def test_an_empty_queue_is_reported_at_once() -> None:
    scene = drain_scene()
    assert drain(scene) == "finished"
    assert report(scene)["received"] == 0


@pytest.mark.parametrize(
    ("policy", "places"),
    [
        ({"to": "archive"}, {"in": [], "in-dlq": [], "in-quarantine": []}),
        ({"to": "quarantine"}, {"in": [], "in-dlq": [], "in-quarantine": ["x"]}),
        ({"to": "elsewhere"}, {"elsewhere": ["x"], "in-dlq": []}),
        ({"attempts": 0, "then": "leave"}, {"in": [], "in-dlq": ["x"], "in-quarantine": []}),
        ({"attempts": 0, "then": "archive"}, {"in": [], "in-dlq": [], "in-quarantine": []}),
    ],
    ids=["to the archive only", "to quarantine", "to another queue", "left where it is", "archived after attempts"],
)
def test_a_message_goes_where_the_policy_says(policy: dict[str, Any], places: dict[str, list[str]]) -> None:
    scene = drain_scene("x", **policy)
    drain(scene)
    assert {queue: scene.aws.sqs.bodies(queue) for queue in places} == places
    assert archived(scene) == ([] if policy.get("then") == "leave" else ["x"])


def test_what_is_left_is_reported_although_later_passes_do_not_see_it() -> None:
    scene = drain_scene("x", "y")
    scene.aws.sqs.refused.add("y")
    assert drain(scene) == "looks again"
    scene.aws.sqs.hidden.add("m2")
    scene.time += timedelta(minutes=1)
    assert drain(scene, "request-2", **scene.aws.scheduler.inputs("drainer")[-1]) == "finished"
    assert report(scene)["left"] == 1
    assert scene.aws.sqs.bodies("in-dlq") == ["y"]


def test_without_archive_nothing_is_archived_and_nothing_is_lost() -> None:
    scene = drain_scene("x", archive=False)
    drain(scene)
    assert scene.aws.sqs.bodies("in") == ["x"]
    assert scene.aws.s3.objects == {}


@pytest.mark.parametrize(
    ("attributes", "counted"),
    [({}, "1"), (FULL, "1"), ({**FULL, COUNT_ATTRIBUTE: {"DataType": "Number", "StringValue": "1"}}, "2"), (TEN, None)],
    ids=["none yet", "room for one", "counted before", "no room"],
)
def test_replays_are_counted_in_the_message_while_it_has_room(attributes: dict[str, Any], counted: str | None) -> None:
    scene = drain_scene()
    scene.aws.sqs.put("in-dlq", "x", attributes)
    drain(scene)
    (message,) = scene.aws.sqs.queues["in"]
    assert message["MessageAttributes"].get(COUNT_ATTRIBUTE, {}).get("StringValue") == counted
    assert set(attributes) <= set(message["MessageAttributes"])


def test_a_message_without_room_is_counted_in_the_table() -> None:
    scene = drain_scene()
    scene.aws.sqs.put("in-dlq", "bad", TEN)
    for _ in range(2):
        drain(scene) if not scene.aws.scheduler.schedules else next_pass(scene)
        scene.aws.sqs.fail_all("in", "in-dlq", lambda body: True)
    assert next_pass(scene) == "finished"
    assert scene.aws.sqs.bodies("in-quarantine") == ["bad"]


def test_a_refused_fifo_message_holds_back_its_group_only() -> None:
    scene = drain_scene(fifo=True)
    for body, group in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b")):
        scene.aws.sqs.put("in-dlq", body, group=group)
    scene.aws.sqs.refused.add("a1")
    drain(scene)
    assert scene.aws.sqs.bodies("in") == ["b1", "b2"]
    assert scene.aws.sqs.bodies("in-dlq") == ["a1", "a2"]
    sent = scene.aws.sqs.queues["in"]
    assert [message["Attributes"]["MessageGroupId"] for message in sent] == ["b", "b"]
    assert len({message["dedup"] for message in sent} - {""}) == 2


def test_large_messages_do_not_overflow_a_batch() -> None:
    bodies = [f"{n}" + "x" * 100_000 for n in range(5)]
    scene = drain_scene(*bodies)
    drain(scene)
    assert scene.aws.sqs.bodies("in") == bodies


def test_the_rate_is_kept() -> None:
    scene = drain_scene(*(f"m{n}" for n in range(25)), rate_per_second=2.0)
    slept: list[float] = []
    event = DrainEvent(pipeline="import", resource="ingest")
    Drainer(scene.workplace, event, scene.time + timedelta(seconds=300), "request-1", slept.append).run()
    assert slept == [10.0, 2.5]


def test_a_drain_that_runs_out_of_time_goes_on_in_another_invocation() -> None:
    scene = drain_scene(*(f"m{n:02}" for n in range(30)), rate_per_second=1.0)

    def sleep(seconds: float) -> None:
        scene.time += timedelta(seconds=seconds + 1)

    event = DrainEvent(pipeline="import", resource="ingest")
    over = scene.time + timedelta(seconds=40)
    assert Drainer(scene.workplace, event, over, "request-1", sleep).run() == "continues"
    assert len(scene.aws.sqs.bodies("in")) == 20
    assert next_pass(scene) == "looks again"
    assert len(scene.aws.sqs.bodies("in")) == 30
    scene.aws.sqs.fail_all("in", "in-dlq", lambda body: False)
    assert next_pass(scene) == "finished"
    assert report(scene)["replayed"] == 30


def test_one_queue_is_drained_by_one_at_a_time() -> None:
    scene = drain_scene("x")
    inner: list[str] = []

    def come_in(name: str) -> None:
        if name == "sqs.receive_message" and not inner:
            inner.append("")
            inner[0] = drain(scene, "request-2")

    scene.aws.before_call = come_in
    assert drain(scene) == "looks again"
    assert inner == ["taken"]
    assert scene.aws.sqs.bodies("in") == ["x"]
    # The one that was turned away comes back when the lease has ended.
    assert len(scene.aws.scheduler.inputs("drainer")) == 2


def test_a_late_pass_of_a_drain_that_is_over_does_nothing() -> None:
    scene = drain_scene("x")
    drain(scene)
    event = scene.aws.scheduler.inputs("drainer")[-1]
    scene.aws.sqs.fail_all("in", "in-dlq", lambda body: False)
    assert next_pass(scene) == "finished"
    assert drain(scene, "request-9", **event) == "stale"
    assert len(scene.aws.sqs.bodies("pipewarden-test-signals")) == 1


def test_a_crash_anywhere_loses_no_message() -> None:
    plain = drain_scene("good", "bad")
    drain(plain)
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = drain_scene("good", "bad")
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                drain(scene)
            kept = {*scene.aws.sqs.bodies("in-dlq"), *scene.aws.sqs.bodies("in")}
            assert kept == {"good", "bad"}
            scene.aws.revive()
            scene.aws.sqs.hidden.clear()
            scene.time += timedelta(minutes=6)
            for _ in range(6):
                scene.aws.sqs.fail_all("in", "in-dlq", lambda body: body == "bad")
                if drain(scene, f"again-{scene.time:%M}") == "finished":
                    break
                scene.time += timedelta(minutes=6)
            assert scene.aws.sqs.bodies("in-dlq") == []
            assert set(scene.aws.sqs.bodies("in-quarantine")) == {"bad"}
            assert {"good", "bad"} <= set(archived(scene))


def test_a_crash_after_the_deletion_does_not_end_the_drain_before_the_poison_is_back() -> None:
    scene = drain_scene("bad")

    def die(name: str) -> None:
        if scene.aws.calls[-2:-1] == ["sqs.delete_message_batch"]:
            scene.aws.dead = True
            raise Crash(name)

    scene.aws.before_call = die
    with pytest.raises(Crash):
        drain(scene)
    scene.aws.before_call = None
    scene.aws.revive()
    scene.time += timedelta(minutes=6)
    assert drain(scene, "request-2") == "looks again"
    assert scene.aws.sqs.bodies("pipewarden-test-signals") == []
