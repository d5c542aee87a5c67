"""Alarms over a query with GROUP BY: every time series tells of itself, the alarm acts once."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pipewarden_cli.local import control

pytestmark = pytest.mark.e2e


def fail(cw: Any, name: str, pipeline: str, value: float) -> None:
    named = [{"Name": "Pipeline", "Value": pipeline}]
    data = [{"MetricName": name, "Dimensions": named, "Value": value, "Timestamp": time.time()}]
    cw.put_metric_data(Namespace="Fleet", MetricData=data)


def raised(cw: Any, alarm: str) -> list[str]:
    found = cw.describe_alarm_contributors(AlarmName=alarm)["AlarmContributors"]
    return [one["ContributorAttributes"]["Pipeline"] for one in found]


def state(cw: Any, alarm: str) -> str:
    (found,) = cw.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    return str(found["StateValue"])


def test_two_contributors_fire_one_after_the_other(
    local: control.LocalAws, name: str, topic: Any, events: Any, until: Any
) -> None:
    cw, (arn, acted), alarm = local.client("cloudwatch"), topic, f"{name}-fleet"
    query = f"SELECT AVG({name}) FROM SCHEMA(Fleet, Pipeline) GROUP BY Pipeline ORDER BY MAX() DESC"
    cw.put_metric_alarm(
        AlarmName=alarm,
        AlarmActions=[arn],
        Metrics=[{"Id": "q", "Expression": query, "Period": 60, "ReturnData": True}],
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    for pipeline, value in (("a", 9), ("quiet", 1), ("b", 7)):
        fail(cw, name, pipeline, value)
    told = until(lambda: len(events.messages()) >= 4 and events.seen)  # the alarm's creation is told of too
    contributors = [event for event in told if event["detail-type"] == "CloudWatch Alarm Contributor State Change"]
    assert [event["detail"]["alarmContributor"]["attributes"] for event in contributors] == [
        {"Pipeline": "a"},
        {"Pipeline": "b"},
    ]
    assert contributors[0]["detail"]["state"]["reason"].startswith("Threshold Crossed: 1 datapoint was greater than")
    assert contributors[0]["detail"]["configuration"]["metrics"][0]["expression"] == query
    assert raised(cw, alarm) == ["a", "b"]
    (message,) = acted.wait()
    assert json.loads(message["Message"])["NewStateReason"] == "1 out of 1 time series evaluated to ALARM"
    fail(cw, name, "a", 0)
    until(lambda: raised(cw, alarm) == ["b"])
    assert state(cw, alarm) == "ALARM"
    fail(cw, name, "b", 0)
    until(lambda: raised(cw, alarm) == [])
    assert state(cw, alarm) == "OK"


def test_get_metric_data_answers_a_query(local: control.LocalAws, name: str) -> None:
    cw = local.client("cloudwatch")
    for pipeline, value in (("a", 2), ("b", 3)):
        fail(cw, name, pipeline, value)
    now = time.time()
    query = {
        "Id": "q",
        "Expression": f"SELECT SUM({name}) FROM SCHEMA(Fleet, Pipeline) GROUP BY Pipeline",
        "Period": 60,
    }
    found = cw.get_metric_data(MetricDataQueries=[query], StartTime=now - 300, EndTime=now + 60)["MetricDataResults"]
    assert {result["Label"]: result["Values"] for result in found} == {"a": [2.0], "b": [3.0]}


def test_an_alarm_that_is_not_there_has_no_contributors(local: control.LocalAws, name: str) -> None:
    cw = local.client("cloudwatch")
    with pytest.raises(cw.exceptions.ResourceNotFoundException):
        cw.describe_alarm_contributors(AlarmName=name)
