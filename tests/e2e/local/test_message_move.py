"""Messages move out of a dead-letter queue as SQS moves them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e


class Queues:
    """A source queue whose messages go to a dead-letter queue when they are received a second time."""

    def __init__(self, local: LocalAws, name: str) -> None:
        self.sqs = local.client("sqs")
        self.dead_url, self.dead_arn = self.create(f"{name}-dlq")
        policy = json.dumps({"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": 1})
        self.url, self.arn = self.create(f"{name}-source", RedrivePolicy=policy, VisibilityTimeout="0")

    def create(self, name: str, **attributes: str) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def let_die(self, *bodies: str) -> None:
        for body in bodies:
            kind = {"kind": {"DataType": "String", "StringValue": body}}
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, MessageAttributes=kind)
        for _ in range(2):
            self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)

    def count(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages"]
        return int(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][names[0]])

    def task(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sqs.list_message_move_tasks(SourceArn=self.dead_arn)["Results"][0]
        return found


@pytest.fixture
def queues(local: LocalAws, name: str) -> Queues:
    return Queues(local, name)


def test_messages_return_to_the_queue_they_came_from(queues: Queues, until: Callable[..., Any]) -> None:
    queues.let_die("a", "b", "c")
    assert (queues.count(queues.url), queues.count(queues.dead_url)) == (0, 3)
    queues.sqs.start_message_move_task(SourceArn=queues.dead_arn)
    task = until(lambda: queues.task() if queues.task()["Status"] == "COMPLETED" else None)
    assert (task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]) == (3, 3)
    assert "TaskHandle" not in task
    assert (queues.count(queues.url), queues.count(queues.dead_url)) == (3, 0)
    answer = queues.sqs.receive_message(
        QueueUrl=queues.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    )
    assert [message["Body"] for message in answer["Messages"]] == ["a", "b", "c"]
    assert answer["Messages"][0]["MessageAttributes"]["kind"]["StringValue"] == "a"
    assert answer["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_destination_takes_all_messages(queues: Queues, name: str, until: Callable[..., Any]) -> None:
    url, arn = queues.create(f"{name}-quarantine")
    queues.let_die("a")
    queues.sqs.send_message(QueueUrl=queues.dead_url, MessageBody="sent here directly")
    queues.sqs.start_message_move_task(SourceArn=queues.dead_arn, DestinationArn=arn)
    assert until(lambda: queues.count(url) == 2)
    assert queues.task()["DestinationArn"] == arn


def test_a_message_without_a_source_fails_the_task(queues: Queues, until: Callable[..., Any]) -> None:
    queues.sqs.send_message(QueueUrl=queues.dead_url, MessageBody="sent here directly")
    queues.sqs.start_message_move_task(SourceArn=queues.dead_arn)
    task = until(lambda: queues.task() if queues.task()["Status"] == "FAILED" else None)
    assert task["FailureReason"] == "CouldNotDetermineMessageSource"
    assert queues.count(queues.dead_url) == 1


def test_a_slow_task_can_be_cancelled_and_keeps_others_out(queues: Queues, until: Callable[..., Any]) -> None:
    queues.let_die("a", "b", "c")
    started = queues.sqs.start_message_move_task(SourceArn=queues.dead_arn, MaxNumberOfMessagesPerSecond=1)
    with pytest.raises(ClientError, match="Only one active task"):
        queues.sqs.start_message_move_task(SourceArn=queues.dead_arn)
    assert queues.task()["TaskHandle"] == started["TaskHandle"]
    queues.sqs.cancel_message_move_task(TaskHandle=started["TaskHandle"])
    until(lambda: queues.task()["Status"] == "CANCELLED")
    moved = queues.task()["ApproximateNumberOfMessagesMoved"]
    assert queues.count(queues.url) == moved < 3
    with pytest.raises(ClientError, match="Only active tasks"):
        queues.sqs.cancel_message_move_task(TaskHandle=started["TaskHandle"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"SourceArn": "arn:aws:sqs:us-east-1:123456789012:none"}, "ResourceNotFound", id="no such queue"),
        pytest.param({"SourceArn": "{arn}"}, "UnsupportedOperation", id="the source is no dead-letter queue"),
        pytest.param(
            {"SourceArn": "{dead_arn}", "DestinationArn": "{dead_arn}x"}, "ResourceNotFound", id="no such destination"
        ),
        pytest.param(
            {"SourceArn": "{dead_arn}", "MaxNumberOfMessagesPerSecond": 501}, "between 1 and 500", id="rate too high"
        ),
    ],
)
def test_what_sqs_refuses_is_refused(queues: Queues, arguments: dict[str, Any], error: str) -> None:
    given = {k: v.format(**vars(queues)) if isinstance(v, str) else v for k, v in arguments.items()}
    with pytest.raises(ClientError, match=error):
        queues.sqs.start_message_move_task(**given)


def test_a_dead_letter_queue_names_its_sources(queues: Queues) -> None:
    answer = queues.sqs.list_dead_letter_source_queues(QueueUrl=queues.dead_url)
    assert [url.rsplit("/", 1)[-1] for url in answer["queueUrls"]] == [queues.url.rsplit("/", 1)[-1]]
    assert queues.sqs.list_dead_letter_source_queues(QueueUrl=queues.url)["queueUrls"] == []


def test_moving_needs_grants_on_both_queues(
    local: LocalAws, queues: Queues, name: str, role: Callable[..., str], session: Callable[..., Any]
) -> None:
    on_dead = ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    arn = role(name, "lambda.amazonaws.com", {"Action": on_dead, "Resource": queues.dead_arn})
    sqs = session(arn, "sqs")
    with pytest.raises(ClientError, match=r"(?i)sqs:sendmessage"):
        sqs.start_message_move_task(SourceArn=queues.dead_arn, DestinationArn=queues.arn)
    with pytest.raises(ClientError, match=r"(?i)sqs:startmessagemovetask"):
        sqs.start_message_move_task(SourceArn=queues.arn)
    assert sqs.start_message_move_task(SourceArn=queues.dead_arn)["TaskHandle"]
