"""PutMetricAlarm and PutCompositeAlarm: from parameters to the stored alarm."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from pipewarden_cli.evaluator.alarm import AlarmError, read_alarm
from pipewarden_cli.evaluator.composite import children, composite_state, parse_rule
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.log_alarm import is_log_alarm
from pipewarden_cli.local.cloudwatch import memory, watch
from pipewarden_cli.local.cloudwatch.change import CREATED_REASON
from pipewarden_cli.local.cloudwatch.memory import Alarm

_ACTION_LISTS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_TEXTS = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Unit",
    "ComparisonOperator",
    "EvaluateLowSampleCountPercentile",
    "ThresholdMetricId",
    "EvaluationWindow",
    "WarmUpConfiguration",
    "EvaluationCriteria",
)
_WHOLES = ("Period", "EvaluationPeriods", "DatapointsToAlarm", "EvaluationInterval")
_STATE = (
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)


def metric_alarm_record(name: str, fields: Mapping[str, Any]) -> Alarm:
    """The alarm to store for PutMetricAlarm's parameters or a template's properties; an existing one keeps its state.

    Raises AlarmError for what the service refuses.
    """
    alarm = common_record(name, fields, cloudwatch._alarms.get(name))
    alarm.update({key: fields[key] for key in _TEXTS if fields.get(key)})
    alarm.update({key: int(fields[key]) for key in _WHOLES if fields.get(key) is not None})
    if fields.get("Threshold") is not None:
        alarm["Threshold"] = float(fields["Threshold"])
    if fields.get("Metrics"):
        alarm["Metrics"] = [_query(query) for query in fields["Metrics"]]
    elif fields.get("MetricName"):
        alarm["Dimensions"] = list(fields.get("Dimensions") or ())
        alarm.setdefault("Period", 60)
    alarm["TreatMissingData"] = fields.get("TreatMissingData") or ""
    if not alarm.get("EvaluationCriteria"):
        alarm["TreatMissingData"] = read_alarm(alarm).missing
    return alarm


def common_record(name: str, fields: Mapping[str, Any], existing: Alarm | None) -> Alarm:
    """What every kind of alarm has, as it is stored. Raises AlarmError."""
    now = round(time.time(), 3)
    enabled = fields.get("ActionsEnabled", True)
    alarm: Alarm = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}",
        "AlarmDescription": fields.get("AlarmDescription") or "",
        "ActionsEnabled": enabled if isinstance(enabled, bool) else str(enabled).lower() != "false",
        "AlarmConfigurationUpdatedTimestamp": now,
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": CREATED_REASON,
        "StateUpdatedTimestamp": now,
    }
    for key in _ACTION_LISTS:
        alarm[key] = [str(action) for action in fields.get(key) or ()]
        if len(alarm[key]) > 5:
            raise AlarmError(f"{key} must have at most 5 members")
    alarm.update({key: existing[key] for key in _STATE if existing and key in existing})
    return alarm


def _query(fields: Mapping[str, Any]) -> dict[str, Any]:
    query = {key: fields[key] for key in ("Id", "Label", "Expression", "AccountId") if fields.get(key) is not None}
    returns = fields.get("ReturnData", True)
    query["ReturnData"] = returns if isinstance(returns, bool) else str(returns).lower() != "false"
    if fields.get("Period") is not None:
        query["Period"] = int(fields["Period"])
    if fields.get("MetricStat"):
        stat = dict(fields["MetricStat"])
        stat["Period"] = int(stat["Period"])
        stat["Metric"] = {**stat["Metric"], "Dimensions": list(stat["Metric"].get("Dimensions") or ())}
        query["MetricStat"] = stat
    return query


def composite_alarm_record(name: str, fields: Mapping[str, Any]) -> Alarm:
    """The composite alarm to store; an existing one keeps its state. Raises EvaluatorError."""
    alarm = common_record(name, fields, cloudwatch._composite_alarms.get(name))
    alarm["AlarmRule"] = str(fields.get("AlarmRule") or "")
    missing = [arn for ref in dict.fromkeys(children(parse_rule(alarm["AlarmRule"]))) if (arn := _missing(ref))]
    if missing:
        listed = ", ".join(missing)
        raise AlarmError(f"Could not save the composite alarm as alarms [{listed}] in the alarm rule do not exist")
    if fields.get("ActionsSuppressor"):
        alarm["ActionsSuppressor"] = str(fields["ActionsSuppressor"])
        for key in ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
            if fields.get(key) is None:
                raise AlarmError(f"{key} is required with ActionsSuppressor")
            alarm[key] = int(fields[key])
        if unknown := _missing(alarm["ActionsSuppressor"]):
            raise AlarmError(f"The actions suppressor {unknown} does not exist")
    return alarm


def _missing(reference: str) -> str | None:
    name = cloudwatch._rule_ref_name(reference)
    if name and memory.find(name):
        return None
    if reference.startswith("arn:"):
        return reference
    return f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{reference}"


def store_metric_alarm(alarm: Alarm) -> None:
    """Keep an alarm that is no composite and judge it at once."""
    with memory.lock:
        if alarm["AlarmName"] not in cloudwatch._alarms:
            memory.created[memory.place(alarm)] = time.time()
            _record_creation(alarm, "LogAlarm" if is_log_alarm(alarm) else "MetricAlarm")
        cloudwatch._alarms[alarm["AlarmName"]] = alarm
        watch.judge(alarm)


def store_composite_alarm(alarm: Alarm) -> None:
    """Keep a composite alarm and let its rule decide at once."""
    with memory.lock:
        existing = cloudwatch._composite_alarms.get(alarm["AlarmName"])
        if existing is None:
            _record_creation(alarm, "CompositeAlarm")
        elif existing.get("ActionsSuppressor") != alarm.get("ActionsSuppressor"):
            # Replacing the suppressor discards a running wait or extension period.
            memory.suppressions.pop(memory.place(alarm), None)
        cloudwatch._composite_alarms[alarm["AlarmName"]] = alarm
        state = rule_state(alarm)
        if existing is None or state != alarm["StateValue"]:
            verb = "created and its" if existing is None else "updated and its new"
            reason = f"{alarm['AlarmArn']} was {verb} alarm rule evaluates to {state}"
            cloudwatch._transition_composite(alarm, state, reason, cloudwatch._matching_children(alarm, state))


def rule_state(alarm: Alarm) -> str:
    """The state a composite's rule gives it now."""
    return composite_state(parse_rule(alarm["AlarmRule"]), cloudwatch._rule_alarm_state).value


def _record_creation(alarm: Alarm, alarm_type: str) -> None:
    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": alarm_type,
            "Timestamp": cloudwatch._ts_iso(time.time()),
            "HistoryItemType": "ConfigurationUpdate",
            "HistorySummary": f'Alarm "{alarm["AlarmName"]}" created',
            "HistoryData": json.dumps({"version": "1.0", "type": "Create"}),
        }
    )


def put_metric_alarm(params: Any, data: Mapping[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
    """Answer PutMetricAlarm."""
    return _answer(params, data, is_cbor, is_json, composite=False)


def put_composite_alarm(params: Any, data: Mapping[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
    """Answer PutCompositeAlarm."""
    return _answer(params, data, is_cbor, is_json, composite=True)


def _answer(params: Any, data: Mapping[str, Any], is_cbor: bool, is_json: bool, *, composite: bool) -> Any:
    name = str(data.get("AlarmName") or "")
    known = cloudwatch._composite_alarms if composite else cloudwatch._alarms
    is_new = name not in known
    tags = cloudwatch._alarm_request_tags(params, data, is_cbor, is_json)
    points = None if composite else data.get("DatapointsToAlarm")
    refused = cloudwatch._alarm_tags_refusal(tags, points, is_new, is_cbor, is_json, composite=composite)
    if refused:
        return refused
    try:
        alarm = composite_alarm_record(name, data) if composite else metric_alarm_record(name, data)
    except EvaluatorError as wrong:
        return cloudwatch._error("ValidationError", str(wrong), 400, use_json=is_json, use_cbor=is_cbor)
    if is_new and tags:
        cloudwatch._resource_tags[alarm["AlarmArn"]] = {tag["Key"]: tag["Value"] for tag in tags}
    if composite:
        store_composite_alarm(alarm)
    else:
        store_metric_alarm(alarm)
    return cloudwatch._cbor_ok({}) if is_cbor else cloudwatch._json_ok({})
