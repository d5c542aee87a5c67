"""How many datapoints alarms are judged by in a second: `python benchmarks/evaluator.py`.

One evaluation of an alarm looks at every period of its range, so it judges as many datapoints as it has periods. Each
row is measured with a current state, recorded points and a moment of its own, as the embedded AWS and previews do it.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipewarden_cli.evaluator.alarm import read_alarm
from pipewarden_cli.evaluator.evaluation import State, evaluate
from pipewarden_cli.evaluator.query import Metric, RecordedMetrics

TARGET = 100_000
NOW = 1_774_437_410.0
SECONDS = 2.0
METRIC = Metric.of("AWS/SQS", "NumberOfMessagesSent", {"QueueName": "orders"})
OTHER = Metric.of("AWS/SQS", "NumberOfMessagesDeleted", {"QueueName": "orders"})


class Shape(NamedTuple):
    """An alarm's properties, and whether the target holds for it: it is about plain alarms."""

    name: str
    periods: int
    math: str = ""
    aimed: bool = False


SHAPES = (
    Shape("1 of 1", 1),
    Shape("3 of 3", 3),
    Shape("5 of 6", 6),
    Shape("24 of 24", 24, aimed=True),
    Shape("60 of 60", 60, aimed=True),
    Shape("60 of 60, 100 * m / n", 60, "100 * m / n"),
)


def properties(shape: Shape) -> Mapping[str, Any]:
    """What PutMetricAlarm takes."""
    common = {
        "EvaluationPeriods": shape.periods,
        "DatapointsToAlarm": shape.periods,
        "Threshold": 150.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    named = {row: [{"Name": name, "Value": value} for name, value in row.dimensions] for row in (METRIC, OTHER)}
    if not shape.math:
        plain = {"Namespace": METRIC.namespace, "MetricName": METRIC.name, "Dimensions": named[METRIC]}
        return {**common, **plain, "Statistic": "Sum", "Period": 60}
    queries: list[dict[str, Any]] = [{"Id": "e", "Expression": shape.math, "ReturnData": True}]
    for name, row in (("m", METRIC), ("n", OTHER)):
        metric = {"Namespace": row.namespace, "MetricName": row.name, "Dimensions": named[row]}
        stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
        queries.append({"Id": name, "MetricStat": stat, "ReturnData": False})
    return {**common, "Metrics": queries}


def measure(shape: Shape) -> float:
    """Evaluations a second."""
    source = RecordedMetrics()
    for number in range(shape.periods + 2):
        for metric in (METRIC, OTHER):
            source.record(metric, NOW - 60 * number, 100.0 + number)
    rule = read_alarm(properties(shape))
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        for _ in range(50):
            evaluate(rule, source, NOW, State.OK)
        count += 50
    return count / (time.perf_counter() - start)


def main() -> None:
    print(f"{'alarm':<24} {'evaluations/s':>14} {'datapoints/s':>14} {'target':>10}")
    for shape in SHAPES:
        rate = measure(shape)
        target = f"> {TARGET:,}" if shape.aimed else ""
        print(f"{shape.name:<24} {rate:>14,.0f} {rate * shape.periods:>14,.0f} {target:>10}")


if __name__ == "__main__":
    main()
