"""Alarms over expressions: what is deployed is what the evaluator, and so the embedded AWS, judges."""

from collections.abc import Callable
from typing import Any

import pytest

from pipewarden_cdk.rendering.alarms import render_alarms
from pipewarden_cli.evaluator.alarm import read_alarm
from pipewarden_cli.evaluator.evaluation import State, evaluate
from pipewarden_cli.evaluator.query import Metric, RecordedMetrics
from pipewarden_cli.preview.shorthand import expand
from pipewarden_plan.can_fire.metric_rules import QUOTED, WORD
from pipewarden_plan.colour import coloured
from pipewarden_plan.model import AlarmOverride
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan

NOW = 1_800_000_000.0


@pytest.fixture
def alarms(planned: Callable[..., Plan], declare: Any) -> dict[str, AlarmPlan]:
    rate = declare["resource"](
        "rate",
        "metric",
        namespace="AWS/Lambda",
        metric="Errors",
        dimensions={"FunctionName": "f"},
        statistic="Sum",
        period=300,
        expression="100 * m / calls + 0 * usual",
        metrics={"calls": {"metric": "Invocations"}, "usual": {"metric": "N", "namespace": "Own", "dimensions": {}}},
        expect={"max": 5, "anomaly": True},
        emitted=True,
    )
    plan = planned(declare["pipeline"]("calls", rate))
    return {alarm.key: alarm for team in plan.teams for alarm in team.alarms}


def rendered(plan: Plan, alarm: AlarmPlan) -> dict[str, Any]:
    (row,) = render_alarms([alarm], plan.settings.names).values()
    properties: dict[str, Any] = row["Properties"]
    return properties


def test_further_metrics_take_from_the_first_what_they_leave_out(alarms: dict[str, AlarmPlan]) -> None:
    inputs = alarms["rate.max"].inputs
    calls, usual = inputs["calls"], inputs["usual"]
    assert (calls.namespace, calls.name, dict(calls.dimensions)) == ("AWS/Lambda", "Invocations", {"FunctionName": "f"})
    assert (usual.namespace, usual.name, dict(usual.dimensions), usual.statistic) == ("Own", "N", {}, "Sum")


def test_one_expression_is_judged_and_every_period_is_the_alarms(plan: Plan, alarms: dict[str, AlarmPlan]) -> None:
    metrics = rendered(plan, alarms["rate.max"])["Metrics"]
    assert [row["Id"] for row in metrics if row["ReturnData"]] == ["e"]
    assert {row["MetricStat"]["Period"] for row in metrics if "MetricStat" in row} == {300}
    assert "Period" not in rendered(plan, alarms["rate.max"])


@pytest.mark.parametrize(
    ("errors", "expected"),
    [pytest.param(6.0, State.ALARM, id="six of a hundred"), pytest.param(5.0, State.OK, id="five of a hundred")],
)
def test_the_expression_is_what_is_compared(
    plan: Plan, alarms: dict[str, AlarmPlan], errors: float, expected: State
) -> None:
    source = RecordedMetrics()
    source.record(Metric.of("AWS/Lambda", "Errors", {"FunctionName": "f"}), timestamp=NOW - 1, value=errors)
    source.record(Metric.of("AWS/Lambda", "Invocations", {"FunctionName": "f"}), timestamp=NOW - 1, value=100.0)
    source.record(Metric.of("Own", "N"), timestamp=NOW - 1, value=1.0)
    rule = read_alarm(rendered(plan, alarms["rate.max"]))
    assert evaluate(rule, source, now=NOW, state=State.OK).state == expected


def graph_of(plan: Plan, title: str) -> dict[str, Any]:
    widgets = [widget["properties"] for widget in plan.teams[0].dashboards[0].body["widgets"]]
    found = [widget for widget in widgets if widget.get("title") == title]
    assert len(found) == 1, [widget.get("title") for widget in widgets]
    return dict(found[0])


def test_the_dashboard_draws_the_expression_with_its_limit_and_its_band(
    planned: Callable[..., Plan], declare: Any
) -> None:
    rate = declare["resource"](
        "rate",
        "metric",
        namespace="Own",
        metric="Failed",
        dimensions={"Of": "import"},
        statistic="Sum",
        period=3600,
        expression="100 * m / all",
        metrics={"all": {"metric": "Rows"}},
        expect={"max": 5, "anomaly": True},
    )
    drawn = graph_of(planned(declare["pipeline"]("calls", rate)), "rate: max, anomaly")
    assert expand(drawn["metrics"]) == [
        ["Own", "Failed", "Of", "import", {"id": "m", "stat": "Sum", "visible": False}],
        ["Own", "Rows", "Of", "import", {"id": "all", "stat": "Sum", "visible": False}],
        [{"expression": "100 * m / all", "id": "e", "label": "100 * m / all"}],
        [{"expression": "ANOMALY_DETECTION_BAND(e, 2)", "label": "expected", **coloured("expected")}],
    ]
    assert drawn["annotations"]["horizontal"] == [{"label": "max > 5", "value": 5, **coloured("limit")}]
    assert drawn["period"] == 3600
    assert "min" not in drawn["yAxis"]["left"]


@pytest.mark.parametrize(
    ("type_", "fields", "title", "limit"),
    [
        ("lambda", {"function": "f", "expect": {"error_rate": 5}}, "it: error rate", "error-rate > 5"),
        ("sqs", {"queue": "q", "expect": {"growth": 100}}, "it: growth", "growth > 100"),
        ("s3-bucket", {"bucket": "b", "expect": {"growth_gb": 2}}, "it: growth", "growth > 2e+09"),
    ],
    ids=["a rate", "growth of a queue", "growth of a bucket"],
)
def test_what_a_technology_calculates_is_drawn_too(
    planned: Callable[..., Plan], declare: Any, type_: str, fields: dict[str, Any], title: str, limit: str
) -> None:
    plan = planned(declare["pipeline"]("p", declare["resource"]("it", type_, **fields)))
    assert [line["label"] for line in graph_of(plan, title)["annotations"]["horizontal"]] == [limit]


def test_an_alarm_that_is_switched_off_is_not_drawn(planned: Callable[..., Plan], declare: Any) -> None:
    it = declare["resource"]("it", "lambda", function="f", expect={"error_rate": 5})
    plan = planned(declare["pipeline"]("p", it, alarms={"it.error-rate": AlarmOverride(enabled=False)}))
    titles = [widget["properties"].get("title") for widget in plan.teams[0].dashboards[0].body["widgets"]]
    assert "it: error rate" not in titles


def test_a_band_is_learnt_from_the_expression(plan: Plan, alarms: dict[str, AlarmPlan]) -> None:
    properties = rendered(plan, alarms["rate.anomaly"])
    assert properties["ThresholdMetricId"] == "band"
    expressions = {row["Id"]: row["Expression"] for row in properties["Metrics"] if "Expression" in row}
    assert expressions["band"] == "ANOMALY_DETECTION_BAND(e, 2)"
    read_alarm(properties)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("100 * m / calls", {"m", "calls"}, id="ids"),
        pytest.param("IF(m > 1e3, FILL(calls_2, 0))", {"m", "calls_2"}, id="functions and numbers are no ids"),
        pytest.param("SUM(METRICS('calls')) / m", {"m"}, id="texts are no ids"),
        pytest.param("m1+m2", {"m1", "m2"}, id="without blanks"),
    ],
)
def test_the_ids_of_an_expression(expression: str, expected: set[str]) -> None:
    assert set(WORD.findall(QUOTED.sub("", expression))) == expected
