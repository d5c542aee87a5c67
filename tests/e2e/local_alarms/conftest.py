"""One embedded AWS for all tests here, IAM enforced; every test has names of its own."""

from __future__ import annotations

import io
import itertools
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.local import control

WAIT_SECONDS = 12.0
POLL_SECONDS = 0.05
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[control.LocalAws]:
    state_dir: Path = tmp_path_factory.mktemp("alarms-aws")
    running = control.start(state_dir, parent_pid=os.getpid())
    yield running
    control.stop(state_dir)


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"a{next(_numbers)}"


def wait_until(call: Callable[[], Any]) -> Any:
    """Wait until the call gives something true, and return it; the test fails when that takes too long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        value = call()
        if value:
            return value
        time.sleep(POLL_SECONDS)
    pytest.fail(f"nothing within {WAIT_SECONDS:.0f} s")


def allowing(*statements: dict[str, Any]) -> str:
    """A policy document of Allow statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Wait for something true."""
    return wait_until


@dataclass
class Inbox:
    """A queue and what has arrived in it."""

    sqs: Any
    url: str
    arn: str
    seen: list[dict[str, Any]] = field(default_factory=list)

    def messages(self) -> list[dict[str, Any]]:
        """Everything received so far, as parsed bodies."""
        for message in self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", []):
            self.seen.append(json.loads(message["Body"]))
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.seen

    def wait(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait for so many messages."""
        return wait_until(lambda: len(self.messages()) >= count and self.seen)  # type: ignore[no-any-return]


@pytest.fixture
def inbox(local: control.LocalAws, name: str) -> Callable[[str], Inbox]:
    """Create a queue that a service may send to."""

    def create(service: str) -> Inbox:
        sqs = local.client("sqs")
        url = sqs.create_queue(QueueName=f"{name}-{next(_numbers)}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allow = {"Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": arn}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowing(allow)})
        return Inbox(sqs, url, arn)

    return create


@pytest.fixture
def function(local: control.LocalAws, name: str) -> Callable[..., str]:
    """Create a function with a role that allows the statements; its ARN."""

    def create(code: str, *statements: dict[str, Any]) -> str:
        iam, functions = local.client("iam"), local.client("lambda")
        trust = allowing({"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=allowing(*statements))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("index.py", code)
        created = functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="index.handler",
            Role=role,
            Code={"ZipFile": archive.getvalue()},
        )
        arn: str = created["FunctionArn"]
        return arn

    return create


@pytest.fixture
def topic(local: control.LocalAws, name: str, inbox: Callable[[str], Inbox]) -> tuple[str, Inbox]:
    """A topic and the queue that receives its messages, in their SNS envelope."""
    sns = local.client("sns")
    arn = sns.create_topic(Name=name)["TopicArn"]
    received = inbox("sns.amazonaws.com")
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=received.arn)
    return arn, received


@pytest.fixture
def events(local: control.LocalAws, name: str, inbox: Callable[[str], Inbox]) -> Inbox:
    """The state changes of alarms whose name begins with this test's, and of their contributors, from the bus."""
    received = inbox("events.amazonaws.com")
    client = local.client("events")
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change", "CloudWatch Alarm Contributor State Change"],
        "detail": {"alarmName": [{"prefix": f"{name}-"}]},
    }
    client.put_rule(Name=name, EventPattern=json.dumps(pattern))
    client.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": received.arn}])
    return received
