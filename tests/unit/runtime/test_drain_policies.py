"""Policies of dead-letter queues: which messages, whither, how often, and when to stop."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.dead_letter import COUNT_ATTRIBUTE, FEW_RETURNED
from pipewarden.drain_policy import DrainPolicy
from pipewarden.drain_store import DrainStore
from pipewarden.drainer import Drainer, DrainEvent
from pipewarden.signal import Signal, SignalKind
from pipewarden.technologies import lambda_function
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import DRAIN, Scene
from tests.unit.runtime.test_drainer import archived, drain, drain_scene, next_pass, report

ONE = {"DataType": "Number", "StringValue": "1"}
PLAIN: dict[str, Any] = {"attempts": None, "archive": False, "rate_per_second": 100.0}


def store_of(scene: Scene) -> DrainStore:
    return DrainStore(scene.aws.dynamodb, scene.workplace.settings.names.table(), "in-dlq")


def is_bad(body: str) -> bool:
    return body.startswith("bad")


# --- where


def test_only_matching_messages_leave_and_the_others_are_visible_again() -> None:
    scene = drain_scene('{"code": 1}', '{"code": 2}', "text", where="body.code = 1")
    assert drain(scene) == "looks again"
    assert scene.aws.sqs.bodies("in") == ['{"code": 1}']
    scene.aws.sqs.fail_all("in", "in-dlq", lambda body: False)
    event = scene.aws.scheduler.inputs("drainer")[-1]
    scene.time += timedelta(minutes=10)
    assert drain(scene, "request-2", **event) == "finished"
    assert scene.aws.sqs.bodies("in-dlq") == ['{"code": 2}', "text"]
    assert archived(scene) == ['{"code": 1}']
    assert (report(scene)["left"], report(scene)["received"]) == (2, 1)


def test_what_does_not_match_is_received_once_in_a_drain_and_given_back_at_its_end() -> None:
    scene = drain_scene(*(f"other-{n}" for n in range(50)), where='body starts "mine"')
    assert drain(scene) == "finished"
    assert scene.aws.sqs.hidden == set()
    assert {m["Attributes"]["ApproximateReceiveCount"] for m in scene.aws.sqs.queues["in-dlq"]} == {"2"}
    assert COUNT_ATTRIBUTE not in scene.aws.sqs.queues["in-dlq"][0]["MessageAttributes"]


def test_a_match_behind_many_others_is_found() -> None:
    scene = drain_scene(*(f"other-{n}" for n in range(250)), "mine", where='body = "mine"')
    drain(scene)
    assert scene.aws.sqs.bodies("in") == ["mine"]


def test_fifo_behind_a_message_that_stays_its_group_stays_in_order() -> None:
    scene = drain_scene(fifo=True, where='body starts "yes"')
    for body, group in (("yes-1", "a"), ("no", "a"), ("yes-2", "a"), ("yes-3", "b")):
        scene.aws.sqs.put("in-dlq", body, group=group)
    drain(scene)
    assert scene.aws.sqs.bodies("in") == ["yes-1", "yes-3"]
    assert scene.aws.sqs.bodies("in-dlq") == ["no", "yes-2"]


def test_fifo_behind_poison_that_is_left_its_group_stays_in_order() -> None:
    scene = drain_scene(fifo=True, then="leave", attempts=1, rate_per_second=0.1)
    scene.aws.sqs.put("in-dlq", "poison", {COUNT_ATTRIBUTE: ONE}, group="a")
    scene.aws.sqs.put("in-dlq", "behind", group="a")
    drain(scene)
    scene.aws.sqs.hidden.clear()
    assert scene.aws.sqs.bodies("in-dlq") == ["poison", "behind"]


# --- poison loops and stopping


def test_a_consumer_that_fails_on_everything_stops_the_drain_with_numbers() -> None:
    scene = drain_scene(*(f"bad-{n}" for n in range(30)))
    assert drain(scene) == "looks again"
    assert len(scene.aws.sqs.bodies("in")) == 30
    scene.aws.sqs.clock = lambda: scene.time
    scene.aws.sqs.fail_all("in", "in-dlq", is_bad)
    assert next_pass(scene) == "stopped"
    told = report(scene)
    assert (told["stop"], told["replayed"], told["returned"], told["left"]) == ("poison", 30, 30, 30)
    counts = {
        message["MessageAttributes"][COUNT_ATTRIBUTE]["StringValue"] for message in scene.aws.sqs.queues["in-dlq"]
    }
    assert counts == {"1"}, "those in hand keep their attempts"
    assert len(scene.aws.sqs.bodies("in-dlq")) == 30
    assert ("DRAIN#in-dlq", "STATE") not in scene.aws.dynamodb.items


def test_what_comes_back_while_the_pass_goes_on_stops_it() -> None:
    """Ten messages are in hand at once; the consumer fails each at once, so the queue grows back during the pass."""
    scene = drain_scene(*(f"bad-{n}" for n in range(60)), rate_per_second=1.0)
    scene.aws.sqs.clock = lambda: scene.time
    send = scene.aws.sqs.send_message_batch

    def fail_at_once(**request: Any) -> dict[str, Any]:
        answer = send(**request)
        scene.aws.sqs.fail_all("in", "in-dlq", is_bad)
        queue = scene.aws.sqs.queues["in-dlq"]
        queue.sort(key=lambda message: COUNT_ATTRIBUTE not in message["MessageAttributes"])
        return dict(answer)

    scene.aws.sqs.send_message_batch = fail_at_once  # type: ignore[method-assign]
    assert drain(scene) == "stopped"
    assert len(scene.aws.sqs.bodies("in-dlq")) == 60
    assert not scene.aws.sqs.hidden & {message["MessageId"] for message in scene.aws.sqs.queues["in-dlq"]}
    told = report(scene)
    assert told["returned"] >= FEW_RETURNED
    assert told["replayed"] < 60


@pytest.mark.parametrize(
    ("bad", "good", "most_returned", "stops"),
    [(19, 0, 50.0, False), (20, 0, 50.0, True), (20, 40, 50.0, False), (20, 40, 20.0, True), (30, 0, 100.0, False)],
    ids=["few", "all of twenty", "less than the share", "more than a smaller share", "switched off"],
)
def test_when_a_drain_stops(bad: int, good: int, most_returned: float, stops: bool) -> None:
    scene = drain_scene(
        *(f"bad-{n}" for n in range(bad)), *(f"good-{n}" for n in range(good)), attempts=1, most_returned=most_returned
    )
    drain(scene)
    scene.aws.sqs.clock = lambda: scene.time
    scene.aws.sqs.fail_all("in", "in-dlq", is_bad)
    assert next_pass(scene) == ("stopped" if stops else "finished")


def test_old_poison_of_an_earlier_drain_is_not_counted_as_returned() -> None:
    scene = drain_scene()
    for n in range(30):
        scene.aws.sqs.put("in-dlq", f"bad-{n}", {COUNT_ATTRIBUTE: ONE})
    assert drain(scene) == "looks again"


def test_a_person_stops_a_drain_between_two_batches() -> None:
    scene = drain_scene(*(f"m{n}" for n in range(40)), rate_per_second=1.0)
    store = store_of(scene)
    assert not store.ask_to_stop("Ada")
    event = DrainEvent(pipeline="import", resource="ingest")
    asked: list[bool] = []
    over = scene.time + timedelta(seconds=300)
    ended = Drainer(
        scene.workplace, event, over, "request-1", lambda seconds: asked.append(store.ask_to_stop("Ada"))
    ).run()
    assert (ended, asked) == ("stopped", [True, True])
    assert len(scene.aws.sqs.bodies("in-dlq")) == 20
    assert (report(scene)["stop"], report(scene)["stopped_by"], report(scene)["left"]) == ("asked", "Ada", 20)


def test_a_drain_that_was_stopped_pages_even_when_nothing_is_left_to_see() -> None:
    scene = Scene()
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="dead"))
    told = Signal(
        kind=SignalKind.DRAIN_FINISHED,
        time=scene.time,
        run_id="d1",
        pipeline="import",
        resource="ingest",
        incident=scene.incident.id,
        detail={"stop": "poison", "replayed": 60, "returned": 45},
    )
    assert scene.handle(told) == "page"


def test_a_stopped_drain_pages_with_the_numbers() -> None:
    scene = Scene()
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="dead"))
    detail = {"stop": "poison", "replayed": 60, "returned": 45, "left": 55, "quarantined": 0}
    signal = Signal(
        kind=SignalKind.DRAIN_FINISHED,
        time=scene.time,
        run_id="d1",
        pipeline="import",
        resource="ingest",
        incident=scene.incident.id,
        detail=detail,
    )
    assert scene.handle(signal) == "page"
    page = scene.aws.sns.published[0]["default"]
    assert "45 of 60 replayed dead letters came back" in page
    assert "55 left in the dead-letter queue" in page
    assert "pipewarden drain ENV import ingest" in page


# --- moved by SQS itself


@pytest.mark.parametrize(
    ("change", "plain"),
    [
        ({}, True),
        ({"to": "elsewhere"}, True),
        ({"attempts": 3}, False),
        ({"archive": True}, False),
        ({"where": "body exists"}, False),
        ({"to": "quarantine"}, False),
        ({"source_queue": ""}, False),
        ({"rate_per_second": 0.5}, False),
        ({"rate_per_second": 501.0}, False),
    ],
)
def test_which_policies_sqs_can_carry_out_by_itself(change: dict[str, Any], plain: bool) -> None:
    policy: DrainPolicy = replace(DRAIN, **{**PLAIN, **change})
    assert policy.is_plain is plain


def test_sqs_moves_the_messages_and_the_drain_looks_again() -> None:
    scene = drain_scene("a", "b", "c", **PLAIN)
    assert drain(scene) == "looks again"
    assert scene.aws.sqs.bodies("in") == ["a", "b", "c"]
    assert "sqs.receive_message" not in scene.aws.calls
    scene.aws.sqs.fail_all("in", "in-dlq", lambda body: False)
    scene.aws.sqs.clock = lambda: scene.time
    assert next_pass(scene) == "finished"
    assert report(scene)["replayed"] == 3


def test_a_move_outlives_the_invocation_and_is_not_started_twice() -> None:
    scene = drain_scene("a", "b", "c", "d", **PLAIN)

    def sleep(seconds: float) -> None:
        scene.time += timedelta(seconds=4)

    scene.aws.sqs.clock = lambda: scene.time
    event = DrainEvent(pipeline="import", resource="ingest")
    over = scene.time + timedelta(seconds=30)
    assert Drainer(scene.workplace, event, over, "request-1", sleep).run() == "continues"
    later = scene.aws.scheduler.inputs("drainer")[-1]
    assert drain(scene, "request-2", **later) == "looks again"
    assert (len(scene.aws.sqs.moves), scene.aws.sqs.bodies("in")) == (1, ["a", "b", "c", "d"])


def test_a_move_that_was_started_before_a_crash_is_found_again() -> None:
    scene = drain_scene("a", "b", **PLAIN)
    scene.aws.sqs.clock = lambda: scene.time

    def die(name: str) -> None:
        if name == "sqs.list_message_move_tasks" and scene.aws.sqs.moves:
            scene.aws.dead = True
            raise Crash(name)

    scene.aws.before_call = die
    with pytest.raises(Crash):
        drain(scene)
    scene.aws.before_call = None
    scene.aws.revive()
    scene.aws.sqs.moves[0] |= {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 2}
    scene.time += timedelta(minutes=6)
    assert drain(scene, "request-2") == "looks again"
    assert len(scene.aws.sqs.moves) == 1


def test_a_queue_that_sqs_does_not_move_is_drained_by_our_loop() -> None:
    scene = drain_scene("a", "b", **PLAIN)
    scene.aws.sqs.sources.clear()
    assert drain(scene) == "looks again"
    assert scene.aws.sqs.bodies("in") == ["a", "b"]


def test_a_move_is_cancelled_when_a_person_stops_it() -> None:
    scene = drain_scene("a", "b", "c", **PLAIN)
    event = DrainEvent(pipeline="import", resource="ingest")
    over = scene.time + timedelta(seconds=300)
    store = store_of(scene)
    ended = Drainer(scene.workplace, event, over, "r", lambda seconds: store.ask_to_stop("Ada") and None).run()
    assert (ended, scene.aws.sqs.moves[0]["Status"]) == ("stopped", "CANCELLED")
    assert len(scene.aws.sqs.bodies("in-dlq")) == report(scene)["left"] > 0


def test_poison_that_sqs_moves_for_ever_ends_with_a_page() -> None:
    scene = drain_scene("bad", **PLAIN)
    scene.aws.sqs.clock = lambda: scene.time
    endings = [drain(scene)]
    while endings[-1] == "looks again" and len(endings) < 50:
        scene.aws.sqs.fail_all("in", "in-dlq", is_bad)
        endings.append(next_pass(scene))
    assert (len(endings), endings[-1], report(scene)["stop"]) == (10, "finished", "passes")


# --- large messages


def test_a_message_as_large_as_its_queue_takes_gets_no_attribute_and_is_counted_all_the_same() -> None:
    scene = drain_scene("x" * 262_000, attempts=1)
    drain(scene)
    (message,) = scene.aws.sqs.queues["in"]
    assert message["MessageAttributes"] == {}
    scene.aws.sqs.fail_all("in", "in-dlq", lambda body: True)
    next_pass(scene)
    assert len(scene.aws.sqs.bodies("in-quarantine")) == 1


def test_a_pointer_of_the_extended_client_passes_untouched() -> None:
    body = '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}]'
    size = {"ExtendedPayloadSize": {"DataType": "Number", "StringValue": "3000000"}}
    scene = drain_scene()
    scene.aws.sqs.put("in-dlq", body, size)
    drain(scene)
    (message,) = scene.aws.sqs.queues["in"]
    assert message["Body"] == body
    assert message["MessageAttributes"]["ExtendedPayloadSize"] == size["ExtendedPayloadSize"]


# --- sources that are no queue


def function_scene(*bodies: str, **policy: Any) -> Scene:
    scene = drain_scene(*bodies, **{"source_queue": "", "source": "load", "holds": "event", **policy})
    pipeline = scene.workplace.settings.pipelines["import"]
    fields = {"function": "load"}
    pipeline.resources["ingest"] = replace(pipeline.resources["ingest"], type="lambda", fields=fields)  # type: ignore[index]
    scene.workplace.technologies["lambda"] = lambda_function.TECHNOLOGY  # type: ignore[index]
    return scene


RECORD = json.dumps({"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"order": 7}})
NOTIFICATION = json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": "hello"})


@pytest.mark.parametrize(
    ("holds", "body", "path", "value"),
    [
        ("event", '{"order": 7}', ("order",), 7),
        ("record", RECORD, ("order",), 7),
        ("notification", NOTIFICATION, ("Records", 0, "Sns", "Message"), "hello"),
        ("notification", NOTIFICATION, ("Records", 0, "EventSource"), "aws:sns"),
    ],
    ids=["its own event", "a destination's record", "a notification", "told as SNS tells it"],
)
def test_a_function_gets_its_event_again(holds: str, body: str, path: tuple[Any, ...], value: Any) -> None:
    scene = function_scene(body, holds=holds)
    assert drain(scene) == "looks again"
    ((name, found),) = scene.aws.functions.invoked
    for step in path:
        found = found[step]
    assert (name, found) == ("load", value)
    assert scene.aws.sqs.bodies("in-dlq") == []
    assert archived(scene) == [body]


@pytest.mark.parametrize("holds", ["event", "record", "notification"])
def test_what_is_not_of_the_declared_form_goes_where_given_up_messages_go(holds: str) -> None:
    scene = function_scene("no JSON", holds=holds)
    drain(scene)
    assert scene.aws.functions.invoked == []
    assert scene.aws.sqs.bodies("in-quarantine") == ["no JSON"]


def test_an_event_that_fails_again_and_again_is_counted_although_it_comes_as_a_new_message() -> None:
    scene = function_scene('{"order": 7}', attempts=2)
    drain(scene)
    for _ in range(2):
        scene.aws.sqs.put("in-dlq", '{"order": 7}')
        next_pass(scene)
    assert len(scene.aws.functions.invoked) == 2
    assert scene.aws.sqs.bodies("in-quarantine") == ['{"order": 7}']


def test_what_lambda_refuses_stays_in_the_dead_letter_queue() -> None:
    scene = function_scene("1", "2")
    scene.aws.functions.refused.add(b"1")
    drain(scene)
    assert scene.aws.sqs.bodies("in-dlq") == ["1"]
    assert [payload for _, payload in scene.aws.functions.invoked] == [2]
