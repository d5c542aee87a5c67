"""A line that is written into a log group becomes a datapoint of the declared metric, and raises its alarm."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cdk.rendering.alarms import render_alarms
from pipewarden_cdk.rendering.observing import render_log_filters
from pipewarden_cli.local import control
from pipewarden_plan.plan import Plan
from pipewarden_plan.watched import names_of
from tests.everything_on import alarm_of, everything_on

pytestmark = pytest.mark.e2e

WAIT_SECONDS = 15.0
POLL_SECONDS = 0.05


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[control.LocalAws, Plan]]:
    """The filters and the alarms over what they count, deployed with the properties that `cdk deploy` gives them."""
    folder: Path = tmp_path_factory.mktemp("log-filters")
    local = control.start(folder / "aws", parent_pid=os.getpid())
    try:
        plan = everything_on(folder / "project", account=local.account, region=local.region)
        _deploy(local, plan)
        yield local, plan
    finally:
        control.stop(folder / "aws")


def _deploy(local: control.LocalAws, plan: Plan) -> None:
    filters = [found for team in plan.teams for found in team.log_filters]
    alarm = alarm_of(plan, "log-metric", "max")
    for group in {found.log_group for found in filters}:
        local.client("logs").create_log_group(logGroupName=group)
        local.client("logs").create_log_stream(logGroupName=group, logStreamName="s")
    resources = {**render_log_filters(filters), **render_alarms([alarm], names_of(plan.environment))}
    stacks = local.client("cloudformation")
    stacks.create_stack(StackName="filters", TemplateBody=json.dumps({"Resources": resources}))
    stacks.get_waiter("stack_create_complete").wait(StackName="filters", WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def write(local: control.LocalAws, group: str, *lines: str) -> None:
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
    local.client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def until(call: Any, wanted: Any) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while (seen := call()) != wanted:
        if time.monotonic() > deadline:
            pytest.fail(f"{seen} instead of {wanted} after {WAIT_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)


def test_lines_become_datapoints_and_raise_the_alarm(planned: tuple[control.LocalAws, Plan]) -> None:
    local, plan = planned
    (found,) = [found for team in plan.teams for found in team.log_filters]
    alarm = alarm_of(plan, "log-metric", "max")
    metrics = local.client("cloudwatch")

    def state() -> str:
        return str(metrics.describe_alarms(AlarmNames=[alarm.name])["MetricAlarms"][0]["StateValue"])

    def total() -> float:
        now = time.time()
        points = metrics.get_metric_statistics(
            Namespace=found.namespace,
            MetricName=found.metric,
            StartTime=now - 600,
            EndTime=now + 60,
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points)) if points else -1.0

    write(local, found.log_group, "all is well")
    until(total, 0.0)
    until(state, "OK")
    wrong = int(alarm.threshold) + 1
    write(local, found.log_group, "all is well", *(f"ERROR number {number}" for number in range(wrong)))
    until(total, float(wrong))
    until(state, "ALARM")
