"""What an alarm sends when it changes: the SNS message, the Lambda event, the EventBridge detail.

Shapes: "Alarm events and EventBridge", "Notify users on alarm changes" and "Invoke a Lambda function from an alarm" in
the CloudWatch user guide, and SNS messages seen in public: Region is the display name, dimensions have lower-case keys,
the statistic is upper case, TreatMissingData is padded.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import botocore.loaders
from ministack.core.responses import get_account_id, get_region

from pipewarden_cli.evaluator.log_alarm import is_log_alarm
from pipewarden_cli.evaluator.wording import timestamp
from pipewarden_cli.local.cloudwatch.memory import Alarm, is_composite, rule_of

_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
_SUBJECT_LENGTH = 100


@lru_cache(maxsize=64)
def region_name(region: str) -> str:
    """The display name that alarms use: `US East (N. Virginia)`, `EU (London)`; the code where none is known."""
    partitions = botocore.loaders.Loader().load_data("endpoints")["partitions"]
    for partition in partitions:
        if region in partition["regions"]:
            description: str = partition["regions"][region]["description"]
            return description.replace("Europe (", "EU (", 1)
    return region


def subject(alarm: Alarm, state: str) -> str:
    """The subject of the notification: `ALARM: "name" in US East (N. Virginia)`."""
    return f'{state}: "{alarm["AlarmName"]}" in {region_name(get_region())}'[:_SUBJECT_LENGTH]


def sns_message(alarm: Alarm, old_state: str) -> str:
    """The notification's message, a JSON text."""
    message: dict[str, Any] = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": get_account_id(),
        "AlarmConfigurationUpdatedTimestamp": timestamp(float(alarm.get("AlarmConfigurationUpdatedTimestamp") or 0)),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm.get("StateReason") or "",
        "StateChangeTime": timestamp(float(alarm.get("StateUpdatedTimestamp") or 0)),
        "Region": region_name(get_region()),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old_state,
        "OKActions": alarm.get("OKActions") or [],
        "AlarmActions": alarm.get("AlarmActions") or [],
        "InsufficientDataActions": alarm.get("InsufficientDataActions") or [],
    }
    if is_composite(alarm):
        message["AlarmRule"] = alarm["AlarmRule"]
        message["TriggeringChildren"] = _triggering_children(alarm)
    elif not is_log_alarm(alarm):
        message["Trigger"] = _trigger(alarm)
    return json.dumps(message)


def _triggering_children(alarm: Alarm) -> list[dict[str, Any]]:
    data = json.loads(alarm.get("StateReasonData") or "{}")
    return [
        {"Arn": child["arn"], "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]}}
        for child in data.get("triggeringAlarms", [])
    ]


def _trigger(alarm: Alarm) -> dict[str, Any]:
    treatment = alarm.get("TreatMissingData") or "missing"
    rest: dict[str, Any] = {
        "Period": alarm.get("Period") or (rule.period if (rule := rule_of(alarm)) else None),
        "EvaluationPeriods": alarm.get("EvaluationPeriods"),
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm"),
        "ComparisonOperator": alarm.get("ComparisonOperator"),
        "Threshold": alarm.get("Threshold", 0.0),
        "TreatMissingData": f"- TreatMissingData: {'':19}{_TREATED.get(treatment, treatment)}",
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile") or "",
    }
    rest = {key: value for key, value in rest.items() if value is not None}
    if alarm.get("Metrics"):
        if alarm.get("ThresholdMetricId"):
            rest["ThresholdMetricId"] = alarm["ThresholdMetricId"]
        return {**rest, "Metrics": [_trigger_metric(query) for query in alarm["Metrics"]]}
    extended = alarm.get("ExtendedStatistic")
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {"StatisticType": "Statistic", "Statistic": str(alarm.get("Statistic")).upper()}
    )
    return {
        "MetricName": alarm.get("MetricName"),
        "Namespace": alarm.get("Namespace"),
        **statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": _lower_dimensions(alarm.get("Dimensions")),
        **rest,
    }


def _lower_dimensions(dimensions: Any) -> list[dict[str, str]]:
    return [{"value": pair["Value"], "name": pair["Name"]} for pair in dimensions or ()]


def _trigger_metric(query: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": query["Id"], "ReturnData": query.get("ReturnData", True)}
    if query.get("Label"):
        entry["Label"] = query["Label"]
    if query.get("Expression"):
        entry["Expression"] = query["Expression"]
        return entry
    stat = query["MetricStat"]
    metric = {**stat["Metric"], "Dimensions": _lower_dimensions(stat["Metric"].get("Dimensions"))}
    entry["MetricStat"] = {**stat, "Metric": metric}
    return entry


def configuration(alarm: Alarm) -> dict[str, Any]:
    """The alarm's configuration as events carry it."""
    fields: dict[str, Any] = {}
    if alarm.get("AlarmDescription"):
        fields["description"] = alarm["AlarmDescription"]
    if is_composite(alarm):
        fields["alarmRule"] = alarm["AlarmRule"]
        for name in ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
            if alarm.get(name) is not None:
                fields[name[0].lower() + name[1:]] = alarm[name]
        return fields
    if is_log_alarm(alarm):
        return {**fields, **_log_configuration(alarm)}
    fields["metrics"] = [_event_metric(query) for query in alarm.get("Metrics") or (_only_metric(alarm),)]
    return fields


def _log_configuration(alarm: Alarm) -> dict[str, Any]:
    asked = alarm["ScheduledQueryConfiguration"]
    schedule = asked["ScheduleConfiguration"]
    return {
        "logGroupIdentifiers": list(asked["LogGroupIdentifiers"]),
        "queryString": asked["QueryString"],
        "aggregationExpression": asked["AggregationExpression"],
        "schedule": {
            "expression": schedule["ScheduleExpression"],
            "startTimeOffset": schedule["StartTimeOffset"],
            "endTimeOffset": schedule.get("EndTimeOffset", 0),
        },
        "threshold": alarm["Threshold"],
        "comparisonOperator": alarm["ComparisonOperator"],
        "queryResultsToEvaluate": alarm["QueryResultsToEvaluate"],
        "queryResultsToAlarm": alarm["QueryResultsToAlarm"],
    }


def _only_metric(alarm: Alarm) -> dict[str, Any]:
    metric = {key: alarm.get(key) for key in ("Namespace", "MetricName", "Dimensions")}
    stat = {"Metric": metric, "Period": alarm.get("Period"), "Unit": alarm.get("Unit")}
    stat["Stat"] = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    return {"Id": str(uuid.uuid5(uuid.NAMESPACE_URL, alarm["AlarmArn"])), "MetricStat": stat, "ReturnData": True}


def _event_metric(query: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if query.get("Label"):
        entry["label"] = query["Label"]
    if query.get("Expression"):
        entry["expression"] = query["Expression"]
        return entry
    stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
    entry["metricStat"] = {
        "metric": {
            "namespace": metric["Namespace"],
            "name": metric["MetricName"],
            "dimensions": {pair["Name"]: pair["Value"] for pair in metric.get("Dimensions") or ()},
        },
        "period": stat["Period"],
        "stat": stat["Stat"],
    }
    if stat.get("Unit"):
        entry["metricStat"]["unit"] = stat["Unit"]
    return entry


def lambda_event(alarm: Alarm, state: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    """The event a function receives as an alarm action."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm["AlarmArn"],
        "accountId": get_account_id(),
        "time": state["timestamp"],
        "region": get_region(),
        "alarmData": {
            "alarmName": alarm["AlarmName"],
            "state": dict(state),
            "previousState": dict(previous),
            "configuration": configuration(alarm),
        },
    }
