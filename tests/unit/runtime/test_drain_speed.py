"""A drain asks, copies and counts for many messages at once, and waits only where it must."""

from typing import Any

import pytest

from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_drain_policies import function_scene
from tests.unit.runtime.test_drainer import drain, drain_scene, next_pass, report


def calls(scene: Scene, name: str) -> int:
    return scene.aws.calls.count(name)


@pytest.mark.parametrize(
    ("policy", "receives"),
    [({}, 1), ({"to": "archive"}, 3), ({"to": "elsewhere", "archive": False}, 3)],
    ids=[
        "another pass follows: the count is enough",
        "the last pass: long polls",
        "nothing comes back: the same",
    ],
)
def test_only_what_nothing_follows_waits_for_an_empty_answer(policy: dict[str, Any], receives: int) -> None:
    scene = drain_scene("a", "b", "c", **policy)
    drain(scene)
    assert calls(scene, "sqs.receive_message") == receives


def test_what_the_count_of_the_queue_missed_is_for_the_next_pass() -> None:
    scene = drain_scene(*(f"m{n:02}" for n in range(15)))
    answer = {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        **scene.aws.sqs.attributes,
    }
    scene.aws.sqs.get_queue_attributes = lambda **_: {"Attributes": answer}  # type: ignore[method-assign]
    assert drain(scene) == "looks again"
    assert len(scene.aws.sqs.bodies("in")) == 10
    assert next_pass(scene) == "looks again"
    assert len(scene.aws.sqs.bodies("in")) == 15
    assert next_pass(scene) == "finished"
    assert (report(scene)["replayed"], scene.aws.sqs.bodies("in-dlq")) == (15, [])


def test_five_hundred_messages_share_one_copy_and_one_count() -> None:
    scene = drain_scene(*(f"m{n:04}" for n in range(1_200)), rate_per_second=1_000.0)
    drain(scene)
    assert len(scene.aws.sqs.bodies("in")) == 1_200
    assert len(scene.aws.s3.objects) == 3
    steps = ["receive_message", "send_message_batch", "delete_message_batch"]
    assert [calls(scene, f"sqs.{step}") for step in steps] == [120, 120, 120]
    others = [call for call in scene.aws.calls if not call.startswith("sqs.") or "attributes" in call or "url" in call]
    assert len(others) <= 20


def test_messages_that_are_given_one_by_one_are_fewer_in_hand() -> None:
    scene = function_scene(*(str(n) for n in range(250)), rate_per_second=1_000.0)
    drain(scene)
    assert len(scene.aws.functions.invoked) == 250
    assert len(scene.aws.s3.objects) == 3
