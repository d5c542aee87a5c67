"""The alarms of a plan in the world of the samples: judged by the evaluator, on the samples that the graphs show."""

from collections.abc import Sequence
from typing import Any

from pipewarden_cli.evaluator.alarm import AlarmRule, read_alarm
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.evaluation import State, evaluate
from pipewarden_cli.evaluator.samples import Grid
from pipewarden_cli.evaluator.statistic import aggregate
from pipewarden_cli.evaluator.wording import reason
from pipewarden_cli.preview.request import AlarmStatus
from pipewarden_cli.preview.samples.chance import share
from pipewarden_cli.preview.samples.flow_shapes import UNKNOWN, UNKNOWN_THRESHOLD, raised_since
from pipewarden_cli.preview.samples.source import SampleMetrics
from pipewarden_cli.preview.samples.world import World
from pipewarden_cli.preview.timeframe import DAY
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan

LOOKBACK = 3 * DAY
_COMPARISONS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
    "outside-band": "LessThanLowerOrGreaterThanUpperThreshold",
}


def planned_alarm(alarm: AlarmPlan, source: SampleMetrics) -> AlarmStatus:
    """The state of a planned alarm at the moment of the samples, and since when."""
    fields = parameters(alarm)
    now = source.world.now
    try:
        rule = read_alarm(fields)
        verdict = evaluate(rule, source, float(now), State.OK)
    except EvaluatorError as wrong:
        return AlarmStatus(alarm.name, "INSUFFICIENT_DATA", None, str(wrong), fields)
    state = State.OK if verdict.state is State.INSUFFICIENT_DATA else verdict.state
    return AlarmStatus(alarm.name, state, _since(rule, alarm, source, state), reason(rule, verdict), fields)


def planned_composite(composite: CompositePlan, children: Sequence[AlarmStatus], world: World) -> AlarmStatus:
    """In ALARM while one of its children is."""
    raised = [child for child in children if child.state == "ALARM"]
    since = min((child.since for child in raised if child.since is not None), default=None)
    if raised:
        return AlarmStatus(composite.name, "ALARM", since, f"In alarm: {', '.join(child.name for child in raised)}")
    return AlarmStatus(composite.name, "OK", _long_ago(composite.name, world.now), "No alarm of it is in ALARM.")


def unplanned_alarm(name: str, now: int) -> AlarmStatus:
    """An alarm that no plan knows, as bodies of others name them: most are well."""
    fields = {
        "Namespace": UNKNOWN,
        "MetricName": name.rpartition("/")[2] or name,
        "Dimensions": [{"Name": "AlarmName", "Value": name}],
        "Statistic": "Average",
        "Period": 300,
        "Threshold": UNKNOWN_THRESHOLD,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    raised = raised_since(name, now)
    luck = share("alarm", name)
    state = "ALARM" if raised else "INSUFFICIENT_DATA" if luck > 0.93 else "OK"
    return AlarmStatus(name, state, raised or _long_ago(name, now), "A sample: nobody knows this alarm.", fields)


def parameters(alarm: AlarmPlan) -> dict[str, Any]:
    """The planned alarm as PutMetricAlarm takes it."""
    common = {
        "AlarmName": alarm.name,
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.datapoints,
        "ComparisonOperator": _COMPARISONS[alarm.comparison],
        "TreatMissingData": alarm.missing,
    }
    metric = {
        "Namespace": alarm.metric.namespace,
        "MetricName": alarm.metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in alarm.metric.dimensions.items()],
    }
    if alarm.comparison != "outside-band":
        plain = alarm.metric.statistic in ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
        statistic = {"Statistic" if plain else "ExtendedStatistic": alarm.metric.statistic}
        return {**common, **metric, **statistic, "Period": alarm.period_seconds, "Threshold": alarm.threshold}
    stat = {"Metric": metric, "Period": alarm.period_seconds, "Stat": alarm.metric.statistic}
    band = {"Id": "band", "Expression": f"ANOMALY_DETECTION_BAND(judged, {alarm.threshold:g})"}
    return {**common, "Metrics": [{"Id": "judged", "MetricStat": stat}, band], "ThresholdMetricId": "band"}


def _since(rule: AlarmRule, alarm: AlarmPlan, source: SampleMetrics, state: State) -> int:
    """In ALARM: the first of the breaching periods in a row; otherwise the end of the last breach."""
    now, period = source.world.now, rule.period
    if rule.single is None:
        return _long_ago(alarm.name, now)
    grid = Grid.regular(now - now % period - LOOKBACK // period * period, period, LOOKBACK // period + 1)
    samples = source.samples(rule.single.metric, None, grid.starts[0], grid.end)
    values = aggregate(samples, rule.single.statistic, grid)
    at = len(values) - 1
    if state is State.ALARM:
        while at > 0 and (values[at] is None or _breaches(alarm, values[at])):
            at -= 1
        known = next((later for later in range(at + 1, len(values)) if values[later] is not None), at)
        return int(grid.starts[known])
    while at >= 0 and not _breaches(alarm, values[at]):
        at -= 1
    return int(grid.starts[at]) + period if at >= 0 else _long_ago(alarm.name, now)


def _breaches(alarm: AlarmPlan, value: float | None) -> bool:
    if value is None:
        return False
    match alarm.comparison:
        case ">":
            return value > alarm.threshold
        case ">=":
            return value >= alarm.threshold
        case "<":
            return value < alarm.threshold
    return value <= alarm.threshold


def _long_ago(name: str, now: int) -> int:
    return now - int((4 + 20 * share("long ago", name)) * DAY)
