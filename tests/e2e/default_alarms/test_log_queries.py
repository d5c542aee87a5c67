"""Events that a declared query finds raise its alarm, and what it does not find clears it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from pipewarden_cdk.rendering.alarms import render_alarms
from pipewarden_cdk.rendering.log_alarms import render_log_query_role
from pipewarden_cli.local import control
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan, LogQuestion
from pipewarden_plan.watched import names_of
from tests.everything_on import alarm_of, everything_on

pytestmark = pytest.mark.e2e

WAIT_SECONDS = 12.0
POLL_SECONDS = 0.05
FOUND = '{"level": "ERROR", "message": "row 17 has no id"}'
NOT_FOUND = '{"level": "ERROR", "message": "retrying"}'


class Account:
    """An embedded AWS with both alarms of one query, a topic, and a queue that hears of them."""

    def __init__(self, local: control.LocalAws, plan: Plan, url: str) -> None:
        self.local, self.plan, self._url, self._ahead = local, plan, url, 0.0
        self.heard: list[tuple[str, str]] = []

    def alarm(self, key: str) -> AlarmPlan:
        return alarm_of(self.plan, "log-query", key)

    def question(self) -> LogQuestion:
        found = self.alarm("max").asks
        assert found is not None
        return found

    def write(self, *lines: str) -> None:
        events = [{"timestamp": int((time.time() + self._ahead) * 1000), "message": line} for line in lines]
        (group,) = self.question().log_groups
        self.local.client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    def move_on(self, seconds: float) -> None:
        self._ahead += seconds
        self.local.request("POST", f"/_pipewarden/alarms/ahead?seconds={self._ahead}")

    def state(self, key: str) -> str:
        found = self.local.client("cloudwatch").describe_alarms(
            AlarmNames=[self.alarm(key).name], AlarmTypes=["LogAlarm"]
        )
        (alarm,) = found["LogAlarms"]
        return str(alarm["StateValue"])

    def wait_for(self, key: str, state: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            self._listen()
            if self.state(key) == state and (self.alarm(key).name, state) in self.heard:
                return
            time.sleep(POLL_SECONDS)
        pytest.fail(f"{key} is {self.state(key)}, not {state}; heard of it: {self.heard}")

    def _listen(self) -> None:
        sqs = self.local.client("sqs")
        for message in sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            told = json.loads(json.loads(message["Body"])["Message"])
            self.heard.append((told["AlarmName"], told["NewStateValue"]))
            sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    local = control.start(tmp_path / "aws", parent_pid=os.getpid())
    try:
        plan = everything_on(tmp_path / "project", account=local.account, region=local.region)
        yield Account(local, plan, _deploy(local, plan))
    finally:
        control.stop(tmp_path / "aws")


def _deploy(local: control.LocalAws, plan: Plan) -> str:
    names, (team,) = names_of(plan.environment), plan.teams
    alarms = [alarm for alarm in team.alarms if alarm.asks]
    sqs, sns, stacks, logs = (local.client(service) for service in ("sqs", "sns", "cloudformation", "logs"))
    url: str = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = names.queue_arn("heard")
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    for topic in {alarm.action_topic for alarm in alarms}:
        sns.subscribe(TopicArn=sns.create_topic(Name=topic)["TopicArn"], Protocol="sqs", Endpoint=arn)
    for group in {group for alarm in alarms if alarm.asks for group in alarm.asks.log_groups}:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
    role = render_log_query_role(team.team, team.log_query_statements, names)
    template = json.dumps({"Resources": {**role, **render_alarms(alarms, names)}})
    stacks.create_stack(StackName="queries", TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
    stacks.get_waiter("stack_create_complete").wait(StackName="queries", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return url


def test_both_alarms_of_a_query_fire_and_clear(account: Account) -> None:
    every, most = account.alarm("max").period_seconds, int(account.alarm("max").threshold)
    account.wait_for("min", "ALARM")  # no row is too little
    account.write(NOT_FOUND, *[FOUND] * (most + 1))
    account.move_on(every + 60)
    account.wait_for("max", "ALARM")
    account.wait_for("min", "OK")
    del account.heard[:]
    account.write(NOT_FOUND)
    account.move_on(2 * every)
    account.wait_for("max", "OK")
    account.wait_for("min", "ALARM")


def test_a_log_alarm_is_described_by_itself_and_refused_as_the_service_does(account: Account) -> None:
    cloudwatch, alarm = account.local.client("cloudwatch"), account.alarm("max")
    assert cloudwatch.describe_alarms(AlarmNames=[alarm.name])["MetricAlarms"] == []
    (found,) = cloudwatch.describe_alarms(AlarmNames=[alarm.name], AlarmTypes=["LogAlarm"])["LogAlarms"]
    asked = found["ScheduledQueryConfiguration"]
    question = account.question()
    assert (asked["QueryString"], asked["LogGroupIdentifiers"]) == (question.query, list(question.log_groups))
    assert asked["ScheduledQueryRoleARN"].endswith(f":role/pipewarden-full-all-logs-{account.local.region}")
    copied = {key: found[key] for key in ("QueryResultsToEvaluate", "Threshold", "ComparisonOperator")}
    configuration = {key: value for key, value in asked.items() if key != "QueryARN"}
    with pytest.raises(ClientError, match="QueryResultsToAlarm"):
        cloudwatch.put_log_alarm(
            AlarmName="x", ScheduledQueryConfiguration=configuration, QueryResultsToAlarm=2, **copied
        )
