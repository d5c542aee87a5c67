"""Metrics Insights: the queries of "Query components and syntax" over a small account, and alarms with contributors."""

from __future__ import annotations

from typing import Any

import pytest

from pipewarden_cli.evaluator.alarm import AlarmError, read_alarm
from pipewarden_cli.evaluator.calculation import Calculation
from pipewarden_cli.evaluator.contributors import contributor_id, evaluate_contributors
from pipewarden_cli.evaluator.evaluation import State, evaluate
from pipewarden_cli.evaluator.expression_tree import ExpressionError
from pipewarden_cli.evaluator.insights import calculate, parse_insights
from pipewarden_cli.evaluator.query import Metric, MetricDataQuery, RecordedMetrics
from pipewarden_cli.evaluator.samples import Grid
from pipewarden_cli.evaluator.wording import contributor_reason, together_reason

# 2025-12-01 13:33:00 UTC.
START = 1764595980
NOW = START + 170.0
BALANCERS = 'SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, AvailabilityZone)'
ONE = "app/load-balancer-1"


def account() -> RecordedMetrics:
    """Requests by load balancer and zone, by load balancer, and without dimensions; CPU by instance and by type."""
    source = RecordedMetrics()
    rows: list[tuple[str, str, dict[str, str], list[float]]] = [
        ("AWS/ApplicationELB", "RequestCount", {"LoadBalancer": ONE, "AvailabilityZone": "a"}, [1, 2]),
        ("AWS/ApplicationELB", "RequestCount", {"LoadBalancer": ONE, "AvailabilityZone": "b"}, [30, 1]),
        ("AWS/ApplicationELB", "RequestCount", {"LoadBalancer": "app/load-balancer-2", "AvailabilityZone": "a"}, [5]),
        ("AWS/ApplicationELB", "RequestCount", {"LoadBalancer": ONE}, [1000]),
        ("AWS/EC2", "CPUUtilization", {}, [50]),
        ("AWS/EC2", "CPUUtilization", {"InstanceId": "i-1"}, [10, 20]),
        ("AWS/EC2", "CPUUtilization", {"InstanceId": "i-2"}, [90]),
        ("AWS/EC2", "CPUUtilization", {"InstanceType": "c3.4xlarge"}, [70]),
        ("AWS/EC2", "My.Metric", {"AutoScalingGroupName": "my-production-fleet"}, [3]),
        ("App", 'Bytes"Input"', {}, [8]),
        ("App", "LIMIT", {}, [9]),
    ]
    for namespace, name, dimensions, values in rows:
        for number, value in enumerate(values):
            source.record(Metric.of(namespace, name, dimensions), START + 60 * number, value)
    return source


def answer(text: str) -> dict[str, list[float | None]]:
    found = calculate(parse_insights(text), account(), Grid.regular(START, 60, 2))
    return {"/".join(value for _, value in group): values for group, values in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('SELECT AVG(CPUUtilization) FROM "AWS/EC2"', {"": [55, 20]}, id="whatever the dimensions"),
        pytest.param('SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2")', {"": [50, None]}, id="no dimensions"),
        pytest.param(
            'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)', {"": [50, 20]}, id="exactly one dimension"
        ),
        pytest.param(BALANCERS, {"": [36, 3]}, id="two dimensions"),
        pytest.param(
            BALANCERS.replace("LoadBalancer, Av", "Av").replace("Zone)", "Zone, LoadBalancer)"),
            {"": [36, 3]},
            id="their order does not matter",
        ),
        pytest.param(f"{BALANCERS} WHERE LoadBalancer = '{ONE}'", {"": [31, 3]}, id="where"),
        pytest.param(
            f"{BALANCERS} WHERE LoadBalancer = '{ONE}' AND AvailabilityZone != 'b'", {"": [1, 2]}, id="where, twice"
        ),
        pytest.param(
            "SELECT MAX(CPUUtilization) FROM \"AWS/EC2\" WHERE InstanceType != 'c3.4xlarge'",
            {"": [90, 20]},
            id="not equal: also where the label is missing",
        ),
        pytest.param(
            f"{BALANCERS} WHERE LoadBalancer = '{ONE}' GROUP BY AvailabilityZone",
            {"a": [1, 2], "b": [30, 1]},
            id="group by",
        ),
        pytest.param(
            f"{BALANCERS} GROUP BY LoadBalancer, AvailabilityZone",
            {f"{ONE}/a": [1, 2], f"{ONE}/b": [30, 1], "app/load-balancer-2/a": [5, None]},
            id="group by two",
        ),
        pytest.param(
            'SELECT SUM(CPUUtilization) FROM "AWS/EC2" GROUP BY InstanceId',
            {"Other": [120, None], "i-1": [10, 20], "i-2": [90, None]},
            id="a missing label is Other",
        ),
        pytest.param(
            'SELECT SUM("My.Metric") FROM "AWS/EC2" WHERE AutoScalingGroupName = \'my-production-fleet\'',
            {"": [3, None]},
            id="a name with a dot in quotation marks",
        ),
        pytest.param('SELECT AVG("Bytes\\"Input\\"") FROM App', {"": [8, None]}, id="escaped quotation marks"),
        pytest.param('SELECT AVG("LIMIT") FROM App', {"": [9, None]}, id="a keyword in quotation marks"),
        pytest.param('select count(CPUUtilization) from "AWS/EC2"', {"": [4, 1]}, id="keywords in lower case"),
        pytest.param('SELECT MIN(CPUUtilization) FROM "AWS/EC2"', {"": [10, 20]}, id="minimum"),
        pytest.param('SELECT SUM(cpuutilization) FROM "AWS/EC2"', {"": [None, None]}, id="names keep their case"),
    ],
)
def test_the_documented_queries(text: str, expected: dict[str, list[float | None]]) -> None:
    assert answer(text) == expected


@pytest.mark.parametrize(
    ("clauses", "order"),
    [
        pytest.param("", ["a", "b"], id="by the label"),
        pytest.param("ORDER BY MAX() DESC", ["b", "a"], id="the greatest maximum first"),
        pytest.param("ORDER BY MAX()", ["a", "b"], id="ascending unless said"),
        pytest.param("ORDER BY MIN() ASC", ["a", "b"], id="the least minimum first"),
        pytest.param("ORDER BY SUM() DESC LIMIT 1", ["b"], id="the first of them"),
    ],
)
def test_order_and_limit(clauses: str, order: list[str]) -> None:
    assert list(answer(f"{BALANCERS} WHERE LoadBalancer = '{ONE}' GROUP BY AvailabilityZone {clauses}")) == order


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT p99(A) FROM B", "expected one of AVG, COUNT, MAX, MIN, SUM"),
        ("SELECT AVG(A) FROM AWS/EC2", "cannot read the query"),
        ("SELECT AVG(My.Metric) FROM B", "in double quotation marks"),
        ("SELECT AVG(LIMIT) FROM B", "in double quotation marks"),
        ("SELECT AVG(A) FROM B WHERE C = 'd' OR C = 'e'", "expected nothing more"),
        ('SELECT AVG(A) FROM B WHERE C = "d"', "a value in single quotation marks"),
        ("SELECT AVG(A) FROM B WHERE tag.env = 'prod'", "tag.env is no dimension"),
        ("SELECT AVG(A) FROM B GROUP BY AWS.AccountId", "AWS.AccountId is no dimension"),
        ("SELECT AVG(A) FROM B WHERE C LIKE 'd'", "expected '!='"),
        ("SELECT AVG(A) FROM B GROUP C", "expected BY"),
        ("SELECT AVG(A) FROM B LIMIT 501", "a number from 1 to 500"),
        ("SELECT AVG(A) FROM SCHEMA()", "expected a namespace"),
        ("SELECT AVG(A", "expected ')'"),
    ],
)
def test_what_is_no_query(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse_insights(text)
    assert message in str(refused.value)


def test_a_query_of_get_metric_data_and_math_over_it() -> None:
    text = f"{BALANCERS} WHERE LoadBalancer = '{ONE}' GROUP BY AvailabilityZone"
    queries = [MetricDataQuery("q", expression=text, label="requests"), MetricDataQuery("e", expression="SUM(q)")]
    calculation = Calculation(queries, account(), Grid.regular(START, 60, 2))
    assert [one.label for one in calculation.result("q")] == ["requests a", "requests b"]
    assert [one.values for one in calculation.result("e")] == [[31, 3]]


QUERY = "SELECT SUM(RunsFailed) FROM SCHEMA(Pipewarden, Pipeline) GROUP BY Pipeline ORDER BY MAX() DESC"


def alarm(**changed: Any) -> Any:
    fields: dict[str, Any] = {
        "Metrics": [{"Id": "q", "Expression": QUERY, "Period": 60, "ReturnData": True}],
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    return read_alarm({**fields, **changed})


def fleet(**points: float) -> RecordedMetrics:
    source = RecordedMetrics()
    for pipeline, value in points.items():
        source.record(Metric.of("Pipewarden", "RunsFailed", {"Pipeline": pipeline}), NOW - 20, value)
    return source


@pytest.mark.parametrize(
    ("points", "before", "states", "gone", "state"),
    [
        pytest.param({"a": 1, "b": 0}, {}, {"a": "ALARM", "b": "OK"}, [], "ALARM", id="one of two"),
        pytest.param({"a": 1, "b": 2}, {}, {"a": "ALARM", "b": "ALARM"}, [], "ALARM", id="each by itself"),
        pytest.param({"a": 0, "b": 2}, {"a": "ALARM"}, {"a": "OK", "b": "ALARM"}, [], "ALARM", id="one ends"),
        pytest.param({"b": 0}, {"a": "ALARM"}, {"b": "OK"}, ["a"], "OK", id="one that vanished is OK"),
        pytest.param({}, {"a": "ALARM"}, {}, ["a"], "OK", id="nothing left: as missing data is treated"),
    ],
)
def test_contributors(
    points: dict[str, float], before: dict[str, str], states: dict[str, str], gone: list[str], state: str
) -> None:
    rule = alarm()
    known = {(("Pipeline", name),): State(value) for name, value in before.items()}
    found = evaluate_contributors(rule, rule.insights, fleet(**points), NOW, known, State.OK)
    assert {group[0][1]: verdict.state for group, verdict in found.contributors.items()} == states
    assert [group[0][1] for group in found.gone] == gone
    assert found.state == state


@pytest.mark.parametrize(
    ("missing", "state"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA"), ("ignore", "OK")],
)
def test_an_empty_result_is_treated_as_missing_data(missing: str, state: str) -> None:
    rule = alarm(TreatMissingData=missing)
    assert evaluate_contributors(rule, rule.insights, fleet(), NOW, {}, State.OK).state == state


def test_a_vanished_series_is_ok_also_where_missing_data_breach() -> None:
    rule, a = alarm(TreatMissingData="breaching"), (("Pipeline", "a"),)
    found = evaluate_contributors(rule, rule.insights, fleet(b=0), NOW, {a: State.ALARM}, State.ALARM)
    assert (found.gone, found.state) == ((a,), State.OK)


def test_the_reason_of_a_contributor_is_the_documentations_sentence() -> None:
    metrics = [{"Id": "q", "Expression": QUERY, "Period": 60, "ReturnData": True}]
    rule = alarm(Metrics=metrics, ComparisonOperator="LessThanThreshold")
    source = RecordedMetrics()
    source.record(Metric.of("Pipewarden", "RunsFailed", {"Pipeline": "a"}), START + 70, 0.0)
    (verdict,) = evaluate_contributors(rule, rule.insights, source, NOW, {}, State.OK).contributors.values()
    assert contributor_reason(rule, verdict) == (
        "Threshold Crossed: 1 datapoint was less than the threshold (1.0). The most recent datapoint which crossed the "
        "threshold: [0.0 (01/12/25 13:34:00)]."
    )
    assert together_reason(6, 6) == "6 out of 6 time series evaluated to ALARM"
    assert len(contributor_id((("Pipeline", "a"),))) == 16


def test_an_alarm_on_a_query_without_groups_has_one_series() -> None:
    text = "SELECT SUM(RunsFailed) FROM SCHEMA(Pipewarden, Pipeline)"
    rule = alarm(Metrics=[{"Id": "q", "Expression": text, "Period": 60, "ReturnData": True}], Threshold=3)
    assert evaluate(rule, fleet(a=1, b=2), NOW, State.OK).state is State.ALARM
    assert evaluate(rule, fleet(a=1, b=1), NOW, State.OK).state is State.OK


def test_three_hours_are_the_most() -> None:
    alarm(EvaluationPeriods=180)
    with pytest.raises(AlarmError, match="3 hours"):
        alarm(EvaluationPeriods=181)
