"""What the page of an alarm shows of its metric."""

from datetime import timedelta
from typing import Any

import pytest

from pipewarden.metric_snapshot import read_snapshot, read_watched
from tests.unit.runtime.memory_aws import refusal
from tests.unit.runtime.scene import START, Scene
from tests.unit.runtime.shown import shown

TRIGGER = {
    "MetricName": "ApproximateAgeOfOldestMessage",
    "Namespace": "AWS/SQS",
    "StatisticType": "Statistic",
    "Statistic": "MAXIMUM",
    "Unit": None,
    "Dimensions": [{"value": "in", "name": "QueueName"}],
    "Period": 60,
    "EvaluationPeriods": 5,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 20.0,
}
WATCHED: dict[str, Any] = read_watched(TRIGGER)
TITLE = "AWS/SQS ApproximateAgeOfOldestMessage, Maximum of each 1m"


class CloudWatch:
    def __init__(self, *values: float, error: Exception | None = None) -> None:
        self.values, self.error = values, error
        self.asked: list[dict[str, Any]] = []

    def get_metric_data(self, **query: Any) -> dict[str, Any]:
        self.asked.append(query)
        if self.error:
            raise self.error
        times = [query["EndTime"] - timedelta(minutes=minutes) for minutes in range(1, len(self.values) + 1)]
        return {"MetricDataResults": [{"Id": "m", "Timestamps": times, "Values": list(self.values)}]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"statistic": "Maximum", "period": 60, "periods": 5, "dimensions": {"QueueName": "in"}}),
        ({"Statistic": None, "ExtendedStatistic": "p99"}, {"statistic": "p99"}),
        ({"Dimensions": None}, {"dimensions": {}}),
    ],
    ids=["a statistic", "a percentile", "no dimensions"],
)
def test_what_an_alarm_judges_is_read_from_its_notification(changes: Any, expected: dict[str, Any]) -> None:
    found = read_watched({**TRIGGER, **changes})
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    "trigger",
    [{}, {"Metrics": [{"Id": "rate", "Expression": "a / b"}], "Threshold": 5}, {"MetricName": "x"}],
    ids=["nothing, of a composite alarm", "metric math", "half of it"],
)
def test_what_is_no_single_metric_has_no_snapshot(trigger: dict[str, Any]) -> None:
    assert read_watched(trigger) == {}
    assert read_snapshot(CloudWatch(), read_watched(trigger), "", START) == ()


@pytest.mark.parametrize(
    ("values", "unit", "line"),
    [
        ((77, 60, 40, 22, 12), "Seconds", "1m 17s at 02:09 UTC; 12s to 1m 17s in 5 of 5 periods; limit: more than 20s"),
        ((77,), "", "77 at 02:09 UTC; 77 to 77 in 1 of 5 periods; limit: more than 20"),
        ((), "", "no data in the last 5m; limit: more than 20"),
    ],
    ids=["with a unit", "one value", "no data"],
)
def test_its_values_in_a_line(values: tuple[float, ...], unit: str, line: str) -> None:
    assert read_snapshot(CloudWatch(*values), WATCHED, unit, START) == (TITLE, line)


@pytest.mark.parametrize(
    ("periods", "asked"),
    [(1, 5), (5, 5), (30, 30), (500, 100)],
    ids=["at least five", "its own", "more", "at most 100"],
)
def test_one_call_over_the_periods_that_it_judged(periods: int, asked: int) -> None:
    cloudwatch = CloudWatch(1.0)
    read_snapshot(cloudwatch, {**WATCHED, "periods": periods}, "", START)
    (query,) = cloudwatch.asked
    assert query["EndTime"] - query["StartTime"] == timedelta(minutes=asked)
    (metric,) = query["MetricDataQueries"]
    assert metric["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "QueueName", "Value": "in"}]


def test_a_band_has_no_limit_to_name() -> None:
    watched = {**WATCHED, "comparison": "LessThanLowerOrGreaterThanUpperThreshold", "threshold": None}
    assert "limit" not in read_snapshot(CloudWatch(3.0), watched, "", START)[1]


def test_a_metric_that_cannot_be_read_keeps_no_page_back() -> None:
    lines = read_snapshot(CloudWatch(error=refusal("GetMetricData", "AccessDenied", 403)), WATCHED, "", START)
    assert lines[0] == TITLE
    assert lines[1].startswith("(the metric could not be read: ")


def test_the_page_of_an_alarm_has_it_and_that_of_a_run_asks_nothing() -> None:
    assert "METRIC\n  Pipewarden DataAgeSeconds, Maximum of each 5m\n" in shown("alarm")
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    assert "METRIC" not in scene.aws.sns.published[0]["default"]
    assert not any(call.startswith("cloudwatch") for call in scene.aws.calls)
