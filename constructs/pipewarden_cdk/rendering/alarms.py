"""Metric alarms and composites."""

from collections.abc import Iterable
from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, Resource, logical_id, resource, tags
from pipewarden_cdk.rendering.log_alarms import asked
from pipewarden_plan.alarm_text import is_percentile
from pipewarden_plan.composite_plan import rule_text
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan, MetricPlan, MutePlan

OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
    "outside-band": "LessThanLowerOrGreaterThanUpperThreshold",
}
STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


def render_alarms(alarms: Iterable[AlarmPlan], names: Names) -> Fragment:
    """Every alarm that is deployed by itself."""
    return {logical_id("Alarm", alarm.name): _alarm(alarm, names) for alarm in alarms if alarm.deployed}


def render_composites(composites: Iterable[CompositePlan], names: Names, *, after: Iterable[str]) -> Fragment:
    """Composites name other alarms by name, and their suppressor: CloudFormation must be told that those (`after`, and
    composites before them) come first."""
    fragment: Fragment = {}
    known = set(after)
    for composite in composites:
        children = sorted(logical_id("Alarm", child) for child in composite.children)
        named = [*composite.children, *([composite.suppressor] if composite.suppressor else [])]
        parts = sorted(logical_id("Composite", child) for child in named)
        depends = [found for found in [*children, *parts] if found in known or found in fragment]
        fragment[logical_id("Composite", composite.name)] = _composite(composite, depends, names)
    return fragment


def render_mutes(mutes: Iterable[MutePlan]) -> Fragment:
    """Maintenance windows: the alarms are named, so a rule may be there before they are."""
    return {
        logical_id("Mute", mute.name): resource(
            "AWS::CloudWatch::AlarmMuteRule",
            {
                "Name": mute.name,
                "Description": mute.description,
                "Rule": {
                    "Schedule": {
                        "Expression": mute.expression,
                        "Duration": mute.duration,
                        "Timezone": mute.timezone,
                    }
                },
                "MuteTargets": {"AlarmNames": list(mute.alarms)},
            },
        )
        for mute in mutes
    }


def _alarm(alarm: AlarmPlan, names: Names) -> Resource:
    action = [names.topic_arn(alarm.action_topic)] if alarm.action_topic else []
    warm_up = {"WarmUpPeriodDurationInMinutes": alarm.warm_up_minutes} if alarm.warm_up_minutes else None
    properties: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "ComparisonOperator": OPERATORS[alarm.comparison],
        "TreatMissingData": alarm.missing,
        "AlarmActions": action,
        "OKActions": action,
        "WarmUpConfiguration": warm_up,
        "Tags": tags(alarm.tags),
    }
    if alarm.asks:
        return resource("AWS::CloudWatch::LogAlarm", {**properties, **asked(alarm, alarm.asks)})
    window = {"EvaluationPeriods": alarm.periods, "DatapointsToAlarm": alarm.datapoints}
    return resource("AWS::CloudWatch::Alarm", {**properties, **window, **_judged(alarm)})


def _judged(alarm: AlarmPlan) -> dict[str, Any]:
    if alarm.query:
        judged = {"Id": "q", "Expression": alarm.query, "Period": alarm.period_seconds, "ReturnData": True}
        return {"Metrics": [judged], "Threshold": alarm.threshold}
    if alarm.expression:
        return _math(alarm)
    return _band(alarm) if alarm.comparison == "outside-band" else _threshold(alarm)


def _math(alarm: AlarmPlan) -> dict[str, Any]:
    """Each metric has the alarm's period: CloudWatch takes no other for an expression."""
    metrics = {"m": alarm.metric, **alarm.inputs}
    queries = [
        {"Id": name, "MetricStat": _measured(metric, alarm.period_seconds), "ReturnData": False}
        for name, metric in metrics.items()
    ]
    judged = {"Id": "e", "Expression": alarm.expression, "Label": alarm.key, "ReturnData": True}
    if alarm.comparison != "outside-band":
        return {"Metrics": [judged, *queries], "Threshold": alarm.threshold}
    band = {"Id": "band", "Expression": f"ANOMALY_DETECTION_BAND(e, {alarm.threshold:g})", "ReturnData": True}
    return {"Metrics": [judged, band, *queries], "ThresholdMetricId": "band"}


def _threshold(alarm: AlarmPlan) -> dict[str, Any]:
    # No Unit: CloudWatch would ignore data points written with another one.
    metric = alarm.metric
    is_plain = metric.statistic in STATISTICS
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": _dimensions(metric),
        "Statistic" if is_plain else "ExtendedStatistic": metric.statistic,
        "Period": alarm.period_seconds,
        "Threshold": alarm.threshold,
        **({"EvaluateLowSampleCountPercentile": alarm.low_samples} if is_percentile(alarm) else {}),
    }


def _band(alarm: AlarmPlan) -> dict[str, Any]:
    measured = _measured(alarm.metric, alarm.period_seconds)
    band = {"Id": "band", "Expression": f"ANOMALY_DETECTION_BAND(m1, {alarm.threshold:g})", "ReturnData": True}
    return {"Metrics": [{"Id": "m1", "MetricStat": measured, "ReturnData": True}, band], "ThresholdMetricId": "band"}


def _measured(metric: MetricPlan, period_seconds: int) -> dict[str, Any]:
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": _dimensions(metric)}
    return {"Metric": named, "Period": period_seconds, "Stat": metric.statistic}


def _dimensions(metric: MetricPlan) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions.items())]


def _composite(composite: CompositePlan, depends: list[str], names: Names) -> Resource:
    action = [names.topic_arn(composite.action_topic)] if composite.action_topic else []
    suppressor: dict[str, Any] = {}
    if composite.suppressor:
        suppressor = {
            "ActionsSuppressor": names.arn("cloudwatch", f"alarm:{composite.suppressor}"),
            "ActionsSuppressorWaitPeriod": composite.suppressor_wait_seconds,
            "ActionsSuppressorExtensionPeriod": composite.suppressor_extension_seconds,
        }
    properties = {
        "AlarmName": composite.name,
        "AlarmDescription": composite.description,
        "AlarmRule": rule_text(composite),
        # No OKActions: a composite that was OK all the time would say so the moment its suppressor ends.
        "AlarmActions": action,
        **suppressor,
    }
    return resource("AWS::CloudWatch::CompositeAlarm", properties, **({"DependsOn": depends} if depends else {}))
