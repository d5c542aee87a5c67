"""Replaying archived dead letters: what is chosen, what is sent, and what happens when it is interrupted."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipewarden.dead_letter import COUNT_ATTRIBUTE, DeadLetter, Way, archive_bytes, archive_key
from pipewarden.registry import technologies
from pipewarden.target import Target
from pipewarden_cli.commands import replay
from pipewarden_cli.commands.drain import declared_drain, say_state
from pipewarden_cli.commands.replay import moment
from pipewarden_cli.errors import CommandError
from pipewarden_cli.parser import build_parser
from pipewarden_cli.replay.archive import Archived, read_archive
from pipewarden_cli.replay.journal import Journal
from pipewarden_cli.replay.sender import to_queue, to_source
from tests.unit.runtime.memory_aws import MemoryLambda
from tests.unit.runtime.memory_sqs import MemorySqs
from tests.unit.runtime.scene import Scene, make_settings
from tests.unit.runtime.test_drain_policies import store_of
from tests.unit.runtime.test_drainer import drain, drain_scene

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PREFIX = "dead-letters/import/ingest/"


class Bucket:
    """S3 with one bucket, two keys a page."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[str] = []

    def put(self, when: datetime, *bodies: str, way: Way = "archive", **message: Any) -> None:
        letters = [
            (DeadLetter(message={"MessageId": f"id-{body}", "Body": body, **message}, replays=1), way)
            for body in bodies
        ]
        name = f"{len(self.objects)}"
        self.objects[archive_key("import", "ingest", when, name)] = archive_bytes(letters, when)

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": BytesIO(self.objects[Key])}

    def get_paginator(self, _name: str) -> Any:
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        self.asked.append(Prefix)
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        return [{"Contents": [{"Key": key} for key in keys[n : n + 2]]} for n in range(0, len(keys), 2)] or [{}]


@pytest.fixture
def bucket() -> Bucket:
    found = Bucket()
    found.put(NOON - timedelta(days=1), "old")
    found.put(NOON, "a", "b")
    found.put(NOON + timedelta(hours=1), "copied", way="replay")
    found.put(NOON + timedelta(days=1), '{"code": 7}')
    return found


@pytest.fixture
def world(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The command with its plan and its account replaced; `call` runs it."""
    sqs, settings = MemorySqs(), make_settings()
    services = {"s3": bucket, "sqs": sqs, "lambda": MemoryLambda()}
    place = SimpleNamespace(names=settings.names, client=services.__getitem__)
    plan = SimpleNamespace(settings=settings, environment=None)
    monkeypatch.setattr("pipewarden_cli.aws.connect", lambda *_: place)
    monkeypatch.setattr("pipewarden_cli.project.plan_environment", lambda *_: plan)
    monkeypatch.setattr("time.sleep", lambda seconds: None)

    def call(*options: str) -> int:
        words = ["--root", str(tmp_path), "replay", "test", "--pipeline", "import", "--resource", "ingest"]
        arguments = build_parser().parse_args([*words, "--from", "2026-03-01", "--until", "2026-03-05", *options])
        return replay.run(arguments)

    return SimpleNamespace(call=call, sqs=sqs, bucket=bucket)


def read(bucket: Bucket, since: datetime, until: datetime) -> list[str]:
    return [found.message["Body"] for found in read_archive(bucket, "archive", PREFIX, since, until)]


def test_the_archive_is_read_by_time_and_only_the_days_asked_for(bucket: Bucket) -> None:
    assert read(bucket, NOON, NOON + timedelta(hours=2)) == ["a", "b", "copied"]
    assert bucket.asked == [f"{PREFIX}dt=2026-03-01/"]
    assert read(bucket, NOON + timedelta(hours=1), NOON + timedelta(days=2)) == ["copied", '{"code": 7}']
    assert read(bucket, NOON - timedelta(days=9), NOON) == ["old"]


def test_a_message_comes_out_of_the_archive_as_it_went_in() -> None:
    bucket = Bucket()
    attributes = {
        "kind": {"DataType": "String", "StringValue": "order"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    body = "one\u2028line\nand another"
    bucket.put(NOON, body, MessageAttributes=attributes, Attributes={"MessageGroupId": "eu"})
    (found,) = read_archive(bucket, "archive", PREFIX, NOON, NOON + timedelta(seconds=1))
    assert found.message["Body"] == body
    assert found.message["MessageAttributes"] == attributes
    assert found.message["Attributes"]["MessageGroupId"] == "eu"


@pytest.mark.parametrize(
    ("options", "bodies"),
    [
        ((), ["a", "b", '{"code": 7}']),
        (("--copies",), ["a", "b", "copied", '{"code": 7}']),
        (("--where", "body.code = 7"), ['{"code": 7}']),
        (("--until", "2026-03-02"), ["a", "b"]),
    ],
    ids=["what is nowhere else", "copies too", "only some", "until a time"],
)
def test_what_is_sent(world: SimpleNamespace, options: tuple[str, ...], bodies: list[str]) -> None:
    assert world.call("--send", *options) == 0
    assert world.sqs.bodies("in") == bodies


@pytest.mark.parametrize("options", [(), ("--dry-run",)], ids=["nothing said", "said"])
def test_nothing_is_sent_unless_asked(
    world: SimpleNamespace, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.call(*options) == 0
    assert world.sqs.queues == {}
    expected = (
        "3 messages would be sent to in, archived 2026-03-01 12:00 to 2026-03-02 12:00 UTC. Send them with --send."
    )
    assert capsys.readouterr().out == f"{expected}\n"


def test_another_queue(world: SimpleNamespace) -> None:
    world.call("--send", "--to", "elsewhere")
    assert (world.sqs.bodies("elsewhere"), world.sqs.bodies("in")) == (["a", "b", '{"code": 7}'], [])


def test_a_second_run_sends_nothing_until_told_to(world: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    world.call("--send")
    world.call("--send")
    assert len(world.sqs.bodies("in")) == 3
    world.call()
    assert "There is nothing to send (3 messages sent before)" in capsys.readouterr().out
    world.call("--send", "--again")
    assert len(world.sqs.bodies("in")) == 6


@pytest.mark.parametrize("after", [False, True], ids=["before the queue has it", "after the queue has it"])
def test_an_interrupted_replay_goes_on_and_at_most_one_batch_is_sent_twice(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    world.bucket.put(NOON, *(f"m{n:02}" for n in range(25)))
    send, calls = world.sqs.send_message_batch, []

    def interrupt(**request: Any) -> Any:
        calls.append(request)
        if len(calls) == 2:
            if after:
                send(**request)
            raise KeyboardInterrupt
        return send(**request)

    world.sqs.send_message_batch = interrupt
    with pytest.raises(KeyboardInterrupt):
        world.call("--send")
    world.sqs.send_message_batch = send
    world.call("--send")
    sent = world.sqs.bodies("in")
    assert set(sent) == {"a", "b", '{"code": 7}', *(f"m{n:02}" for n in range(25))}
    assert len(sent) == 28 + (10 if after else 0)


def test_a_refused_message_ends_it_and_the_next_run_goes_on(world: SimpleNamespace) -> None:
    world.sqs.refused.add("b")
    with pytest.raises(CommandError, match="in refused 1 message after 2 were sent; the same command goes on"):
        world.call("--send")
    world.sqs.refused.clear()
    world.call("--send")
    assert sorted(world.sqs.bodies("in")) == ["a", "b", '{"code": 7}'] or len(world.sqs.bodies("in")) == 3


def test_a_wrong_condition_is_said(world: SimpleNamespace) -> None:
    with pytest.raises(CommandError, match="--where must be a condition: a text in quotes"):
        world.call("--where", "body.code =")


def test_half_a_line_of_the_journal_is_a_batch_that_is_sent_again(tmp_path: Path) -> None:
    message = Archived("key", 3, "archive", NOON, {})
    journal = Journal(tmp_path, {"a": "b"})
    journal.add([message])
    with journal.path.open("a") as file:
        file.write('[["key", 4')
    again = Journal(tmp_path, {"a": "b"})
    assert message in again
    assert len(again) == 1
    assert message not in Journal(tmp_path, {"a": "c"})


def test_fifo_keeps_groups_and_one_deduplication_id_for_all_tries() -> None:
    counted = {COUNT_ATTRIBUTE: {"DataType": "Number", "StringValue": "3"}}
    message = {"MessageId": "m", "Body": "x", "Attributes": {"MessageGroupId": "eu"}, "MessageAttributes": counted}
    archived, sqs = Archived("key", 0, "archive", NOON, message), MemorySqs()
    for _ in range(2):
        assert to_queue(sqs, "in.fifo", "journal")([archived]) == [archived]
    first, second = sqs.queues["in.fifo"]
    assert first["dedup"] == second["dedup"] != ""
    assert first["Attributes"]["MessageGroupId"] == "eu"
    assert first["MessageAttributes"] == {}, "attempts begin anew"


def test_a_function_gets_its_events_again_until_it_refuses_one() -> None:
    functions = MemoryLambda()
    target = Target(
        pipeline="p",
        resource="r",
        technology="lambda",
        fields={"function": "f"},
        environment="test",
        account="1",
        region="eu-west-1",
    )
    redelivery = technologies()["lambda"].redelivery
    assert redelivery
    send = to_source(lambda _: functions, target, redelivery, "event")
    messages = [Archived("k", n, "archive", NOON, {"Body": json.dumps(n)}) for n in range(3)]
    functions.refused.add(b"2")
    assert send(messages) == messages[:2]
    assert functions.invoked == [("f", 0), ("f", 1)]


def test_times_are_utc_unless_they_say_otherwise() -> None:
    assert moment("2026-03-01T02:10") == datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
    assert moment("2026-03-01T02:10+02:00").astimezone(UTC).hour == 0


def test_an_undeclared_drain_is_told_with_those_there_are() -> None:
    with pytest.raises(CommandError, match="import extract declares no drain; in test there are: import ingest"):
        declared_drain(make_settings(), "import", "extract")


def test_how_far_a_drain_is() -> None:
    scene: Scene = drain_scene("x", "y")
    assert say_state(store_of(scene).load(), "in-dlq") == "No drain of in-dlq is going on."
    drain(scene)
    store_of(scene).ask_to_stop("Ada")
    said = say_state(store_of(scene).load(), "in-dlq")
    assert said.startswith("Draining in-dlq since 2026-03-01 02:10Z, pass 2: 2 received, 2 replayed, 0 came back")
    assert said.endswith("; Ada asked it to stop.")
