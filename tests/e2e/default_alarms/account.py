"""An embedded AWS with the alarms of a plan, which are fed points until they fire and clear.

The alarms are deployed with exactly the properties that `cdk deploy` gives them, with a topic and the signals queue
behind them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipewarden_cdk.rendering.alarms import render_alarms
from pipewarden_cli.local import control
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan, MetricPlan
from pipewarden_plan.watched import names_of

WAIT_SECONDS = 12.0
POLL_SECONDS = 0.02
USUAL, SPREAD = 100.0, 1.0
HISTORY = 12
WHOLE = 100.0


@dataclass
class Account:
    """An embedded AWS with every alarm, and the clock by which it judges them."""

    local: control.LocalAws
    plan: Plan
    queue: str
    ahead: float = 0.0
    heard: list[tuple[str, str]] = field(default_factory=list)

    def now(self) -> float:
        return time.time() + self.ahead

    def move_on(self, seconds: float) -> None:
        self.ahead += seconds
        self.local.request("POST", f"/_pipewarden/alarms/ahead?seconds={self.ahead}")

    def feed(self, alarm: AlarmPlan, *points: tuple[float, float]) -> None:
        """Put (time, value) points of the alarm's metric, and beside each a hundred of whatever it is divided by."""
        for other in alarm.inputs.values():
            self._put(other, [(at, WHOLE) for at, _ in points])
        self._put(alarm.metric, points)

    def _put(self, metric: MetricPlan, points: Sequence[tuple[float, float]]) -> None:
        named = [{"Name": name, "Value": value} for name, value in metric.dimensions.items()]
        data = [
            {"MetricName": metric.name, "Dimensions": named, "Timestamp": at, "Value": value} for at, value in points
        ]
        self.local.client("cloudwatch").put_metric_data(Namespace=metric.namespace, MetricData=data)

    def state(self, alarm: AlarmPlan) -> str:
        found = self.local.client("cloudwatch").describe_alarms(AlarmNames=[alarm.name])["MetricAlarms"]
        return str(found[0]["StateValue"])

    def wait_for(self, alarm: AlarmPlan, state: str) -> None:
        """Until the alarm has the state and the queue has heard of it."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            self._listen()
            if self.state(alarm) == state and (alarm.name, state) in self.heard:
                return
            time.sleep(POLL_SECONDS)
        pytest.fail(f"{alarm.name} is {self.state(alarm)}, not {state}; heard of it: {self.heard}")

    def _listen(self) -> None:
        sqs = self.local.client("sqs")
        for message in sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", []):
            told = json.loads(json.loads(message["Body"])["Message"])
            self.heard.append((told["AlarmName"], told["NewStateValue"]))
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])


ALARMS_OF_A_STACK = 25
"""A template that is not in S3 has at most 51,200 bytes."""


@contextmanager
def account_with(folder: Path, make_plan: Callable[[control.LocalAws], Plan]) -> Iterator[Account]:
    """The account with every alarm of the plan that is made for it."""
    local = control.start(folder / "aws", parent_pid=os.getpid())
    try:
        plan = make_plan(local)
        yield Account(local, plan, _deploy(local, plan))
    finally:
        control.stop(folder / "aws")


def _deploy(local: control.LocalAws, plan: Plan) -> str:
    """All alarms in a few stacks, the topics they act on, and one queue that hears them all; its URL."""
    names = names_of(plan.environment)
    alarms = [alarm for part in (plan.core, *plan.teams) for alarm in part.alarms if not alarm.asks]
    sqs, sns, stacks = (local.client(service) for service in ("sqs", "sns", "cloudformation"))
    url: str = sqs.create_queue(QueueName=names.signals_queue())["QueueUrl"]
    arn = names.queue_arn(names.signals_queue())
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    for topic in sorted({alarm.action_topic for alarm in alarms if alarm.action_topic}):
        sns.subscribe(TopicArn=sns.create_topic(Name=topic)["TopicArn"], Protocol="sqs", Endpoint=arn)
    rendered = sorted(render_alarms(alarms, names).items())
    for number, first in enumerate(range(0, len(rendered), ALARMS_OF_A_STACK)):
        template = json.dumps({"Resources": dict(rendered[first : first + ALARMS_OF_A_STACK])})
        stacks.create_stack(StackName=f"alarms-{number}", TemplateBody=template)
        waiter = stacks.get_waiter("stack_create_complete")
        waiter.wait(StackName=f"alarms-{number}", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return url


def values(alarm: AlarmPlan) -> tuple[float, float]:
    """A bad and a good one."""
    limit = alarm.threshold
    return {
        ">": (limit + 1, limit),
        ">=": (limit, limit - 1),
        "<": (limit - 1, limit),
        "<=": (limit, limit + 1),
        "outside-band": (USUAL * 10, USUAL),
    }[alarm.comparison]


def bad_points(alarm: AlarmPlan, start: float, bad: float) -> list[tuple[float, float]]:
    """One for each datapoint that it takes; for an alarm over differences, each that much above the one before; none
    for one over silence."""
    if alarm.metric.statistic == "SampleCount":
        return []
    grows = "DIFF(" in alarm.expression
    steps = range(alarm.datapoints + 1 if grows else alarm.datapoints)
    return [(start - n * alarm.period_seconds, bad * (len(steps) - n) if grows else bad) for n in steps]


def see_it_fire_and_clear(account: Account, *grades: AlarmPlan, fed: tuple[float, float] | None = None) -> None:
    """Feed a bad value and then a good one; those of `values` unless they are named. Grades of one limit, the lightest
    first, fire and clear together."""
    alarm = grades[-1]
    bad, good = fed or (values(alarm)[0], values(grades[0])[1])
    window = (alarm.periods + 3) * alarm.period_seconds
    account.move_on(window)
    start = account.now()
    before = range(HISTORY + alarm.periods, alarm.periods, -1)
    if alarm.comparison == "outside-band":
        usual = ((start - number * alarm.period_seconds, USUAL + SPREAD * (-1) ** number) for number in before)
        account.feed(alarm, *usual)
    account.feed(alarm, (start - alarm.periods * alarm.period_seconds, good))
    if alarm.metric.statistic == "SampleCount":
        account.feed(alarm, (start, good))
        account.wait_for(alarm, "OK")
    del account.heard[:]
    if points := bad_points(alarm, start, bad):
        account.feed(alarm, *points)
    else:
        account.move_on(window)
    for grade in grades:
        account.wait_for(grade, "ALARM")
    account.move_on(2 * window)
    if alarm.missing != "notBreaching":  # else silence clears it
        now = account.now()
        account.feed(alarm, *((now - number * alarm.period_seconds, good) for number in range(alarm.periods)))
    for grade in grades:
        account.wait_for(grade, "OK")
