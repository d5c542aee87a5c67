"""How many datapoints alarms are judged by in a second: `python benchmarks/evaluator.py`.

One evaluation of an alarm looks at every period of its range, so it judges as many datapoints as it has periods. Each
row is what a replay of history does: a hundred alarms on metrics of their own, judged minute by minute. Seconds are
those of the processor, so what else runs on the machine does not count.
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
ALARMS = 100
MINUTES = 30


class Shape(NamedTuple):
    """An alarm's properties; the target is about plain alarms."""

    name: str
    periods: int
    math: str = ""


SHAPES = (
    Shape("1 of 1", 1),
    Shape("3 of 3", 3),
    Shape("5 of 6", 6),
    Shape("24 of 24", 24),
    Shape("60 of 60", 60),
    Shape("60 of 60, 100 * m / n", 60, "100 * m / n"),
)


def metrics(number: int) -> tuple[Metric, Metric]:
    """The two metrics of one alarm."""
    queue = {"QueueName": f"orders-{number}"}
    return Metric.of("AWS/SQS", "NumberOfMessagesSent", queue), Metric.of("AWS/SQS", "NumberOfMessagesDeleted", queue)


def properties(shape: Shape, number: int) -> Mapping[str, Any]:
    """What PutMetricAlarm takes."""
    metric, other = metrics(number)
    common = {
        "EvaluationPeriods": shape.periods,
        "DatapointsToAlarm": shape.periods,
        "Threshold": 150.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    named = {row: [{"Name": name, "Value": value} for name, value in row.dimensions] for row in (metric, other)}
    if not shape.math:
        plain = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": named[metric]}
        return {**common, **plain, "Statistic": "Sum", "Period": 60}
    queries: list[dict[str, Any]] = [{"Id": "e", "Expression": shape.math, "ReturnData": True}]
    for name, row in (("m", metric), ("n", other)):
        told = {"Namespace": row.namespace, "MetricName": row.name, "Dimensions": named[row]}
        stat = {"Metric": told, "Period": 60, "Stat": "Sum"}
        queries.append({"Id": name, "MetricStat": stat, "ReturnData": False})
    return {**common, "Metrics": queries}


def measure(shape: Shape) -> float:
    """Evaluations a second of processor time."""
    source = RecordedMetrics()
    for alarm in range(ALARMS):
        for minute in range(-shape.periods - 2, MINUTES):
            for metric in metrics(alarm):
                source.record(metric, NOW + 60 * minute, 100.0 + abs(minute))
    rules = [read_alarm(properties(shape, alarm)) for alarm in range(ALARMS)]
    count, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        for minute in range(MINUTES):
            for rule in rules:
                evaluate(rule, source, NOW + 60 * minute, State.OK)
        count += MINUTES * ALARMS
    return count / (time.process_time() - start)


def main() -> None:
    print(f"{'alarm':<24} {'evaluations/s':>14} {'datapoints/s':>14} {'target':>10}")
    for shape in SHAPES:
        rate = measure(shape)
        target = "" if shape.math else f"> {TARGET:,}"
        print(f"{shape.name:<24} {rate:>14,.0f} {rate * shape.periods:>14,.0f} {target:>10}")


if __name__ == "__main__":
    main()
