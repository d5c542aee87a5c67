"""EventBridge rules: permissions of targets, dead-letter queues, log group targets, and metrics of rules."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import eventbridge, sns, sqs

from pipewarden_cli.local import delivery, emulator
from pipewarden_cli.local.delivery import Refusal
from pipewarden_cli.local.gaps import functions, sqs_metrics

NAME = "EventBridge rules"
IMITATED = (
    "A target is reached only if the policy of the queue, topic or function (and of the customer's key that encrypts "
    "it) admits events.amazonaws.com for the rule; what is refused or has no target any more goes to the target's "
    "dead-letter queue with AWS's attributes, at once. Retry policies have no effect: nothing here fails for a moment.",
    "Rules have TriggeredRules, Invocations, FailedInvocations and InvocationsSentToDlq in AWS/Events by RuleName. "
    "Scheduled rules fire within a second of their time.",
    "The same key and resource policies are asked for what SNS, S3 and CloudWatch alarms deliver to queues and topics, "
    "and an SNS subscription's dead-letter queue receives what its queue does not admit.",
)

SERVICE = "events.amazonaws.com"
TICK_SECONDS = 0.5

_rule: contextvars.ContextVar[Mapping[str, Any] | None] = contextvars.ContextVar("rule", default=None)
_refused: contextvars.ContextVar[list[Refusal] | None] = contextvars.ContextVar("refused", default=None)


def fill() -> None:
    """Ask for permissions before each dispatch, and keep what was refused."""
    sqs.queue_policy_allows = delivery.checking_queue_key(sqs.queue_policy_allows)
    sns.topic_policy_allows = delivery.checking_topic_key(sns.topic_policy_allows)
    sns._deliver_to_sqs = _with_subscription_dead_letters(sns._deliver_to_sqs)
    eventbridge._SCHEDULER_TICK_INTERVAL = TICK_SECONDS
    eventbridge._dispatch_to_sqs = _admitted(_send_to_queue, str)
    eventbridge._dispatch_to_sns = _admitted(eventbridge._dispatch_to_sns, str)
    eventbridge._dispatch_to_lambda = _admitted(functions.invoke_by_arn, str)
    eventbridge._invoke_target = _measured(eventbridge._invoke_target)
    eventbridge._SUPPORTED_TARGET_SERVICES = {*eventbridge._SUPPORTED_TARGET_SERVICES, "logs"}


def _admitted(inner: Callable[..., Any], read_arn: Callable[[Any], str]) -> Callable[..., Any]:
    def dispatch(target: Any, payload: str, *rest: Any) -> Any:
        rule = _rule.get()
        source = rule.get("Arn", "") if rule else ""
        # Without a rule it is a schedule, which has a role and is not held to the target's policy.
        refused = delivery.refusal(read_arn(target), SERVICE, source) if rule else None
        if refused is None:
            return inner(target, payload, *rest)
        collected = _refused.get()
        if collected is not None:
            collected.append(refused)
        return None

    return dispatch


def _send_to_queue(spec: Any, payload: str, parameters: Mapping[str, Any] | None = None) -> None:
    queue = sqs._queue_by_arn(str(spec))
    data = {"MessageBody": payload}
    if queue["is_fifo"]:
        data["MessageGroupId"] = (parameters or {}).get("MessageGroupId", "")
    sqs._act_send_message(data, sqs._queue_url(queue["name"]))


def _measured(inner: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, Any], view: Any = None) -> Any:
        refused: list[Refusal] = []
        tokens = _rule.set(rule), _refused.set(refused)
        try:
            if ":log-group:" in target["Arn"]:
                _write_log(target["Arn"], event)
            else:
                inner(target, event, rule, view)
        finally:
            _rule.reset(tokens[0])
            _refused.reset(tokens[1])
        data = [("TriggeredRules", int(_is_first(target, rule))), ("Invocations", 1)]
        data.append(("FailedInvocations", len(refused)))
        if refused and _bury(target, event, rule, refused[0]):
            data.append(("InvocationsSentToDlq", 1))
        dimensions = {"RuleName": rule.get("Name", "")}
        emulator.put_metrics("AWS/Events", [emulator.datum(name, value, dimensions) for name, value in data])

    return invoke


def _is_first(target: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    key = eventbridge._rule_key(rule.get("Name", ""), rule.get("EventBusName", "default"))
    return [known["Id"] for known in eventbridge._targets.get(key, [])][:1] == [target.get("Id")]


def _envelope(event: Mapping[str, Any]) -> str:
    return json.dumps(eventbridge._pattern_event_view(event).event_with_detail())


def _bury(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, Any], refused: Refusal) -> bool:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn or delivery.refusal(queue_arn, SERVICE, rule.get("Arn", "")) is not None:
        return False
    attributes = {
        "RULE_ARN": rule.get("Arn", ""),
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": refused.code,
        "ERROR_MESSAGE": refused.message,
    }
    delivery.put_message(queue_arn, _envelope(event), attributes)
    return True


def _write_log(arn: str, event: Mapping[str, Any]) -> None:
    group = arn.split(":log-group:", 1)[1].removesuffix(":*")
    emulator.put_log_lines(group, event.get("EventId", "events"), [_envelope(event)])


def _with_subscription_dead_letters(inner: Callable[..., Any]) -> Callable[..., Any]:
    def deliver(endpoint: str, envelope: str, raw: bool, raw_message: str, **rest: Any) -> None:
        topic_arn = rest.get("topic_arn", "")
        refused = delivery.refusal(endpoint, "sns.amazonaws.com", topic_arn)
        if refused is None:
            inner(endpoint, envelope, raw, raw_message, **rest)
            sqs_metrics.count_sent(sqs._queue_by_arn(endpoint))
            return
        queue_arn = _subscription_dead_letters(topic_arn, endpoint)
        if queue_arn and delivery.refusal(queue_arn, "sns.amazonaws.com", topic_arn) is None:
            delivery.put_message(queue_arn, raw_message if raw else envelope, {})

    return deliver


def _subscription_dead_letters(topic_arn: str, endpoint: str) -> str | None:
    topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
    for subscription in topic["subscriptions"]:
        if subscription["endpoint"] == endpoint:
            policy = json.loads(subscription["attributes"].get("RedrivePolicy") or "{}")
            found: str | None = policy.get("deadLetterTargetArn")
            return found
    return None
