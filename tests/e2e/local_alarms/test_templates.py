"""CloudWatch resources in templates: created, changed, deleted; Ref and GetAtt."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipewarden_cli.local import control

pytestmark = pytest.mark.e2e

METRIC = {"Namespace": "Pipe", "MetricName": "Rows", "Dimensions": [{"Name": "Pipeline", "Value": "crm"}]}


def template(name: str, **changed: Any) -> dict[str, Any]:
    stat = {"Metric": METRIC, "Period": 300, "Stat": "Sum"}
    resources: dict[str, Any] = {
        "Math": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": f"{name}-math",
                "ComparisonOperator": "LessThanThreshold",
                "Threshold": 1,
                "EvaluationPeriods": 2,
                "DatapointsToAlarm": 1,
                "TreatMissingData": "breaching",
                "Metrics": [
                    {"Id": "filled", "Expression": "FILL(rows, 0)", "Label": "Rows"},
                    {"Id": "rows", "MetricStat": stat, "ReturnData": False},
                ],
                "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 1},
                "ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": True}},
                "Tags": [{"Key": "pipeline", "Value": "crm"}],
            },
        },
        "Band": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
                "ThresholdMetricId": "band",
                "EvaluationPeriods": 1,
                "Metrics": [
                    {"Id": "rows", "MetricStat": stat},
                    {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(rows, 2)"},
                ],
            },
        },
        "Daily": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                **METRIC,
                "Statistic": "Sum",
                "Period": 86400,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "LessThanThreshold",
                "TreatMissingData": "breaching",
                "EvaluationWindow": {"WallClockWindow": {"Timezone": "Europe/London"}},
            },
        },
        "Team": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {
                "AlarmName": f"{name}-team",
                "AlarmRule": {"Fn::Sub": 'ALARM("${Daily}") OR ALARM("${Band}")'},
                "ActionsSuppressor": {"Fn::GetAtt": ["Math", "Arn"]},
                "ActionsSuppressorWaitPeriod": 60,
                "ActionsSuppressorExtensionPeriod": 60,
            },
        },
        "Detector": {"Type": "AWS::CloudWatch::AnomalyDetector", "Properties": {**METRIC, "Stat": "Sum"}},
        "Patch": {
            "Type": "AWS::CloudWatch::AlarmMuteRule",
            "Properties": {
                "Name": f"{name}-patch",
                "Rule": {"Schedule": {"Expression": "0 1 1 * *", "Duration": "PT2H", "Timezone": "Europe/London"}},
                "MuteTargets": {"AlarmNames": [{"Ref": "Daily"}]},
            },
        },
    }
    for logical_id, properties in changed.items():
        resources[logical_id]["Properties"].update(properties)
    outputs: dict[str, Any] = {f"{one}Ref": {"Value": {"Ref": one}} for one in resources}
    outputs |= {f"{one}Arn": {"Value": {"Fn::GetAtt": [one, "Arn"]}} for one in ("Math", "Team", "Patch")}
    outputs["DetectorId"] = {"Value": {"Fn::GetAtt": ["Detector", "Id"]}}
    return {"Resources": resources, "Outputs": outputs}


def deployed(local: control.LocalAws, name: str, until: Callable[..., Any]) -> dict[str, str]:
    client = local.client("cloudformation")
    (stack,) = until(lambda: settled(client, name))
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons(client, name)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def settled(client: Any, name: str) -> list[dict[str, Any]]:
    stacks = client.describe_stacks(StackName=name)["Stacks"]
    return [] if stacks[0]["StackStatus"].endswith("IN_PROGRESS") else list(stacks)


def reasons(client: Any, name: str) -> list[str]:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return [event["ResourceStatusReason"] for event in events if event.get("ResourceStatusReason")]


def test_all_types_are_created_changed_and_deleted(
    local: control.LocalAws, name: str, until: Callable[..., Any]
) -> None:
    cloudformation, cw = local.client("cloudformation"), local.client("cloudwatch")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template(name)))
    outputs = deployed(local, name, until)
    prefix = f"arn:aws:cloudwatch:{local.region}:{local.account}"
    assert outputs["MathRef"] == f"{name}-math"
    assert outputs["MathArn"] == f"{prefix}:alarm:{name}-math"
    assert outputs["TeamRef"] == f"{name}-team"
    assert outputs["TeamArn"] == f"{prefix}:alarm:{name}-team"
    assert outputs["PatchRef"] == outputs["PatchArn"] == f"{prefix}:alarm-mute-rule:{name}-patch"
    assert outputs["DetectorRef"] == outputs["DetectorId"]
    (math,) = cw.describe_alarms(AlarmNames=[f"{name}-math"])["MetricAlarms"]
    assert [query["Id"] for query in math["Metrics"]] == ["filled", "rows"]
    assert math["EvaluationState"] == "IN_WARM_UP"
    (daily,) = cw.describe_alarms(AlarmNames=[outputs["DailyRef"]])["MetricAlarms"]
    assert daily["EvaluationWindow"] == {"WallClockWindow": {"Timezone": "Europe/London"}}
    assert daily["StateValue"] == "ALARM"
    (team,) = cw.describe_alarms(AlarmNames=[f"{name}-team"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert team["StateValue"] == "ALARM"
    assert team["ActionsSuppressor"] == outputs["MathArn"]
    (detector,) = cw.describe_anomaly_detectors(AnomalyDetectorIds=[outputs["DetectorId"]])["AnomalyDetectors"]
    assert detector["MetricName"] == "Rows"
    tags = cw.list_tags_for_resource(ResourceARN=outputs["MathArn"])["Tags"]
    assert {"Key": "pipeline", "Value": "crm"} in tags

    schedule = {"Schedule": {"Expression": "0 3 * * *", "Duration": "PT1H"}}
    changed = template(name, Math={"Threshold": 7}, Team={"AlarmRule": "FALSE"}, Patch={"Rule": schedule})
    cloudformation.update_stack(StackName=name, TemplateBody=json.dumps(changed))
    assert deployed(local, name, until) == outputs
    assert cw.describe_alarms(AlarmNames=[f"{name}-math"])["MetricAlarms"][0]["Threshold"] == 7.0
    (team,) = cw.describe_alarms(AlarmNames=[f"{name}-team"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (team["AlarmRule"], team["StateValue"]) == ("FALSE", "OK")
    assert cw.get_alarm_mute_rule(AlarmMuteRuleName=f"{name}-patch")["Rule"] == schedule

    cloudformation.delete_stack(StackName=name)
    until(lambda: not cw.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"])
    everything = cw.describe_alarms(AlarmNamePrefix=name, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert (everything["MetricAlarms"], everything["CompositeAlarms"]) == ([], [])
    arns = [one["AlarmMuteRuleArn"] for one in cw.list_alarm_mute_rules()["AlarmMuteRuleSummaries"]]
    assert outputs["PatchArn"] not in arns
    assert cw.describe_anomaly_detectors(AnomalyDetectorIds=[outputs["DetectorId"]])["AnomalyDetectors"] == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"Math": {"EvaluationPeriods": 300}}, "Metrics cannot be checked across more than a day"),
        ({"Band": {"ThresholdMetricId": "nobody"}}, "ThresholdMetricId 'nobody' is not among the metrics"),
        ({"Team": {"AlarmRule": "ALARM(nobody)"}}, "in the alarm rule do not exist"),
        ({"Patch": {"Rule": {"Schedule": {"Expression": "0 1 1 * *", "Duration": "PT30S"}}}}, "PT1M and P15D"),
    ],
    ids=["range too long", "unknown band", "unknown child", "window too short"],
)
def test_what_the_service_refuses_fails_the_stack(
    local: control.LocalAws, name: str, until: Callable[..., Any], changed: dict[str, Any], message: str
) -> None:
    client = local.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(template(name, **changed)))
    (stack,) = until(lambda: settled(client, name))
    assert stack["StackStatus"] != "CREATE_COMPLETE"
    assert any(message in reason for reason in reasons(client, name))
