"""Log alarms: kept beside metric alarms, asked by our Insights, described by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, cloudwatch_logs
from ministack.services.cloudformation import provisioners

from pipewarden_cli.evaluator.evaluation import State, Verdict
from pipewarden_cli.evaluator.log_alarm import evaluate_log_alarm, is_log_alarm, read_log_alarm
from pipewarden_cli.local.cloudwatch import memory, request
from pipewarden_cli.local.cloudwatch.memory import Alarm
from pipewarden_cli.local.insights.query import run_query
from pipewarden_cli.local.log_records import as_rows

Properties = Mapping[str, Any]
Provisioned = tuple[str, dict[str, Any]]

_FIELDS = (
    "ComparisonOperator",
    "QueryResultsToEvaluate",
    "QueryResultsToAlarm",
    "TreatMissingData",
    "ActionLogLineCount",
    "ActionLogLineRoleArn",
    "WarmUpConfiguration",
)


def judge_log_alarm(alarm: Alarm, now: float) -> Verdict:
    """The verdict over what the log groups hold. Raises EvaluatorError or QueryError."""
    asked = read_log_alarm(alarm)

    def ask(start: float, end: float) -> float | None:
        groups = cloudwatch_logs._resolve_query_log_groups({"logGroupIdentifiers": list(asked.log_groups)})
        # The emulator's bounds are both within; a run ends where the next one begins.
        records = cloudwatch_logs._collect_query_records(groups, int(start), int(end))
        rows = run_query(asked.text, as_rows(found for found in records if found["_timestamp_ms"] < end * 1000)).rows
        return float(rows[0]["value"]) if rows and rows[0].get("value") else None

    return evaluate_log_alarm(asked, ask, now, State(alarm["StateValue"]))


def put_log_alarm(data: Properties) -> dict[str, Any]:
    """Answer PutLogAlarm."""
    store(str(data.get("AlarmName") or ""), data)
    return {}


def store(name: str, fields: Properties) -> Alarm:
    """Keep the alarm and judge it at once; an existing one keeps its state. Raises EvaluatorError."""
    alarm = request.common_record(name, fields, cloudwatch._alarms.get(name))
    alarm.update({key: fields[key] for key in _FIELDS if fields.get(key) is not None})
    alarm["Threshold"] = float(fields["Threshold"]) if fields.get("Threshold") is not None else None
    arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:scheduled-query:{name}"
    alarm["ScheduledQueryConfiguration"] = {**(fields.get("ScheduledQueryConfiguration") or {}), "QueryARN": arn}
    read_log_alarm(alarm)
    cloudwatch._resource_tags[alarm["AlarmArn"]] = {
        tag["Key"]: tag.get("Value", "") for tag in fields.get("Tags") or ()
    }
    request.store_metric_alarm(alarm)
    return alarm


def describe_alarms(data: Properties) -> dict[str, Any]:
    """DescribeAlarms where log alarms are asked for: all kinds at once, without pages."""
    names, prefix, state = data.get("AlarmNames") or (), data.get("AlarmNamePrefix") or "", data.get("StateValue")
    found = [
        alarm
        for store_ in (cloudwatch._alarms, cloudwatch._composite_alarms)
        for name, alarm in sorted(store_.items())
        if (not names or name in names) and name.startswith(prefix) and state in (None, "", alarm["StateValue"])
    ]
    kinds = {"MetricAlarms": "MetricAlarm", "CompositeAlarms": "CompositeAlarm", "LogAlarms": "LogAlarm"}
    asked = data.get("AlarmTypes") or ()
    return {key: [a for a in found if kind in asked and _kind(a) == kind] for key, kind in kinds.items()}


def hiding(inner: Callable[..., Any]) -> Callable[..., Any]:
    """The emulator's DescribeAlarms, which takes every alarm that is no composite for a metric alarm."""

    def describe(*arguments: Any, **options: Any) -> Any:
        with memory.lock:
            kept = {name: alarm for name, alarm in cloudwatch._alarms.items() if is_log_alarm(alarm)}
            for name in kept:
                del cloudwatch._alarms[name]
            try:
                return inner(*arguments, **options)
            finally:
                for name, alarm in kept.items():
                    cloudwatch._alarms[name] = alarm

    return describe


def _kind(alarm: Alarm) -> str:
    if memory.is_composite(alarm):
        return "CompositeAlarm"
    return "LogAlarm" if is_log_alarm(alarm) else "MetricAlarm"


def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
    """Create the alarm; Ref is its name."""
    name = str(properties.get("AlarmName") or provisioners._physical_name(stack, logical_id, max_len=255))
    return name, {"Arn": store(name, properties)["AlarmArn"]}


def update(physical_id: str, _old: Properties, properties: Properties, _stack: str, _logical_id: str) -> Provisioned:
    """Update the alarm in place, or replace it when its name changed."""
    name = str(properties.get("AlarmName") or physical_id)
    alarm = store(name, properties)
    if name != physical_id:
        delete(physical_id, properties)
    return name, {"Arn": alarm["AlarmArn"]}


def delete(physical_id: str, _properties: Properties) -> None:
    """Delete the alarm, unless a composite still needs it."""
    cloudwatch.cloudformation_delete_metric_alarm(physical_id, refuse_dependents=True)


HANDLER = {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}
