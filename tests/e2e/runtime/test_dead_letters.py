"""Drains against real APIs: conditions, moves by SQS itself, functions as sources, and replays out of the archive."""

from __future__ import annotations

import io
import json
import zipfile
from argparse import Namespace
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from pipewarden.drain_policy import DrainPolicy
from pipewarden.drainer import Drainer, DrainEvent
from pipewarden.handlers.outset import workplace
from pipewarden.pipeline_settings import ResourceSettings
from pipewarden_cli.commands import replay
from pipewarden_cli.parser import build_parser
from tests.e2e.runtime.conftest import make_role

pytestmark = pytest.mark.e2e

CODE = """
import json, os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(event))
"""


def put(world: Any, *bodies: str) -> None:
    rows = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    world.client("sqs").send_message_batch(QueueUrl=world.url("runtime-dlq"), Entries=rows)


def drain(world: Any, resource: str = "ingest", type: str = "sqs", fields: Any = None, **policy: Any) -> str:
    """One invocation with a changed policy."""
    place = workplace()
    pipeline = place.settings.pipelines["import"]
    old = pipeline.resources["ingest"]
    assert old.drain
    changed: DrainPolicy = replace(old.drain, **policy)
    new = ResourceSettings(type=type, fields=fields or old.fields, drain=changed)
    settings = replace(
        place.settings, pipelines={"import": replace(pipeline, resources={**pipeline.resources, resource: new})}
    )
    over = place.now() + timedelta(seconds=60)
    event = DrainEvent(pipeline="import", resource=resource)
    return Drainer(replace(place, settings=settings), event, over, "request-1", lambda seconds: None).run()


def bodies(world: Any, queue: str) -> list[str]:
    return sorted(message["Body"] for message in world.receive(queue))


def test_what_does_not_match_stays_and_is_visible(world: Any) -> None:
    put(world, '{"code": 1}', '{"code": 2}', "text")
    assert drain(world, where="body.code = 1", to="quarantine") == "finished"
    assert bodies(world, "runtime-quarantine") == ['{"code": 1}']
    assert bodies(world, "runtime-dlq") == ["text", '{"code": 2}']


def test_sqs_moves_what_needs_no_more(world: Any) -> None:
    put(world, "a", "b")
    assert drain(world, attempts=None, archive=False) == "looks again"
    assert bodies(world, "runtime-source") == ["a", "b"]
    assert bodies(world, "runtime-dlq") == []


def make_function(world: Any) -> str:
    """A function that writes down what it gets; its ARN."""
    world.client("sqs").create_queue(QueueName="seen")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("seeing.py", CODE)
    made = world.client("lambda").create_function(
        FunctionName="load",
        Runtime="python3.13",
        Role=make_role(world, "load", "lambda.amazonaws.com", "sqs:SendMessage"),
        Handler="seeing.handler",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"SEEN": world.url("seen")}},
    )
    return str(made["FunctionArn"])


def drained_into_function(world: Any, holds: str) -> Any:
    """What the function got of the one dead letter."""
    ended = drain(world, "load", "lambda", {"function": "load"}, source_queue="", source="load", holds=holds)
    assert ended == "looks again"
    (body,) = world.until(lambda: bodies(world, "seen"))
    return json.loads(body)


def admit(world: Any, queue: str, service: str) -> str:
    """Let a service send to the queue; its ARN."""
    sqs, url = world.client("sqs"), world.url(queue)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return str(arn)


def wait_for_dead_letter(world: Any) -> None:
    names, url = ["ApproximateNumberOfMessages"], world.url("runtime-dlq")
    sqs = world.client("sqs")
    world.until(lambda: int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][names[0]]))


def test_a_function_gets_what_its_destination_recorded(world: Any) -> None:
    make_function(world)
    put(world, json.dumps({"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"order": 7}}))
    assert drained_into_function(world, "record") == {"order": 7}


def test_a_function_gets_the_event_that_eventbridge_could_not_give_it(world: Any) -> None:
    """It does not let EventBridge invoke it, so the event lies in the dead-letter queue of the target."""
    function, dead = make_function(world), admit(world, "runtime-dlq", "events.amazonaws.com")
    events = world.client("events")
    events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))
    target = {"Id": "load", "Arn": function, "DeadLetterConfig": {"Arn": dead}}
    events.put_targets(Rule="orders", Targets=[target])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": '{"order": 7}'}])
    wait_for_dead_letter(world)
    found = drained_into_function(world, "event")
    assert (found["source"], found["detail-type"], found["detail"]) == ("shop", "order", {"order": 7})


def test_a_function_gets_the_notification_that_sns_could_not_deliver(world: Any) -> None:
    """The subscription's dead letter is SNS's envelope, whatever it was for; the function gets SNS's record of it."""
    make_function(world)
    sns, dead = world.client("sns"), admit(world, "runtime-dlq", "sns.amazonaws.com")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    gone = dead.replace("runtime-dlq", "runtime-gone")
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=gone, Attributes=redrive)
    sns.publish(TopicArn=topic, Message='{"order": 7}', Subject="order")
    wait_for_dead_letter(world)
    (record,) = drained_into_function(world, "notification")["Records"]
    assert record["EventSource"] == "aws:sns"
    assert (record["Sns"]["TopicArn"], record["Sns"]["Subject"]) == (topic, "order")
    assert record["Sns"]["Message"] == '{"order": 7}'


def test_what_was_archived_is_sent_again_once(world: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(world, "a", "b")
    assert drain(world, to="archive") == "finished"
    place = SimpleNamespace(names=world.settings.names, client=world.client)
    monkeypatch.setattr("pipewarden_cli.aws.connect", lambda *_: place)
    plan = SimpleNamespace(settings=world.settings, environment=None)
    monkeypatch.setattr("pipewarden_cli.project.plan_environment", lambda *_: plan)
    words = ["--root", str(tmp_path), "replay", "test", "--pipeline", "import", "--resource", "ingest"]
    arguments: Namespace = build_parser().parse_args([*words, "--from", "2020-01-01", "--send", "--to", "pages"])
    arguments.since = workplace().now() - timedelta(days=1)
    for _ in range(2):
        assert replay.run(arguments) == 0
    assert bodies(world, "pages") == ["a", "b"]
