"""Alarms that are judged as CloudWatch judges them, and whose actions say what CloudWatch says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch

from pipewarden_cli.local import hooks
from pipewarden_cli.local.cloudwatch import change, clock, memory, request, watch

NAME = "CloudWatch alarms"
IMITATED = (
    "Alarms are judged at every new data point and whenever their window moves (each minute, each ten seconds for "
    "periods under a minute), and the current, not yet complete period counts at once; AWS evaluates once a minute "
    "and mostly complete periods, alarms over more than a day once an hour. Wall-clock windows hold complete periods.",
    "The evaluation range reaches two periods further back than the evaluation periods, as in the documentation's "
    "examples; the exact rule of AWS is not published.",
    "Too few points, all breaching, none old enough (the documentation's '- - - - X' with 3 of 3): the alarm becomes "
    "OK when missing data is 'missing' and keeps its state when it is 'ignore'.",
    "`POST /_pipewarden/alarms/ahead?seconds=N` judges alarms as if so many seconds had passed, and what services and "
    "logs measure from then on has that time; other time stamps, schedules and mute windows keep the machine's.",
    "Metrics Insights alarms: each time series of a GROUP BY is a contributor with its own state and its own "
    "'CloudWatch Alarm Contributor State Change'; the alarm's actions run when the alarm itself changes, not once a "
    "contributor, because the message of that action is not documented. A contributor whose data end becomes OK with a "
    "reason in our words. Conditions and groups by tag or account are refused. PromQL alarms are never evaluated.",
    "Actions: SNS topics and Lambda functions only; EC2, Auto Scaling, Systems Manager and investigation actions are "
    "kept and do nothing. With IAM enforced, topic policy, topic key and function policy must admit CloudWatch, or "
    "the history shows the failed action. Tags are not propagated into messages.",
    "'CloudWatch Alarm State Change' is sent to the default bus for every change, also muted and suppressed ones; "
    "'CloudWatch Alarm Configuration Change' is never sent.",
    "After the extension period of a suppressor the actions run only if the alarm changed while they were held back.",
)


def fill() -> None:
    """Put the project's evaluator, actions and events in the place of the emulator's."""
    cloudwatch._evaluate_alarm = watch.judge
    cloudwatch._evaluate_all_alarms = watch.judge_fresh
    cloudwatch._dispatch_alarm_actions = change.announce
    cloudwatch._composite_rule_state = request.rule_state
    cloudwatch._store_datum = _noting_points(cloudwatch._store_datum)
    cloudwatch.record_metric = _telling_points(cloudwatch.record_metric)
    cloudwatch._put_metric_alarm = _form_apart(cloudwatch._put_metric_alarm, request.put_metric_alarm)
    cloudwatch._put_composite_alarm = _form_apart(cloudwatch._put_composite_alarm, request.put_composite_alarm)
    cloudwatch._set_alarm_state = _without_old_reason(cloudwatch._set_alarm_state)
    cloudwatch._delete_alarms = _forgetting(cloudwatch._delete_alarms)
    cloudwatch.cloudformation_put_metric_alarm = request.store_metric_alarm
    cloudwatch.cloudformation_delete_metric_alarm = _forgetting_one(cloudwatch.cloudformation_delete_metric_alarm)
    hooks.on_reset(memory.forget_all)
    clock.install()
    watch.start()


def _noting_points(inner: Callable[..., None]) -> Callable[..., None]:
    def store(namespace: str, name: str, dimensions: dict[str, str], *rest: Any) -> None:
        inner(namespace, name, dimensions, *rest)
        watch.note_point(namespace, name, dimensions)

    return store


def _telling_points(inner: Callable[..., None]) -> Callable[..., None]:
    def record(
        namespace: str, metric_name: str, value: float, unit: str = "None", dimensions: dict[str, str] | None = None
    ) -> None:
        inner(namespace, metric_name, value, unit, dimensions)
        watch.recorded(namespace, metric_name, dimensions or {})

    return record


def _form_apart(inner: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """The form protocol of old SDKs stays with the emulator: it has no place for what we add."""

    def answer(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        return (ours if is_cbor or is_json else inner)(params, data, is_cbor, is_json)

    return answer


def _without_old_reason(inner: Callable[..., Any]) -> Callable[..., Any]:
    """A state that was set has only the reason data it was given, not those of the evaluation before."""

    def answer(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        with memory.lock:
            alarm = memory.find(str(data.get("AlarmName") or ""))
            if alarm is not None and not data.get("StateReasonData"):
                alarm.pop("StateReasonData", None)
            return inner(params, data, is_cbor, is_json)

    return answer


def _forgetting_one(inner: Callable[..., None]) -> Callable[..., None]:
    def delete(name: str, *rest: Any, **options: Any) -> None:
        inner(name, *rest, **options)
        memory.forget(name)

    return delete


def _forgetting(inner: Callable[..., Any]) -> Callable[..., Any]:
    def answer(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        result = inner(params, data, is_cbor, is_json)
        for name in data.get("AlarmNames") or ():
            if memory.find(name) is None:
                memory.forget(name)
        return result

    return answer
