"""The CloudWatch operations that the emulator does not know: mute rules, anomaly detectors, contributors."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.services import cloudwatch

from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.local.cloudwatch import contribution, detector, log_alarms, mutes

_DATES = frozenset(
    (
        "StartDate",
        "ExpireDate",
        "LastUpdatedTimestamp",
        "StateTransitionedTimestamp",
        "StateUpdatedTimestamp",
        "AlarmConfigurationUpdatedTimestamp",
    )
)

Operation = Callable[[Mapping[str, Any]], dict[str, Any] | None]


def _put_mute_rule(data: Mapping[str, Any]) -> dict[str, Any]:
    mutes.put_rule(data)
    return {}


def _get_mute_rule(data: Mapping[str, Any]) -> dict[str, Any] | None:
    return mutes.describe_rule(str(data.get("AlarmMuteRuleName")))


def _list_mute_rules(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"AlarmMuteRuleSummaries": mutes.list_rules(data.get("AlarmName"), data.get("Statuses"))}


def _delete_mute_rule(data: Mapping[str, Any]) -> dict[str, Any]:
    mutes.delete_rule(str(data.get("AlarmMuteRuleName")))
    return {}


def _put_detector(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"AnomalyDetectorId": detector.put_detector(data)}


def _list_detectors(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"AnomalyDetectors": detector.list_detectors(data)}


def _delete_detector(data: Mapping[str, Any]) -> dict[str, Any] | None:
    return {} if detector.delete_detector(data) else None


OPERATIONS: dict[str, Operation] = {
    "PutAlarmMuteRule": _put_mute_rule,
    "GetAlarmMuteRule": _get_mute_rule,
    "ListAlarmMuteRules": _list_mute_rules,
    "DeleteAlarmMuteRule": _delete_mute_rule,
    "DescribeAlarmContributors": contribution.raised_contributors,
    "PutLogAlarm": log_alarms.put_log_alarm,
    "PutAnomalyDetector": _put_detector,
    "DescribeAnomalyDetectors": _list_detectors,
    "DeleteAnomalyDetector": _delete_detector,
}
"""What each answers; None means that what it names does not exist."""


def serving(inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The emulator's request handler with these operations added (CBOR and JSON protocols)."""

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Any) -> Any:
        action = _action(path, headers)
        is_cbor = "cbor" in headers.get("content-type", "") or "cbor" in headers.get("smithy-protocol", "")
        if action == "DescribeAlarms" and "LogAlarm" in (_decoded(body, is_cbor).get("AlarmTypes") or ()):
            return _answer(log_alarms.describe_alarms, _decoded(body, is_cbor), is_cbor)
        operation = OPERATIONS.get(action)
        if operation is None:
            return await inner(method, path, headers, body, query_params)
        return _answer(operation, _decoded(body, is_cbor), is_cbor)

    return handle


def _decoded(body: bytes, is_cbor: bool) -> Mapping[str, Any]:
    if not body:
        return {}
    # Only an SDK that speaks CBOR needs the module, and the emulator comes without it unless asked for.
    loads = importlib.import_module("cbor2").loads if is_cbor else json.loads
    decoded: Mapping[str, Any] = loads(body)
    return decoded


def _with_timestamps(value: Any) -> Any:
    """The answer with its dates encoded for the CBOR protocol; JSON takes them as they are."""
    if isinstance(value, list):
        return [_with_timestamps(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {k: cloudwatch._cbor_timestamp(v) if k in _DATES else _with_timestamps(v) for k, v in value.items()}


def _action(path: str, headers: Mapping[str, str]) -> str:
    match = re.search(r"/operation/([^/?]+)", path)
    return match[1] if match else headers.get("x-amz-target", "").rpartition(".")[2]


def _answer(operation: Operation, data: Mapping[str, Any], is_cbor: bool) -> Any:
    try:
        answer = operation(data)
    except EvaluatorError as wrong:
        return cloudwatch._error("ValidationError", str(wrong), 400, use_json=not is_cbor, use_cbor=is_cbor)
    if answer is None:
        return cloudwatch._error("ResourceNotFoundException", "Not found", 404, use_json=not is_cbor, use_cbor=is_cbor)
    return cloudwatch._cbor_ok(_with_timestamps(answer)) if is_cbor else cloudwatch._json_ok(answer)
