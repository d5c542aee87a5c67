"""Metric alarms of the embedded AWS: judged by our evaluator, saying what CloudWatch says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.local import control

pytestmark = pytest.mark.e2e

RULE = {
    "Namespace": "Pipe",
    "MetricName": "Failed",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


def dimensions(value: str) -> list[dict[str, str]]:
    return [{"Name": "Pipeline", "Value": value}]


def put(cw: Any, name: str, value: float, metric: str = "Failed", **more: Any) -> None:
    datum = {"MetricName": metric, "Dimensions": dimensions(name), "Value": value, **more}
    cw.put_metric_data(Namespace="Pipe", MetricData=[datum])


def metric_query(query_id: str, metric: str, name: str, **more: Any) -> dict[str, Any]:
    found = {"Namespace": "Pipe", "MetricName": metric, "Dimensions": dimensions(name)}
    return {"Id": query_id, "MetricStat": {"Metric": found, "Period": 60, "Stat": "Sum"}, "ReturnData": False, **more}


def state(cw: Any, alarm: str) -> str:
    found = cw.describe_alarms(AlarmNames=[alarm], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return str([*found["MetricAlarms"], *found["CompositeAlarms"]][0]["StateValue"])


def history(cw: Any, alarm: str, kind: str) -> list[dict[str, Any]]:
    items = cw.describe_alarm_history(AlarmName=alarm, HistoryItemType=kind, AlarmTypes=["MetricAlarm"])
    return list(items["AlarmHistoryItems"])


def test_a_point_of_another_dimension_set_moves_nothing(local: control.LocalAws, name: str) -> None:
    cw = local.client("cloudwatch")
    cw.put_metric_alarm(AlarmName=name, Dimensions=dimensions(name), **RULE)
    assert state(cw, name) == "OK"
    put(cw, "another", 1)
    assert state(cw, name) == "OK"
    put(cw, name, 1)
    assert state(cw, name) == "ALARM"


def test_two_of_three_points_decide(local: control.LocalAws, name: str) -> None:
    cw = local.client("cloudwatch")
    rule = {**RULE, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
    cw.put_metric_alarm(AlarmName=name, Dimensions=dimensions(name), **rule)
    now = time.time()
    put(cw, name, 1, Timestamp=now)
    assert state(cw, name) == "OK"
    put(cw, name, 1, Timestamp=now - 120)
    assert state(cw, name) == "ALARM"
    (update,) = history(cw, name, "StateUpdate")[:1]
    reason = json.loads(update["HistoryData"])["newState"]["stateReason"]
    assert reason.startswith("Threshold Crossed: 2 out of the last 2 datapoints [1.0 (")
    assert reason.endswith("(minimum 2 datapoints for OK -> ALARM transition).")


def test_the_notification_is_what_cloudwatch_sends(local: control.LocalAws, name: str, topic: Any) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    cw.put_metric_alarm(AlarmName=name, AlarmActions=[arn], OKActions=[], Dimensions=dimensions(name), **RULE)
    put(cw, name, 1)
    (envelope,) = inbox.wait()
    assert envelope["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert message["NewStateReason"].startswith("Threshold Crossed: 1 datapoint [1.0 (")
    assert message["NewStateReason"].endswith(")] was greater than the threshold (0.0).")
    fixed = {k: v for k, v in message.items() if not k.endswith(("Timestamp", "Time", "Reason"))}
    assert fixed == {
        "AlarmName": name,
        "AlarmDescription": None,
        "AWSAccountId": local.account,
        "NewStateValue": "ALARM",
        "Region": "US East (N. Virginia)",
        "AlarmArn": f"arn:aws:cloudwatch:{local.region}:{local.account}:alarm:{name}",
        "OldStateValue": "OK",
        "OKActions": [],
        "AlarmActions": [arn],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "Failed",
            "Namespace": "Pipe",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": name, "name": "Pipeline"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 0.0,
            "TreatMissingData": "- TreatMissingData:                    NonBreaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
    (action,) = history(cw, name, "Action")
    assert action["HistorySummary"] == f"Successfully executed action {arn}"


def test_an_alarm_on_an_expression(local: control.LocalAws, name: str, topic: Any, events: Any) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    alarm = f"{name}-rate"
    metrics = [
        {"Id": "rate", "Expression": "100 * errors / calls", "Label": "Error rate", "ReturnData": True},
        metric_query("errors", "Errors", name),
        metric_query("calls", "Calls", name),
    ]
    rule = {key: RULE[key] for key in ("EvaluationPeriods", "ComparisonOperator", "TreatMissingData")}
    cw.put_metric_alarm(AlarmName=alarm, Metrics=metrics, Threshold=5, AlarmActions=[arn], **rule)
    (described,) = cw.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    assert [query["Id"] for query in described["Metrics"]] == ["rate", "errors", "calls"]
    assert "MetricName" not in described
    put(cw, name, 10, "Errors")
    assert state(cw, alarm) == "OK"
    put(cw, name, 100, "Calls")
    assert state(cw, alarm) == "ALARM"
    trigger = json.loads(inbox.wait()[0]["Message"])["Trigger"]
    assert "MetricName" not in trigger
    expression = {"Id": "rate", "ReturnData": True, "Label": "Error rate", "Expression": "100 * errors / calls"}
    assert trigger["Metrics"][0] == expression
    found = trigger["Metrics"][1]["MetricStat"]
    assert found["Metric"]["Dimensions"] == [{"value": name, "name": "Pipeline"}]
    changes = [event["detail"]["state"]["value"] for event in events.wait(2)]
    assert changes == ["OK", "ALARM"]
    detail = events.seen[1]["detail"]
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [10.0]
    assert detail["previousState"]["value"] == "OK"
    assert detail["configuration"]["metrics"][0]["expression"] == "100 * errors / calls"
    assert detail["configuration"]["metrics"][1]["metricStat"]["metric"]["dimensions"] == {"Pipeline": name}


def test_disabled_actions_do_not_run_but_the_event_is_sent(
    local: control.LocalAws, name: str, topic: Any, events: Any
) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    alarm = f"{name}-silent"
    cw.put_metric_alarm(AlarmName=alarm, ActionsEnabled=False, AlarmActions=[arn], Dimensions=dimensions(name), **RULE)
    put(cw, name, 1)
    assert [event["detail"]["state"]["value"] for event in events.wait(2)] == ["OK", "ALARM"]
    assert inbox.messages() == []
    assert history(cw, alarm, "Action") == []


FORWARDS = """
import json, os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody=json.dumps(event))
"""


def test_a_function_receives_the_documented_event_if_its_policy_admits_alarms(
    local: control.LocalAws, name: str, function: Callable[..., str], inbox: Any, until: Callable[..., Any]
) -> None:
    cw, received = local.client("cloudwatch"), inbox("lambda.amazonaws.com")
    arn = function(FORWARDS.format(url=received.url), {"Action": "sqs:SendMessage", "Resource": received.arn})
    cw.put_metric_alarm(AlarmName=name, AlarmActions=[arn], Dimensions=dimensions(name), **RULE)
    put(cw, name, 1)
    (refused,) = history(cw, name, "Action")
    assert refused["HistorySummary"].startswith(f'Failed to execute action {arn}. Received error: "CloudWatch Alarms')
    local.client("lambda").add_permission(
        FunctionName=name,
        StatementId="alarms",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
        SourceAccount=local.account,
    )
    cw.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="tried")
    cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried again")
    (event,) = received.wait()
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmArn"].endswith(f":alarm:{name}")
    assert (event["accountId"], event["region"]) == (local.account, local.region)
    data = event["alarmData"]
    assert (data["alarmName"], data["state"]["value"], data["state"]["reason"]) == (name, "ALARM", "tried again")
    assert "reasonData" not in data["state"]
    assert data["previousState"]["reason"] == "tried"
    assert data["configuration"]["metrics"][0]["metricStat"]["stat"] == "Sum"


def test_topic_policy_and_key_must_admit_cloudwatch(local: control.LocalAws, name: str, topic: Any) -> None:
    cw, sns, kms = (local.client(service) for service in ("cloudwatch", "sns", "kms"))
    arn, inbox = topic
    cw.put_metric_alarm(AlarmName=name, AlarmActions=[arn], Dimensions=dimensions(name), **RULE)

    def alarm_again() -> str:
        cw.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="back")
        cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="again")
        return str(history(cw, name, "Action")[0]["HistorySummary"])

    def admit(service: str) -> None:
        allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish", "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)

    admit("events.amazonaws.com")
    assert "CloudWatch Alarms is not authorized to perform: SNS:Publish" in alarm_again()
    admit("cloudwatch.amazonaws.com")
    assert alarm_again() == f"Successfully executed action {arn}"

    def key_for(*services: str) -> str:
        root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{local.account}:root"}, "Action": "kms:*"}
        allow = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}
        found = [{**root, "Resource": "*"}, *({**allow, "Principal": {"Service": service}} for service in services)]
        document = json.dumps({"Version": "2012-10-17", "Statement": found})
        return str(kms.create_key(Policy=document)["KeyMetadata"]["Arn"])

    def encrypt(key: str) -> None:
        sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=key)

    encrypt(key_for())
    assert "does not have authorization to access the SNS topic encryption key" in alarm_again()
    encrypt(key_for("cloudwatch.amazonaws.com"))
    assert alarm_again() == f"Successfully executed action {arn}"
    encrypt("alias/aws/sns")
    assert "does not have authorization to access the SNS topic encryption key" in alarm_again()
    assert len(inbox.wait(2)) == 2


def test_the_metrics_of_a_function_that_fails_are_judged(
    local: control.LocalAws, name: str, function: Callable[..., str], until: Callable[..., Any]
) -> None:
    cw = local.client("cloudwatch")
    function("def handler(event, context):\n    raise ValueError('no')\n")
    rule = {**RULE, "Namespace": "AWS/Lambda", "MetricName": "Errors"}
    cw.put_metric_alarm(AlarmName=name, Dimensions=[{"Name": "FunctionName", "Value": name}], **rule)
    local.client("lambda").invoke(FunctionName=name)
    until(lambda: state(cw, name) == "ALARM")


def test_time_alone_clears_alarms_and_set_states(local: control.LocalAws, name: str, until: Callable[..., Any]) -> None:
    cw = local.client("cloudwatch")
    rule = {**RULE, "Period": 10}
    for alarm, treatment in (("clears", "notBreaching"), ("silent", "missing"), ("set", "notBreaching")):
        more = {"AlarmName": f"{name}-{alarm}", "Dimensions": dimensions(f"{name}-{alarm}")}
        cw.put_metric_alarm(**{**rule, **more, "TreatMissingData": treatment})
    until(lambda: time.time() % 10 < 8)  # the window must not move between here and the assertion
    # The oldest period that a ten-second alarm looks at: it leaves the window within ten seconds.
    oldest = (time.time() // 10 + 1) * 10 - 30
    put(cw, f"{name}-clears", 1, Timestamp=oldest + 1)
    put(cw, f"{name}-silent", 0, Timestamp=oldest + 1)
    cw.set_alarm_state(AlarmName=f"{name}-set", StateValue="ALARM", StateReason="by hand")
    assert [state(cw, f"{name}-{alarm}") for alarm in ("clears", "silent", "set")] == ["ALARM", "OK", "ALARM"]
    until(lambda: state(cw, f"{name}-clears") == "OK")
    until(lambda: state(cw, f"{name}-silent") == "INSUFFICIENT_DATA")
    until(lambda: state(cw, f"{name}-set") == "OK")


def test_get_metric_data_calculates_expressions(local: control.LocalAws, name: str) -> None:
    cw = local.client("cloudwatch")
    now = time.time() // 60 * 60
    for back, value in ((0, 4), (60, 2)):
        put(cw, name, value, "Rows", Timestamp=now - back)
        put(cw, name, 2, "Files", Timestamp=now - back)
    queries = [
        metric_query("rows", "Rows", name, ReturnData=True),
        metric_query("files", "Files", name),
        {"Id": "each", "Expression": "rows / files", "Label": "rows a file"},
        {"Id": "total", "Expression": "RUNNING_SUM(SUM(METRICS()))"},
        {"Id": "found", "Expression": f"SEARCH('{{Pipe,Pipeline}} \"{name}\"', 'Maximum', 60)"},
    ]
    request: dict[str, Any] = {"StartTime": now - 300, "EndTime": now + 60}
    results = cw.get_metric_data(MetricDataQueries=queries, **request)["MetricDataResults"]
    assert [(one["Id"], one["Label"], one["Values"]) for one in results] == [
        ("rows", "Rows", [4.0, 2.0]),
        ("each", "rows a file", [2.0, 1.0]),
        ("total", "total", [10.0, 4.0]),
        ("found", f"Files {name}", [2.0, 2.0]),
        ("found", f"Rows {name}", [4.0, 2.0]),
    ]
    ascending = cw.get_metric_data(MetricDataQueries=queries[:1], ScanBy="TimestampAscending", **request)
    assert ascending["MetricDataResults"][0]["Values"] == [2.0, 4.0]
    with pytest.raises(ClientError, match=r"expected a number.*at character 7"):
        cw.get_metric_data(MetricDataQueries=[*queries[:2], {"Id": "bad", "Expression": "rows + "}], **request)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"EvaluationPeriods": 1441}, "Metrics cannot be checked across more than a day"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"ThresholdMetricId": "ad1"}, "ThresholdMetricId 'ad1' is not among the metrics"),
        ({"AlarmActions": [f"arn:aws:sns:us-east-1:123456789012:{i}" for i in range(6)]}, "at most 5 members"),
    ],
    ids=["range too long", "more points than periods", "unknown band", "too many actions"],
)
def test_what_the_service_refuses(local: control.LocalAws, name: str, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message) as caught:
        local.client("cloudwatch").put_metric_alarm(**{**RULE, "AlarmName": name, **changed})
    assert caught.value.response["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize(
    ("namespace", "treatment", "described"),
    [("AWS/DynamoDB", None, "ignore"), ("AWS/DynamoDB", "breaching", "breaching"), ("AWS/SQS", None, "missing")],
)
def test_the_default_treatment_of_missing_data(
    local: control.LocalAws, name: str, namespace: str, treatment: str | None, described: str
) -> None:
    cw = local.client("cloudwatch")
    given = {"TreatMissingData": treatment} if treatment else {}
    rest = {key: value for key, value in RULE.items() if key != "TreatMissingData"}
    cw.put_metric_alarm(**{**rest, **given, "AlarmName": name, "Namespace": namespace})
    assert cw.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["TreatMissingData"] == described


def test_a_warm_up_keeps_an_alarm_quiet(local: control.LocalAws, name: str) -> None:
    cw = local.client("cloudwatch")
    warm_up = {"WarmUpPeriodDurationInMinutes": 5, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True}
    cw.put_metric_alarm(AlarmName=name, WarmUpConfiguration=warm_up, Dimensions=dimensions(name), **RULE)
    put(cw, name, 1)
    (described,) = cw.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (described["StateValue"], described["EvaluationState"]) == ("INSUFFICIENT_DATA", "IN_WARM_UP")
