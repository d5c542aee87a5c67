"""Alarm states against the tables of "Configuring how CloudWatch alarms treat missing data" and beyond them."""

from __future__ import annotations

from typing import Any

import pytest

from pipewarden_cli.evaluator.alarm import AlarmError, read_alarm
from pipewarden_cli.evaluator.evaluation import State, evaluate
from pipewarden_cli.evaluator.query import Metric, RecordedMetrics
from pipewarden_cli.evaluator.wording import number, reason, reason_data

# 2019-11-22 15:43:30 UTC: within the minute that ends at 15:44:00.
NOW = 1574437410.0
WINDOW_END = 1574437440
METRIC = Metric.of("AWS/Lambda", "Errors", {"FunctionName": "load"})
BASE = {
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "load"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanThreshold",
}
O, A, I = "OK", "ALARM", "INSUFFICIENT_DATA"  # noqa: E741
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def alarm(**changed: Any) -> Any:
    fields = {**BASE, **changed}
    return read_alarm({key: value for key, value in fields.items() if value is not None})


def recorded(row: str, period: int = 60, breaching: float = 1.0) -> RecordedMetrics:
    """Points of one row, the newest on the right: X breaches, 0 does not, - is missing."""
    source, marks = RecordedMetrics(), row.split()
    for i, mark in enumerate(marks):
        if mark != "-":
            start = WINDOW_END - period * (len(marks) - i)
            source.record(METRIC, start + 5, breaching if mark == "X" else 0.0)
    return source


# Row, then the state for missing, ignore (None: the current state is kept), breaching, notBreaching.
THREE_OF_THREE = [
    ("0 - X - X", (O, O, O, O)),
    ("0 - - - -", (O, O, O, O)),
    ("- - - - -", (I, None, A, O)),
    ("0 X X - X", (A, A, A, A)),
    ("- - X - -", (A, None, A, O)),
]
TWO_OF_THREE = [
    ("0 - X - X", (A, A, A, A)),
    ("0 0 X 0 X", (A, A, A, A)),
    ("0 - X - -", (O, O, A, O)),
    ("- - - - 0", (O, O, A, O)),
    ("- - - X -", (A, None, A, O)),
]
# Prose of "Avoiding premature transitions to alarm state": not at once into ALARM.
TOO_YOUNG = [("- - - - X", (O, None, A, O)), ("- - - X -", (O, None, A, O))]
# A point outside of the evaluation range (two periods beyond the evaluation periods) is not seen.
TOO_OLD = [("0 - - - - -", (I, None, A, O)), ("X X X - - - - -", (I, None, A, O))]


@pytest.mark.parametrize("is_math", [False, True], ids=["of a metric", "of an expression"])
@pytest.mark.parametrize("current", list(State))
@pytest.mark.parametrize(
    ("needed", "row", "expected"),
    [
        pytest.param(needed, row, states, id=f"{needed} of 3 over {row!r}")
        for needed, table in ((3, THREE_OF_THREE + TOO_YOUNG + TOO_OLD), (2, TWO_OF_THREE + TOO_OLD))
        for row, states in table
    ],
)
def test_the_documented_tables_of_missing_data(
    needed: int, row: str, expected: tuple[str | None, ...], current: State, is_math: bool
) -> None:
    more = queries("m1 * 1") if is_math else {}
    rules = [alarm(EvaluationPeriods=3, DatapointsToAlarm=needed, TreatMissingData=t, **more) for t in TREATMENTS]
    states = [evaluate(rule, recorded(row), NOW, current) for rule in rules]
    assert [verdict.state for verdict in states] == [state or current for state in expected]


@pytest.mark.parametrize(
    ("comparison", "value", "breaches"),
    [
        ("GreaterThanThreshold", 0.5, False),
        ("GreaterThanThreshold", 0.6, True),
        ("GreaterThanOrEqualToThreshold", 0.5, True),
        ("GreaterThanOrEqualToThreshold", 0.4, False),
        ("LessThanThreshold", 0.5, False),
        ("LessThanThreshold", 0.4, True),
        ("LessThanOrEqualToThreshold", 0.5, True),
        ("LessThanOrEqualToThreshold", 0.6, False),
    ],
)
def test_comparisons_at_and_beside_the_threshold(comparison: str, value: float, breaches: bool) -> None:
    source = RecordedMetrics()
    source.record(METRIC, NOW - 20, value)
    verdict = evaluate(alarm(ComparisonOperator=comparison), source, NOW, State.OK)
    assert verdict.state is (State.ALARM if breaches else State.OK)


@pytest.mark.parametrize(
    ("fields", "row", "sentence"),
    [
        pytest.param(
            {"DatapointsToAlarm": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1},
            "X",
            "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (22/11/19 15:43:00)] was greater than or equal to "
            "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
            id="M of N given: the documentation's sentence",
        ),
        pytest.param(
            {},
            "X",
            "Threshold Crossed: 1 datapoint [1.0 (22/11/19 15:43:00)] was greater than the threshold (0.5).",
            id="M of N not given: the short sentence",
        ),
        pytest.param(
            {"EvaluationPeriods": 2},
            "0 0",
            "Threshold Crossed: 2 datapoints [0.0 (22/11/19 15:43:00), 0.0 (22/11/19 15:42:00)] were not greater than "
            "the threshold (0.5).",
            id="several points, newest first",
        ),
        pytest.param(
            {"EvaluationPeriods": 3, "DatapointsToAlarm": 3},
            "0 X 0",
            "Threshold Crossed: 2 out of the last 3 datapoints [0.0 (22/11/19 15:43:00), 0.0 (22/11/19 15:41:00)] were "
            "not greater than the threshold (0.5) (minimum 1 datapoint for ALARM -> OK transition).",
            id="only the points that explain the state are listed",
        ),
        pytest.param(
            {"EvaluationPeriods": 2, "TreatMissingData": "breaching"},
            "- -",
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
            "[Breaching].",
            id="nothing received, breaching",
        ),
        pytest.param(
            {"TreatMissingData": "notBreaching"},
            "-",
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[NonBreaching].",
            id="nothing received, not breaching",
        ),
        pytest.param(
            {"EvaluationPeriods": 2, "TreatMissingData": "breaching"},
            "- X",
            "Threshold Crossed: 1 datapoint [1.0 (22/11/19 15:43:00)] was greater than the threshold (0.5) and "
            "1 missing datapoint was treated as [Breaching].",
            id="one received, one filled",
        ),
        pytest.param({}, "-", "Insufficient Data: 1 datapoint was unknown.", id="one unknown"),
        pytest.param(
            {"EvaluationPeriods": 3}, "-", "Insufficient Data: 3 datapoints were unknown.", id="several unknown"
        ),
        pytest.param(
            {"EvaluationPeriods": 6},
            "X X X X X X",
            "Threshold Crossed: 6 datapoints were greater than the threshold (0.5). The most recent datapoints which "
            "crossed the threshold: [1.0 (22/11/19 15:43:00), 1.0 (22/11/19 15:42:00), 1.0 (22/11/19 15:41:00), "
            "1.0 (22/11/19 15:40:00), 1.0 (22/11/19 15:39:00)].",
            id="long lists are cut to the most recent",
        ),
    ],
)
def test_reasons_are_worded_as_cloudwatch_words_them(fields: dict[str, Any], row: str, sentence: str) -> None:
    rule = alarm(**fields)
    assert reason(rule, evaluate(rule, recorded(row), NOW, State.OK)) == sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (1, "1.0"),
        (99.50160229693434, "99.50160229693434"),
        (10000000.0, "1.0E7"),
        (1.5e-05, "1.5E-5"),
        (1073741824.0, "1.073741824E9"),
        (-12345678.9, "-1.23456789E7"),
        (1e300, "1.0E300"),
        (0.001, "0.001"),
    ],
)
def test_numbers_are_written_as_java_writes_them(value: float, text: str) -> None:
    assert number(value) == text


def test_reason_data_of_a_single_metric() -> None:
    rule = alarm(EvaluationPeriods=2, Threshold=42)
    verdict = evaluate(rule, recorded("0 X"), NOW, State.OK)
    assert reason_data(rule, verdict, NOW, {WINDOW_END - 60: 1.0}) == {
        "version": "1.0",
        "queryDate": "2019-11-22T15:43:30.000+0000",
        "startDate": "2019-11-22T15:42:00.000+0000",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [0.0, 1.0],
        "threshold": 42.0,
        "evaluatedDatapoints": [
            {"timestamp": "2019-11-22T15:43:00.000+0000", "sampleCount": 1.0, "value": 1.0},
            {"timestamp": "2019-11-22T15:42:00.000+0000", "value": 0.0},
        ],
    }


def test_reason_data_without_points_names_the_periods_looked_at() -> None:
    rule = alarm()
    data = reason_data(rule, evaluate(rule, RecordedMetrics(), NOW, State.OK), NOW, {})
    assert "startDate" not in data
    assert data["recentDatapoints"] == []
    assert data["evaluatedDatapoints"] == [{"timestamp": "2019-11-22T15:43:00.000+0000"}]


def queries(expression: str, **more: Any) -> dict[str, Any]:
    stat = {"Metric": {k: BASE[k] for k in ("Namespace", "MetricName", "Dimensions")}, "Period": 60, "Stat": "Sum"}
    return {
        "Metrics": [
            {"Id": "e1", "Expression": expression, **more.pop("e1", {})},
            {"Id": "m1", "MetricStat": stat, **more.pop("m1", {"ReturnData": False})},
        ],
        **dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period")),
        **more,
    }


def test_an_alarm_on_an_expression_has_no_statistic_in_its_reason_data() -> None:
    rule = alarm(**queries("m1 * 100"))
    verdict = evaluate(rule, recorded("X"), NOW, State.OK)
    assert verdict.state is State.ALARM
    data = reason_data(rule, verdict, NOW, {})
    assert data["recentDatapoints"] == [100.0]
    assert "statistic" not in data


BAND = {"Threshold": None, "ThresholdMetricId": "e1", "m1": {"ReturnData": True}}


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("LessThanLowerOrGreaterThanUpperThreshold", 9.0, State.ALARM),
        ("LessThanLowerOrGreaterThanUpperThreshold", -9.0, State.ALARM),
        ("LessThanLowerOrGreaterThanUpperThreshold", 1.0, State.OK),
        ("GreaterThanUpperThreshold", 9.0, State.ALARM),
        ("GreaterThanUpperThreshold", -9.0, State.OK),
        ("LessThanLowerThreshold", -9.0, State.ALARM),
        ("LessThanLowerThreshold", 9.0, State.OK),
    ],
)
def test_a_band_is_made_of_the_points_before_the_window(comparison: str, value: float, state: State) -> None:
    rule = alarm(**queries("ANOMALY_DETECTION_BAND(m1, 2)", **BAND), ComparisonOperator=comparison)
    source = RecordedMetrics()
    for minute in range(10, 40):
        source.record(METRIC, NOW - 60 * minute, minute % 2 * 2.0)
    source.record(METRIC, NOW - 5, value)
    verdict = evaluate(rule, source, NOW, State.OK)
    assert (verdict.lower or [])[-1] == pytest.approx(-1.0)
    assert (verdict.upper or [])[-1] == pytest.approx(3.0)
    assert verdict.state is state
    assert reason(rule, verdict).startswith("Thresholds Crossed: 1 datapoint [")
    assert reason_data(rule, verdict, NOW, {})["recentUpperThresholds"] == [pytest.approx(3.0)]


def test_only_the_newest_points_are_held_against_a_band() -> None:
    more = {**BAND, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
    rule = alarm(**queries("ANOMALY_DETECTION_BAND(m1, 2)", **more), ComparisonOperator="GreaterThanUpperThreshold")
    source = recorded("X X 0 0 0", breaching=9.0)
    for minute in range(10, 40):
        source.record(METRIC, NOW - 60 * minute, minute % 2 * 2.0)
    assert evaluate(rule, source, NOW, State.OK).state is State.OK


def test_without_history_there_is_no_band_and_so_no_point() -> None:
    rule = alarm(**queries("ANOMALY_DETECTION_BAND(m1)", **BAND), ComparisonOperator="GreaterThanUpperThreshold")
    assert evaluate(rule, recorded("X"), NOW, State.OK).state is State.INSUFFICIENT_DATA


@pytest.mark.parametrize(
    ("treatment", "samples", "state"),
    [("evaluate", 5, State.ALARM), ("ignore", 5, State.OK), ("ignore", 1000, State.ALARM), (None, 5, State.ALARM)],
)
def test_percentiles_over_few_samples_can_be_ignored(treatment: str | None, samples: int, state: State) -> None:
    rule = alarm(Statistic=None, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile=treatment)
    source = RecordedMetrics()
    for _ in range(samples):
        source.record(METRIC, NOW - 5, 1.0)
    assert evaluate(rule, source, NOW, State.OK).state is state


@pytest.mark.parametrize(
    ("zone", "when", "starts", "end"),
    [
        pytest.param(
            "UTC", "2026-03-10T12:00:00Z", ["2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"], "2026-03-10T00:00:00Z",
            id="whole UTC days",
        ),
        pytest.param(
            "Europe/London", "2026-03-30T12:00:00Z", ["2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z"],
            "2026-03-29T23:00:00Z",
            id="the day on which summer time begins has 23 hours",
        ),
        pytest.param(
            "America/New_York", "2026-11-02T12:00:00Z", ["2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z"],
            "2026-11-02T05:00:00Z",
            id="the day on which summer time ends has 25 hours",
        ),
        pytest.param(
            "+05:30", "2026-03-10T12:00:00Z", ["2026-03-07T18:30:00Z", "2026-03-08T18:30:00Z"], "2026-03-09T18:30:00Z",
            id="a fixed offset",
        ),
    ],
)  # fmt: skip
def test_wall_clock_days_follow_the_time_zone(zone: str, when: str, starts: list[str], end: str) -> None:
    from datetime import datetime

    rule = alarm(Period=86400, EvaluationPeriods=2, EvaluationWindow={"WallClockWindow": {"Timezone": zone}})
    grid = evaluate(rule, RecordedMetrics(), datetime.fromisoformat(when).timestamp(), State.OK).grid
    expected = [datetime.fromisoformat(text).timestamp() for text in [*starts, end]]
    assert [*grid.starts, grid.end] == expected


def test_a_wall_clock_week_begins_on_monday() -> None:
    # 2019-11-22 is a Friday: the last complete week began on Monday the 11th.
    rule = alarm(Period=604800, EvaluationWindow={"WallClockWindow": {"Timezone": "UTC"}})
    grid = evaluate(rule, RecordedMetrics(), NOW, State.OK).grid
    assert (grid.starts[0], grid.end) == (1573430400, 1574035200)


def test_a_wall_clock_window_neither_sees_the_running_period_nor_reaches_back_further() -> None:
    rule = alarm(Period=3600, TreatMissingData="breaching", EvaluationWindow={"WallClockWindow": {}})
    source = RecordedMetrics()
    hour = NOW // 3600 * 3600
    source.record(METRIC, hour + 60, 0.0)
    source.record(METRIC, hour - 2 * 3600, 0.0)
    assert evaluate(rule, source, NOW, State.OK).state is State.ALARM
    source.record(METRIC, hour - 60, 0.0)
    assert evaluate(rule, source, NOW, State.OK).state is State.OK


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"DatapointsToAlarm": 2}, "less than or equal to EvaluationPeriods"),
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"EvaluationPeriods": 1441}, "more than a day"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "more than 7 days"),
        ({"ComparisonOperator": "Above"}, "must be one of"),
        ({"Threshold": None}, "Either Threshold or ThresholdMetricId"),
        ({"Statistic": None}, "Exactly one of Statistic and ExtendedStatistic"),
        ({"Statistic": "Middle"}, "is not a CloudWatch statistic"),
        ({"TreatMissingData": "hide"}, "must be one of"),
        ({"MetricName": None}, "Exactly one of MetricName with Namespace, or Metrics"),
        ({"EvaluationWindow": {"WallClockWindow": {"Timezone": "Mars/Base"}}}, "neither an IANA time zone"),
        ({"Period": 120, "EvaluationWindow": {"WallClockWindow": {}}}, "60, 300, 3600, 86400, 604800"),
        (queries("m1 +"), "expected a number, an id, a function"),
        (queries("m1", e1={"ReturnData": False}), "exactly one metric must have ReturnData true"),
        (queries("ANOMALY_DETECTION_BAND(m1)", ThresholdMetricId="ad1", Threshold=None), "is not among the metrics"),
        (queries("m1", MetricName="Errors", Namespace="X"), "cannot be used together with Metrics"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_service_refuses(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        alarm(**fields)


def test_refusals_of_properties_are_alarm_errors() -> None:
    with pytest.raises(AlarmError):
        alarm(EvaluationPeriods=None)


def test_dynamodb_alarms_ignore_missing_data_unless_told_otherwise() -> None:
    assert alarm(Namespace="AWS/DynamoDB").missing == "ignore"
    assert alarm(Namespace="AWS/DynamoDB", TreatMissingData="missing").missing == "missing"
    assert alarm().missing == "missing"
