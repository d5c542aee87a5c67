"""Runs the actions of an alarm and writes down in its history whether they worked."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch, kms, lambda_svc, sns

from pipewarden_cli.local.cloudwatch import forms
from pipewarden_cli.local.cloudwatch.memory import Alarm, is_composite, state_fields

_LISTS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_ALARMS_SERVICE = "cloudwatch.amazonaws.com"
_FUNCTION_SERVICE = "lambda.alarms.cloudwatch.amazonaws.com"
_TOPIC_REFUSED = "CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {arn}"
_KEY_REFUSED = "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
_FUNCTION_REFUSED = (
    "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the resource: {arn} "
    "because no resource-based policy allows the lambda:InvokeFunction action"
)


class ActionError(Exception):
    """Why an action could not run, as the alarm's history says it."""


def run_actions(alarm: Alarm, old_state: str, previous: Mapping[str, Any]) -> None:
    """Run the actions listed for the state the alarm is in, unless its actions are disabled."""
    if not alarm.get("ActionsEnabled", True):
        return
    for arn in alarm.get(_LISTS.get(str(alarm["StateValue"]), "")) or ():
        service = arn.split(":")[2] if arn.count(":") >= 5 else ""
        if service not in ("sns", "lambda"):
            continue
        try:
            sent = _notify(arn, alarm, old_state) if service == "sns" else _invoke(arn, alarm, previous)
        except ActionError as refused:
            _record(alarm, arn, None, str(refused))
        else:
            _record(alarm, arn, sent, None)


def _notify(arn: str, alarm: Alarm, old_state: str) -> str:
    topic = sns._topic_by_arn_any_scope(arn)
    if topic is None:
        raise ActionError(f"Resource: {arn} does not exist")
    # The key before the policy: asked about the policy, a gap of EventBridge looks at the key as well.
    _check_key(topic.get("attributes", {}).get("KmsMasterKeyId") or "", alarm)
    if not sns.topic_policy_allows(arn, _ALARMS_SERVICE, alarm["AlarmArn"], get_account_id()):
        raise ActionError(_TOPIC_REFUSED.format(arn=arn))
    message = forms.sns_message(alarm, old_state)
    sns._fanout(arn, new_uuid(), message, forms.subject(alarm, str(alarm["StateValue"])))
    return message


def _check_key(key_id: str, alarm: Alarm) -> None:
    """Raise unless the topic's key lets CloudWatch encrypt; the AWS-managed key of SNS never does."""
    if not key_id or not app.AUTH:
        return
    key = kms._resolve_key(key_id)
    if key_id.endswith("alias/aws/sns") or key is None:
        raise ActionError(_KEY_REFUSED)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        if not _admits(key.get("Policy"), _ALARMS_SERVICE, action, str(key.get("Arn")), alarm):
            raise ActionError(_KEY_REFUSED)


def _invoke(arn: str, alarm: Alarm, previous: Mapping[str, Any]) -> str:
    function, _, _ = lambda_svc._get_func_record_for_ref(arn)
    if function is None:
        raise ActionError(f"Resource: {arn} does not exist")
    policy = (lambda_svc.function_policy_for_arn(arn) or (None, ""))[0]
    if app.AUTH and not _admits(policy, _FUNCTION_SERVICE, "lambda:InvokeFunction", arn, alarm):
        raise ActionError(_FUNCTION_REFUSED.format(arn=arn))
    event = forms.lambda_event(alarm, state_fields(alarm), previous)
    lambda_svc.invoke_async_with_retry(function, event)
    return json.dumps(event)


def _admits(policy: Any, service: str, action: str, resource: str, alarm: Alarm) -> bool:
    source = {"aws:sourcearn": alarm["AlarmArn"], "aws:sourceaccount": get_account_id()}
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=source,
    )
    return bool(evaluate_resource_policy(policy, context, service=service).decision == "Allow")


def _record(alarm: Alarm, arn: str, sent: str | None, error: str | None) -> None:
    summary = f"Successfully executed action {arn}"
    if error is not None:
        summary = f'Failed to execute action {arn}. Received error: "{error}"'
    data = {
        "actionState": "Succeeded" if error is None else "Failed",
        "stateUpdateTimestamp": int(float(alarm.get("StateUpdatedTimestamp") or 0) * 1000),
        "notificationResource": arn,
        "publishedMessage": sent,
        "error": error,
    }
    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "CompositeAlarm" if is_composite(alarm) else "MetricAlarm",
            "Timestamp": cloudwatch._ts_iso(time.time()),
            "HistoryItemType": "Action",
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )
