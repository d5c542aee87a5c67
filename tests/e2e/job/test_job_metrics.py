"""A job that measures itself: its metric arrives under exactly the dimensions that a preset watches, and the preset's
alarm fires and clears by it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import pipewarden_job
from pipewarden_cli.local import control
from pipewarden_job.job_metrics import JobMetrics
from pipewarden_job.put_metric_data import PutMetricData
from pipewarden_plan.planned_alarm import AlarmPlan
from tests.e2e.default_alarms.account import Account, account_with
from tests.preset_plan import load_plan

pytestmark = pytest.mark.e2e

FUNCTION = "transform"
HANDLER = """
from pipewarden_job.job_metrics import JobMetrics

def main(event, context):
    with JobMetrics("orders", strict=True) as metrics, metrics.stage("transform"):
        metrics.records(7, source="shop")
        if event.get("fail"):
            raise RuntimeError("told to fail")
"""
PIPELINE = {
    "use": [
        {"stage-times": {"stage": "transform", "errors": "0.6"}},
        {"validation": {"least": "90%"}},
    ],
    "resources": {"job": {"type": "lambda", "function": FUNCTION}},
}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("job")
    with account_with(
        folder,
        lambda local: load_plan(folder / "project", {"orders": PIPELINE}, account=local.account, region=local.region),
    ) as made:
        _make_function(made.local)
        yield made


def _make_function(local: control.LocalAws) -> None:
    """With the library in its package, as `pip install --target` puts it there."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
        for file in Path(pipewarden_job.__file__).parent.glob("*.py"):
            archive.write(file, f"pipewarden_job/{file.name}")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]}
    iam = local.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=FUNCTION, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": "*"}]})
    iam.put_role_policy(RoleName=FUNCTION, PolicyName="logs", PolicyDocument=policy)
    local.client("lambda").create_function(
        FunctionName=FUNCTION,
        Role=role,
        Runtime="python3.13",
        Handler="handler.main",
        Code={"ZipFile": packed.getvalue()},
    )


def alarm_of(account: Account, key: str) -> AlarmPlan:
    (found,) = [alarm for team in account.plan.teams for alarm in team.alarms if alarm.key == key]
    return found


def run(account: Account, **event: Any) -> None:
    account.local.client("lambda").invoke(FunctionName=FUNCTION, Payload=json.dumps(event))


def total(account: Account, alarm: AlarmPlan) -> float:
    """The sum of the alarm's metric: under its dimensions, no more and no fewer."""
    now = datetime.now(UTC)
    found = account.local.client("cloudwatch").get_metric_statistics(
        Namespace=alarm.metric.namespace,
        MetricName=alarm.metric.name,
        Dimensions=[{"Name": name, "Value": value} for name, value in alarm.metric.dimensions.items()],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in found)) if found else -1.0


def test_a_function_that_measures_itself_raises_and_clears_the_presets_alarm(account: Account) -> None:
    alarm = alarm_of(account, "transform-failures.max")
    run(account, fail=True)
    account.wait_for(alarm, "ALARM")
    assert total(account, alarm) == 1.0
    run(account)
    account.wait_for(alarm, "OK")
    assert total(account, alarm) == 1.0


def test_a_job_that_calls_cloudwatch_raises_the_presets_alarm(account: Account) -> None:
    alarm = alarm_of(account, "validation.min")
    with JobMetrics("orders", write=PutMetricData(account.local.client("cloudwatch")), strict=True) as metrics:
        metrics.validated(89, 100)
    assert total(account, alarm) == 89.0
    account.wait_for(alarm, "ALARM")
