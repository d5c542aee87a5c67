"""One embedded AWS for all tests here, IAM enforced; every test has names of its own, so nothing is wiped between."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.local import control

WAIT_SECONDS = 15.0
POLL_SECONDS = 0.05
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[control.LocalAws]:
    state_dir: Path = tmp_path_factory.mktemp("embedded-aws")
    running = control.start(state_dir, parent_pid=os.getpid())
    yield running
    control.stop(state_dir)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    return f"t{next(_numbers)}-{os.getpid()}"


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Wait until the call gives something true, and return it; the test fails when that takes too long."""

    def wait(call: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            value = call()
            if value:
                return value
            time.sleep(POLL_SECONDS)
        pytest.fail(f"nothing within {WAIT_SECONDS:.0f} s from {call}")

    return wait


@pytest.fixture
def role(local: control.LocalAws) -> Callable[..., str]:
    """Create a role that a service may assume, with a policy; its ARN."""

    def create(name: str, service: str, *statements: dict[str, Any]) -> str:
        iam = local.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        if statements:
            policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **s} for s in statements]}
            iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=json.dumps(policy))
        return arn

    return create


@pytest.fixture
def events(local: control.LocalAws, name: str) -> Callable[..., Callable[[], list[dict[str, Any]]]]:
    """Subscribe a queue to an event pattern; the call that is returned gives every event received so far."""

    def subscribe(pattern: dict[str, Any]) -> Callable[[], list[dict[str, Any]]]:
        sqs, rules = local.client("sqs"), local.client("events")
        queue = f"{name}-events-{next(_numbers)}"
        url = sqs.create_queue(QueueName=queue)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        rule = rules.put_rule(Name=queue, EventPattern=json.dumps(pattern))["RuleArn"]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        rules.put_targets(Rule=queue, Targets=[{"Id": "queue", "Arn": arn}])
        seen: list[dict[str, Any]] = []

        def received() -> list[dict[str, Any]]:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                seen.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return seen

        return received

    return subscribe


@pytest.fixture
def session(local: control.LocalAws) -> Callable[[str, str], Any]:
    """A client with the credentials of a role."""

    def client(role_arn: str, service: str) -> Any:
        iam, role_name = local.client("iam"), role_arn.rsplit("/", 1)[-1]
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{local.account}:root"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.update_assume_role_policy(RoleName=role_name, PolicyDocument=document)
        keys = local.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        return local.client(
            service,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return client
