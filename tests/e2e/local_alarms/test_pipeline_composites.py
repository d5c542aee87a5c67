"""The composite of a pipeline, deployed as the plan has it: it fires, clears, and is silent while others tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cdk.rendering.alarms import render_alarms, render_composites
from pipewarden_cli.local import control
from pipewarden_plan.plan import Plan
from tests.everything_on import everything_on

pytestmark = pytest.mark.e2e

RESPONDING = "full/pipewarden/responding"
ABOVE, BELOW = "full/all/glue-job", "full/all/step-functions"


class Account:
    """The alarms of two pipelines, one above the other, and what people hear."""

    def __init__(self, local: control.LocalAws, plan: Plan, inbox: Any) -> None:
        self.cloudwatch, self._local, self._inbox, self._ahead = local.client("cloudwatch"), local, inbox, 0.0
        self.plan = plan

    def set(self, alarm: str, state: str) -> None:
        self.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="set")

    def state(self, alarm: str) -> str:
        found = self.cloudwatch.describe_alarms(AlarmNames=[alarm], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return str(found[0]["StateValue"])

    def wait_and_hear(self, seconds: float) -> list[str]:
        self._ahead += seconds
        self._local.request("POST", f"/_pipewarden/alarms/ahead?seconds={self._ahead}")
        return self.heard()

    def heard(self) -> list[str]:
        return [json.loads(found["Message"])["AlarmName"] for found in self._inbox.messages()]


@pytest.fixture
def account(tmp_path: Path, inbox: Callable[[str], Any], local: control.LocalAws) -> Account:
    plan = everything_on(
        tmp_path,
        account=local.account,
        region=local.region,
        alarms={"pipeline_composites": True},
        overrides={"step-functions": {"depends_on": ["glue-job"]}},
    )
    names, (team,) = plan.settings.names, plan.teams
    # So that they keep the state they are set to while time passes without points.
    steady = [replace(alarm, missing="ignore") for alarm in team.alarms]
    shown = [alarm for alarm in steady if alarm.pipeline in ("glue-job", "step-functions")]
    own = [found for found in team.composites if found.pipeline in ("glue-job", "step-functions")]
    received = inbox("sns.amazonaws.com")
    sns, stacks = local.client("sns"), local.client("cloudformation")
    for topic in {alarm.action_topic for alarm in own if alarm.action_topic}:
        sns.subscribe(TopicArn=sns.create_topic(Name=topic)["TopicArn"], Protocol="sqs", Endpoint=received.arn)
    rule = {"Namespace": "Pipe", "MetricName": "Alive", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    more = {"Threshold": 0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore"}
    local.client("cloudwatch").put_metric_alarm(AlarmName=RESPONDING, **rule, **more)
    alarms = render_alarms(shown, names)
    template = {"Resources": {**alarms, **render_composites(own, names, after=alarms)}}
    stacks.create_stack(StackName="pipelines", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="pipelines", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return Account(local, plan, received)


def test_the_composite_of_a_pipeline_fires_clears_and_keeps_silent_where_others_tell(account: Account) -> None:
    failed = f"{BELOW}/it.failed"
    account.set(RESPONDING, "ALARM")
    account.set(failed, "ALARM")
    assert account.state(BELOW) == "ALARM"
    assert account.wait_and_hear(1_000) == [], "the responder tells"
    account.set(failed, "OK")
    assert account.state(BELOW) == "OK"

    account.set(RESPONDING, "OK")
    account.wait_and_hear(1_000)
    account.set(f"{ABOVE}/it.failed", "ALARM")
    account.wait_and_hear(100)
    account.set(failed, "ALARM")
    assert account.wait_and_hear(1_000) == [ABOVE], "the pipeline above tells, the one below keeps silent"
    account.set(failed, "OK")
    account.set(f"{ABOVE}/it.failed", "OK")
    account.wait_and_hear(1_000)

    account.set(failed, "ALARM")
    assert account.wait_and_hear(200) == [ABOVE], "a failure above may still come"
    assert account.wait_and_hear(200) == [ABOVE, BELOW]
    account.set(failed, "OK")
    assert account.state(BELOW) == "OK"
