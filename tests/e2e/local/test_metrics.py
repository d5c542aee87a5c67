"""Metrics that AWS services record by themselves, and metrics out of logs."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e

HANDLER = """
import json, time
def main(event, context):
    if "emf" in event:
        directive = {"Namespace": "Team/" + event["emf"], "Metrics": [{"Name": "rows"}], "Dimensions": [["table"]]}
        envelope = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
        print(json.dumps({"_aws": envelope, "rows": 42, "table": "orders"}))
    if event.get("fail"):
        raise RuntimeError("told to fail")
    return event
"""


@pytest.fixture
def function(local: LocalAws, name: str, role: Callable[..., str]) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    local.client("lambda").create_function(
        FunctionName=name,
        Role=role(f"{name}-fn", "lambda.amazonaws.com"),
        Runtime="python3.13",
        Handler="handler.main",
        Code={"ZipFile": packed.getvalue()},
    )
    return name


@pytest.fixture
def total(local: LocalAws) -> Callable[..., float]:
    """A statistic of a metric over the last minutes; 0 when there are no data."""

    def read(namespace: str, metric: str, statistic: str = "Sum", **dimensions: str) -> float:
        now = datetime.now(UTC)
        found = local.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
            Period=600,
            Statistics=[statistic],
        )["Datapoints"]
        return float(sum(point[statistic] for point in found) if statistic == "Sum" else max_of(found, statistic))

    return read


def max_of(points: list[dict[str, Any]], statistic: str) -> float:
    return max((point[statistic] for point in points), default=0.0)


@pytest.mark.parametrize("how", ["RequestResponse", "Event"])
def test_a_function_is_measured_however_it_is_invoked(
    local: LocalAws, function: str, total: Callable[..., float], until: Callable[..., Any], how: str
) -> None:
    local.client("lambda").put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0)
    for event in ({}, {"fail": True}):
        local.client("lambda").invoke(FunctionName=function, InvocationType=how, Payload=json.dumps(event))
    until(lambda: total("AWS/Lambda", "Invocations", FunctionName=function) >= 2)
    assert total("AWS/Lambda", "Invocations", FunctionName=function) == 2
    assert total("AWS/Lambda", "Errors", FunctionName=function) == 1
    assert total("AWS/Lambda", "Duration", "Maximum", FunctionName=function) > 0


def test_a_logged_metric_is_a_metric(
    local: LocalAws, function: str, total: Callable[..., float], until: Callable[..., Any]
) -> None:
    local.client("lambda").invoke(FunctionName=function, Payload=json.dumps({"emf": function}))
    assert until(lambda: total(f"Team/{function}", "rows", table="orders")) == 42


def test_a_metric_filter_counts_what_matches(
    local: LocalAws, name: str, total: Callable[..., float], until: Callable[..., Any]
) -> None:
    logs = local.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    counted = {"metricName": "errors", "metricNamespace": name, "metricValue": "1"}
    taken = {**counted, "metricName": "took", "metricValue": "$.took", "dimensions": {"Job": "$.job"}}
    pattern = '{ $.level = "ERROR" }'
    logs.put_metric_filter(
        logGroupName=name, filterName="f", filterPattern=pattern, metricTransformations=[counted, taken]
    )
    lines = [{"level": "ERROR", "took": 7, "job": "j"}, {"level": "INFO", "took": 9, "job": "j"}]
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": json.dumps(line)} for line in lines]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    assert until(lambda: total(name, "errors")) == 1
    assert total(name, "took", Job="j") == 7
    found = logs.filter_log_events(logGroupName=name, filterPattern=pattern)["events"]
    assert [json.loads(event["message"])["level"] for event in found] == ["ERROR"]


def test_a_queue_is_measured(
    local: LocalAws, name: str, total: Callable[..., float], until: Callable[..., Any]
) -> None:
    sqs = local.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    entries = [{"Id": str(n), "MessageBody": "x"} for n in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    read = {"QueueName": name}
    until(lambda: total("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", **read) == 3)
    until(lambda: total("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", **read) >= 1)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    until(lambda: total("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Maximum", **read) == 1)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    until(lambda: total("AWS/SQS", "NumberOfMessagesDeleted", **read) == 1)
    assert total("AWS/SQS", "NumberOfMessagesSent", **read) == 3
    assert total("AWS/SQS", "NumberOfMessagesReceived", **read) == 1


def test_executions_are_measured(
    local: LocalAws, name: str, role: Callable[..., str], total: Callable[..., float], until: Callable[..., Any]
) -> None:
    states = local.client("stepfunctions")
    choice = {"Variable": "$.fail", "BooleanEquals": True, "Next": "Broken"}
    definition = {
        "StartAt": "Choose",
        "States": {
            "Choose": {"Type": "Choice", "Choices": [choice], "Default": "Fine"},
            "Broken": {"Type": "Fail", "Error": "Told"},
            "Fine": {"Type": "Succeed"},
        },
    }
    arn = states.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=role(f"{name}-states", "states.amazonaws.com")
    )["stateMachineArn"]
    for fails in (True, False):
        states.start_execution(stateMachineArn=arn, input=json.dumps({"fail": fails}))
    read = {"StateMachineArn": arn}
    until(lambda: total("AWS/States", "ExecutionTime", "SampleCount", **read) == 2)
    names = ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
    assert [total("AWS/States", metric, **read) for metric in names] == [2, 1, 1]
