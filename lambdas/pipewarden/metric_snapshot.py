"""What the metric of an alarm has been lately: for its page."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.breach import WORDS, say_value
from pipewarden.duration import say_seconds, say_time

STATISTICS = {
    "SUM": "Sum",
    "AVERAGE": "Average",
    "MAXIMUM": "Maximum",
    "MINIMUM": "Minimum",
    "SAMPLE_COUNT": "SampleCount",
}
FEWEST_PERIODS = 5
"""Shown even of an alarm that judges one period: whether a value is unusual shows beside others."""
MOST_PERIODS = 100
MOST_CHARACTERS = 300


def read_watched(trigger: Mapping[str, Any]) -> dict[str, Any]:
    """What an alarm judges, from the `Trigger` of its notification; empty for metric math, which is no one metric.

    Source of the form: notifications as the embedded AWS and CloudWatch send them (`Statistic` in capitals).
    """
    statistic = trigger.get("ExtendedStatistic") or STATISTICS.get(str(trigger.get("Statistic", "")))
    if not (statistic and trigger.get("MetricName") and trigger.get("Namespace") and trigger.get("Period")):
        return {}
    return {
        "namespace": str(trigger["Namespace"]),
        "metric": str(trigger["MetricName"]),
        "dimensions": {str(row["name"]): str(row["value"]) for row in trigger.get("Dimensions") or ()},
        "statistic": str(statistic),
        "period": int(trigger["Period"]),
        "periods": int(trigger.get("EvaluationPeriods") or 1),
        "comparison": str(trigger.get("ComparisonOperator", "")),
        "threshold": trigger.get("Threshold"),
    }


def read_snapshot(cloudwatch: Any, watched: Mapping[str, Any], unit: str, until: datetime) -> tuple[str, ...]:
    """Two lines: which metric, and its values over the periods that the alarm judged, at least five.

    One call. A metric that cannot be read gives a line that says so: a page without it is better than no page.
    """
    if not watched:
        return ()
    period = int(watched["period"])
    count = min(max(int(watched["periods"]), FEWEST_PERIODS), MOST_PERIODS)
    title = f"{watched['namespace']} {watched['metric']}, {watched['statistic']} of each {say_seconds(period)}"
    try:
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[_query(watched)],
            StartTime=until - timedelta(seconds=period * count),
            EndTime=until,
            ScanBy="TimestampDescending",
        )
    except (ClientError, BotoCoreError) as error:
        return (title, f"(the metric could not be read: {error})"[:MOST_CHARACTERS])
    (result, *_) = answer["MetricDataResults"] or [{"Values": [], "Timestamps": []}]
    points = list(zip(result["Timestamps"], result["Values"], strict=True))
    return title, _say_points(points, count, watched, unit)


def _query(watched: Mapping[str, Any]) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in watched["dimensions"].items()]
    metric = {"Namespace": watched["namespace"], "MetricName": watched["metric"], "Dimensions": dimensions}
    return {"Id": "m", "MetricStat": {"Metric": metric, "Period": int(watched["period"]), "Stat": watched["statistic"]}}


def _say_points(points: list[tuple[datetime, float]], count: int, watched: Mapping[str, Any], unit: str) -> str:
    """`77 at 02:09 UTC; 12 to 77 in 4 of 5 periods; limit: more than 20`."""
    comparison, threshold = WORDS.get(str(watched["comparison"]), ""), watched["threshold"]
    limit = f"; limit: {comparison} {say_value(float(threshold), unit)}" if comparison and threshold is not None else ""
    if not points:
        return f"no data in the last {say_seconds(count * int(watched['period']))}{limit}"
    moment, latest = max(points)
    values = [value for _, value in points]
    spread = f"{say_value(min(values), unit)} to {say_value(max(values), unit)} in {len(values)} of {count} periods"
    return f"{say_value(latest, unit)} at {say_time(moment.astimezone(UTC))}; {spread}{limit}"
