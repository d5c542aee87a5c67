"""With IAM enforced a missing grant is refused, and the grants we would write are enough."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e


@pytest.fixture
def key(local: LocalAws) -> str:
    """A customer's key that leaves everything to IAM; its ARN."""
    root = {"AWS": f"arn:aws:iam::{local.account}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn: str = local.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    return arn


def make_queue(local: LocalAws, name: str, **attributes: str) -> tuple[str, str]:
    sqs = local.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@pytest.mark.parametrize("has_key_grant", [True, False], ids=["with the grant on the key", "without it"])
def test_an_encrypted_queue_needs_its_key(
    local: LocalAws, name: str, key: str, role: Callable[..., str], session: Callable[..., Any], has_key_grant: bool
) -> None:
    url, arn = make_queue(local, name, KmsMasterKeyId=key)
    grants = [{"Action": "sqs:SendMessage", "Resource": arn}]
    if has_key_grant:
        grants.append({"Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": key})
    sqs = session(role(name, "lambda.amazonaws.com", *grants), "sqs")
    if has_key_grant:
        assert sqs.send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    else:
        with pytest.raises(ClientError, match="kms:GenerateDataKey"):
            sqs.send_message(QueueUrl=url, MessageBody="x")


def test_a_schedule_in_a_group_is_authorized_as_such_and_needs_its_role_passed(
    local: LocalAws, name: str, role: Callable[..., str], session: Callable[..., Any]
) -> None:
    local.client("scheduler").create_schedule_group(Name=name)
    passed = role(f"{name}-passed", "scheduler.amazonaws.com")
    allowed = {
        "Action": "scheduler:CreateSchedule",
        "Resource": f"arn:aws:scheduler:us-east-1:{local.account}:schedule/{name}/*",
    }
    to_scheduler = {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    passing = {"Action": "iam:PassRole", "Resource": passed, "Condition": to_scheduler}
    request = {
        "Name": "s",
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": f"arn:aws:sqs:us-east-1:{local.account}:q", "RoleArn": passed},
    }
    without = session(role(f"{name}-a", "lambda.amazonaws.com", allowed), "scheduler")
    with pytest.raises(ClientError, match="iam:PassRole"):
        without.create_schedule(GroupName=name, **request)
    full = session(role(f"{name}-b", "lambda.amazonaws.com", allowed, passing), "scheduler")
    with pytest.raises(ClientError, match="AccessDenied"):
        full.create_schedule(GroupName="default", **request)
    assert full.create_schedule(GroupName=name, **request)["ScheduleArn"].endswith(f"schedule/{name}/s")


def test_metrics_may_be_limited_to_a_namespace(
    name: str, role: Callable[..., str], session: Callable[..., Any]
) -> None:
    only = {"StringEquals": {"cloudwatch:namespace": name}}
    grant = {"Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": only}
    cloudwatch = session(role(name, "lambda.amazonaws.com", grant), "cloudwatch")
    data = [{"MetricName": "m", "Value": 1}]
    cloudwatch.put_metric_data(Namespace=name, MetricData=data)
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.put_metric_data(Namespace="Other", MetricData=data)


def test_logs_are_authorized_by_a_resource_that_ends_in_a_star(
    local: LocalAws, name: str, role: Callable[..., str], session: Callable[..., Any]
) -> None:
    local.client("logs").create_log_group(logGroupName=f"/x/{name}")
    resource = f"arn:aws:logs:us-east-1:{local.account}:log-group:/x/{name}:*"
    logs = session(role(name, "lambda.amazonaws.com", {"Action": "logs:FilterLogEvents", "Resource": resource}), "logs")
    assert logs.filter_log_events(logGroupName=f"/x/{name}")["events"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        logs.filter_log_events(logGroupName="/aws-glue/python-jobs/output")


READING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


@pytest.fixture
def reader(local: LocalAws, name: str, role: Callable[..., str]) -> Callable[..., str]:
    """Make a function that reads queues with these grants; its name."""

    def create(*grants: dict[str, Any], queues: list[str]) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("h.py", "def main(event, context):\n    return None\n")
        functions = local.client("lambda")
        functions.create_function(
            FunctionName=name,
            Role=role(name, "lambda.amazonaws.com", *grants),
            Runtime="python3.13",
            Handler="h.main",
            Code={"ZipFile": packed.getvalue()},
        )
        for arn in queues:
            functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)
        return name

    return create


def waiting(local: LocalAws, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = local.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in found.values())


def test_a_queue_is_read_for_a_function_only_if_its_role_may(
    local: LocalAws, name: str, reader: Callable[..., str], until: Callable[..., Any]
) -> None:
    closed_url, closed = make_queue(local, f"{name}-closed")
    open_url, opened = make_queue(local, f"{name}-open")
    partly = {"Action": READING[:2], "Resource": closed}
    reader({"Action": READING, "Resource": opened}, partly, queues=[closed, opened])
    for url in (closed_url, open_url):
        local.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    # Both are polled in turn, so once the second is empty the first has had its chance.
    until(lambda: waiting(local, open_url) == 0)
    assert waiting(local, closed_url) == 1
