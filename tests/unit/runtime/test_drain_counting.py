"""Counting: whatever the policy, whatever is refused, and wherever a drain crashes, every message is somewhere."""

import gzip
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipewarden.drainer import Drainer, DrainEvent
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_drain_policies import PLAIN, function_scene
from tests.unit.runtime.test_drainer import drain, drain_scene

QUEUES = ("in", "in-dlq", "in-quarantine", "elsewhere")
POLICIES: dict[str, dict[str, Any]] = {
    "back, then quarantine": {},
    "back, then quarantine, no copies": {"archive": False},
    "back once, then the archive": {"attempts": 1, "then": "archive"},
    "back once, then nowhere": {"attempts": 1, "then": "leave"},
    "only some": {"where": 'body starts "bad"'},
    "in order": {"fifo": True, "archive": False},
    "in order, only some": {"fifo": True, "where": 'body starts "bad"', "archive": False},
    "archive only": {"to": "archive"},
    "elsewhere": {"to": "elsewhere", "archive": False},
    "slowly": {"rate_per_second": 0.1, "archive": False},
    "moved by SQS": PLAIN,
}


def places(scene: Scene) -> dict[str, int]:
    """How often each body is somewhere: in a queue, in the archive, or given to the function."""
    rows = [gzip.decompress(data).decode().splitlines() for data in scene.aws.s3.objects.values()]
    archived = [json.loads(line)["body"] for lines in rows for line in lines]
    bodies = [body for queue in QUEUES for body in scene.aws.sqs.bodies(queue)]
    given_again = [json.dumps(payload) for _, payload in scene.aws.functions.invoked]
    found = [*bodies, *archived, *given_again]
    return {body: found.count(body) for body in found}


def fill(scene: Scene, bodies: list[str], *, fifo: bool) -> None:
    for number, body in enumerate(bodies):
        scene.aws.sqs.put("in-dlq", body, group=f"g{number % 2}" if fifo else "")


def drain_with_crashes(scene: Scene, crashes: list[tuple[int, bool]]) -> None:
    """Several invocations, each of which may die at one of its calls; in between time passes."""
    for number, (call, after) in enumerate([*crashes, *[(10_000, False)] * 3]):
        scene.aws.crash_at(call, after=after)
        with suppress(Crash):
            drain(scene, f"request-{number}")
        scene.aws.revive()
        scene.aws.sqs.hidden.clear()
        scene.time += timedelta(minutes=16)
        scene.aws.sqs.clock = lambda moment=scene.time: moment - timedelta(seconds=1)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kinds=st.lists(st.sampled_from(["bad", "good", "refused"]), max_size=12),
    crashes=st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=4),
)
def test_every_message_is_somewhere(policy: dict[str, Any], kinds: list[str], crashes: list[tuple[int, bool]]) -> None:
    scene = drain_scene(**policy)
    bodies = [f"{kind}-{number}" for number, kind in enumerate(kinds)]
    fill(scene, bodies, fifo=bool(policy.get("fifo")))
    scene.aws.sqs.refused = {body for body in bodies if body.startswith("refused")}
    drain_with_crashes(scene, crashes)
    found = places(scene)
    assert set(found) == set(bodies)
    if not crashes and policy.get("archive") is False:
        assert set(found.values()) <= {1}, "without a crash nothing is doubled"


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(0, 8),
    refused=st.sets(st.integers(0, 7)),
    crashes=st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=4),
)
def test_every_event_of_a_function_is_somewhere(count: int, refused: set[int], crashes: list[tuple[int, bool]]) -> None:
    bodies = [str(number) for number in range(count)]
    scene = function_scene(*bodies, archive=False)
    scene.aws.functions.refused = {str(number).encode() for number in refused}
    drain_with_crashes(scene, crashes)
    assert set(places(scene)) == set(bodies)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_crash_between_any_two_calls_loses_nothing(policy: dict[str, Any]) -> None:
    """Exhaustively: each call of one invocation, before and after it is done."""
    bodies = ["bad-1", "good-1", "bad-2"]

    def prepare() -> Scene:
        scene = drain_scene(**policy)
        fill(scene, bodies, fifo=bool(policy.get("fifo")))
        return scene

    plain = prepare()
    drain(plain)
    assert len(plain.aws.calls) >= 4
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = prepare()
            scene.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                drain(scene)
            assert set(places(scene)) == set(bodies), f"{plain.aws.calls[number - 1]}, after: {after}"


def test_a_long_drain_goes_on_by_itself_until_the_last_message() -> None:
    """Each invocation has time for twenty messages; the schedules that it leaves behind do the rest."""
    scene = drain_scene(*(f"m{n:03}" for n in range(130)), rate_per_second=1.0, archive=False)

    def sleep(seconds: float) -> None:
        scene.time += timedelta(seconds=seconds + 1)

    endings, event = [], DrainEvent(pipeline="import", resource="ingest")
    while len(endings) < 20 and (not endings or endings[-1] == "continues"):
        over = scene.time + timedelta(seconds=45)
        endings.append(Drainer(scene.workplace, event, over, f"r{len(endings)}", sleep).run())
        event = DrainEvent.read(scene.aws.scheduler.inputs("drainer")[-1])
        scene.aws.sqs.hidden.clear()
    assert endings == [*["continues"] * 6, "looks again"]
    assert scene.aws.sqs.bodies("in") == [f"m{n:03}" for n in range(130)]
