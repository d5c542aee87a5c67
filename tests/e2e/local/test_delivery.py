"""Events and schedules reach their targets with the permissions AWS would ask for, and what fails is not lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e


class Queue:
    """A queue and what it received."""

    def __init__(self, local: LocalAws, name: str, **attributes: str) -> None:
        self._sqs = local.client("sqs")
        self.url = self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.arn = found["Attributes"]["QueueArn"]

    def admit(self, service: str) -> Queue:
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        return self

    def messages(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def attribute(self, name: str) -> str:
        value: str = self.messages()[0]["MessageAttributes"][name]["StringValue"]
        return value


@pytest.fixture
def queue(local: LocalAws, name: str) -> Callable[..., Queue]:
    def create(suffix: str, **attributes: str) -> Queue:
        return Queue(local, f"{name}-{suffix}", **attributes)

    return create


@pytest.fixture
def rule(local: LocalAws, name: str) -> Callable[..., Callable[[], None]]:
    """Make a rule with one target; the call that is returned sends an event that matches it."""

    def create(target: dict[str, Any]) -> Callable[[], None]:
        events = local.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        events.put_targets(Rule=name, Targets=[{"Id": "it", **target}])
        entry = {"Source": name, "DetailType": "d", "Detail": "{}"}
        return lambda: events.put_events(Entries=[entry])

    return create


@pytest.fixture
def key(local: LocalAws) -> Callable[..., str]:
    """A customer's key that admits the services named; its id."""

    def create(*services: str) -> str:
        root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}
        allow = [
            {"Effect": "Allow", "Principal": {"Service": s}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"]}
            for s in services
        ]
        statements = [{**statement, "Resource": "*"} for statement in [root, *allow]]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        key_id: str = local.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
        return key_id

    return create


@pytest.mark.parametrize(
    ("target", "code"),
    [
        pytest.param("admitted", None, id="a queue that admits EventBridge"),
        pytest.param("silent", "NO_PERMISSIONS", id="a queue whose policy does not"),
        pytest.param("missing", "NO_RESOURCE", id="a queue that is gone"),
        pytest.param("foreign-key", "NO_PERMISSIONS", id="a queue whose key does not admit EventBridge"),
        pytest.param("own-key", None, id="a queue whose key admits EventBridge"),
        pytest.param("aws-key", "NO_PERMISSIONS", id="a queue with the key that AWS manages"),
        pytest.param("no-function", "NO_RESOURCE", id="a function that does not exist"),
    ],
)
def test_a_rule_reaches_what_admits_it_and_buries_the_rest(
    queue: Callable[..., Queue],
    rule: Callable[..., Callable[[], None]],
    key: Callable[..., str],
    until: Callable[..., Any],
    target: str,
    code: str | None,
) -> None:
    service = "events.amazonaws.com"
    keys = {"foreign-key": lambda: key(), "own-key": lambda: key(service), "aws-key": lambda: "alias/aws/sqs"}
    settings = {"KmsMasterKeyId": keys[target]()} if target in keys else {}
    it = queue(target, **settings)
    if target != "silent":
        it.admit(service)
    arn = it.arn if target != "missing" else it.arn + "-gone"
    if target == "no-function":
        arn = "arn:aws:lambda:us-east-1:123456789012:function:none"
    dead = queue("dead").admit(service)
    rule({"Arn": arn, "DeadLetterConfig": {"Arn": dead.arn}})()
    if code is None:
        (message,) = until(it.messages)
        assert json.loads(message["Body"])["detail-type"] == "d"
    else:
        until(dead.messages)
        assert dead.attribute("ERROR_CODE") == code
        assert dead.attribute("TARGET_ARN") == arn
        assert it.messages() == []


def test_sns_needs_the_key_of_the_queue(
    local: LocalAws, queue: Callable[..., Queue], key: Callable[..., str], name: str, until: Callable[..., Any]
) -> None:
    sns, dead = local.client("sns"), queue("dead").admit("sns.amazonaws.com")
    topic = sns.create_topic(Name=name)["TopicArn"]
    closed = queue("closed", KmsMasterKeyId=key()).admit("sns.amazonaws.com")
    opened = queue("open", KmsMasterKeyId=key("sns.amazonaws.com")).admit("sns.amazonaws.com")
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead.arn})}
    for it in (closed, opened):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=it.arn, Attributes=redrive)
    sns.publish(TopicArn=topic, Message="hello")
    assert until(opened.messages)
    assert json.loads(until(dead.messages)[0]["Body"])["Message"] == "hello"
    assert closed.messages() == []


def at_time(seconds: float) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return f"at({moment.strftime('%Y-%m-%dT%H:%M:%S')})"


@pytest.fixture
def schedule(local: LocalAws, name: str) -> Callable[..., None]:
    def create(arn: str, role_arn: str, **rest: Any) -> None:
        expression = rest.pop("expression", at_time(1))
        local.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={"Arn": arn, "RoleArn": role_arn, **rest},
        )

    return create


def test_a_one_time_schedule_fires_once_and_is_gone(
    local: LocalAws,
    queue: Callable[..., Queue],
    role: Callable[..., str],
    schedule: Callable[..., None],
    name: str,
    until: Callable[..., Any],
) -> None:
    it = queue("target")
    arn = role(name, "scheduler.amazonaws.com", {"Action": "sqs:SendMessage", "Resource": it.arn})
    schedule(it.arn, arn, Input='{"by": "<aws.scheduler.schedule-arn>"}')
    (message,) = until(it.messages)
    assert json.loads(message["Body"])["by"].endswith(f":schedule/default/{name}")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        local.client("scheduler").get_schedule(Name=name)


def test_a_role_without_the_grant_sends_the_call_to_the_dead_letter_queue(
    queue: Callable[..., Queue],
    role: Callable[..., str],
    schedule: Callable[..., None],
    name: str,
    until: Callable[..., Any],
) -> None:
    it, dead = queue("target"), queue("dead")
    arn = role(name, "scheduler.amazonaws.com", {"Action": "sqs:SendMessage", "Resource": dead.arn})
    schedule(it.arn, arn, Input="x", DeadLetterConfig={"Arn": dead.arn})
    (message,) = until(dead.messages)
    assert (message["Body"], dead.attribute("TARGET_ARN")) == ("x", it.arn)
    assert it.messages() == []


def test_a_role_that_scheduler_may_not_assume_is_refused(
    role: Callable[..., str], schedule: Callable[..., None], name: str
) -> None:
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        schedule("arn:aws:sqs:us-east-1:123456789012:q", role(name, "lambda.amazonaws.com"))


def test_a_universal_target_calls_any_operation(
    local: LocalAws, role: Callable[..., str], schedule: Callable[..., None], name: str, until: Callable[..., Any]
) -> None:
    arn = role(name, "scheduler.amazonaws.com", {"Action": "sqs:CreateQueue", "Resource": "*"})
    schedule("arn:aws:scheduler:::aws-sdk:sqs:createQueue", arn, Input=json.dumps({"QueueName": f"{name}-made"}))
    assert until(lambda: local.client("sqs").list_queues(QueueNamePrefix=f"{name}-made").get("QueueUrls"))
