"""What holds for whatever the evaluator is given."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipewarden_cli.evaluator.alarm import TREATMENTS, read_alarm
from pipewarden_cli.evaluator.calculation import Calculation
from pipewarden_cli.evaluator.composite import parse_rule
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.evaluation import State, evaluate, evaluation_range
from pipewarden_cli.evaluator.expression import parse_expression
from pipewarden_cli.evaluator.functions import CALENDAR, DIFFERENCES, POINTWISE, REDUCERS
from pipewarden_cli.evaluator.mute import read_mute_rule
from pipewarden_cli.evaluator.query import Metric, MetricDataQuery, MetricStat, RecordedMetrics
from pipewarden_cli.evaluator.samples import Grid, Samples
from pipewarden_cli.evaluator.search import parse_search
from pipewarden_cli.evaluator.statistic import aggregate, newest, read_statistic
from pipewarden_cli.evaluator.wording import reason, reason_data

NOW = 1574437410.0
METRIC = Metric.of("N", "m")
FUNCTIONS = sorted([*POINTWISE, *REDUCERS, *CALENDAR, *DIFFERENCES, "IF", "FILL", "METRICS", "SORT", "SLICE", "FIRST"])
PIECES = [*FUNCTIONS, "m1", "m2", "1", "0", "2.5", "(", ")", "[", "]", ",", "+", "-", "*", "/", "^", "<", "==", "AND"]
PIECES += ["||", "REPEAT", "LINEAR", "ASC", "AVG", '"m"', "TIME_SERIES", "PERCENTILE", "RUNNING_SUM", "LAST", "PERIOD"]

points = st.lists(st.tuples(st.floats(NOW - 700, NOW), st.floats(-1e6, 1e6)), max_size=12)


@st.composite
def rules(draw: st.DrawFn) -> Any:
    periods = draw(st.integers(1, 6))
    return read_alarm(
        {
            "Namespace": "N",
            "MetricName": "m",
            "Statistic": draw(st.sampled_from(["Sum", "Average", "Maximum", "SampleCount"])),
            "Period": draw(st.sampled_from([10, 30, 60, 120])),
            "EvaluationPeriods": periods,
            "DatapointsToAlarm": draw(st.none() | st.integers(1, periods)),
            "Threshold": draw(st.floats(-1e3, 1e3)),
            "ComparisonOperator": draw(st.sampled_from(["GreaterThanThreshold", "LessThanOrEqualToThreshold"])),
            "TreatMissingData": draw(st.sampled_from(sorted(TREATMENTS))),
        }
    )


def source_of(found: list[tuple[float, float]]) -> RecordedMetrics:
    source = RecordedMetrics()
    for timestamp, value in found:
        source.record(METRIC, timestamp, value)
    return source


@given(rules(), points, st.sampled_from(State))
def test_the_same_points_give_the_same_verdict_in_any_order(
    rule: Any, found: list[tuple[float, float]], state: State
) -> None:
    once = evaluate(rule, source_of(found), NOW, state)
    again = evaluate(rule, source_of(sorted(found)), NOW, state)
    assert (once.state, once.used, once.filled) == (again.state, again.used, again.filled)
    assert reason(rule, once)
    assert reason_data(rule, once, NOW, {})["period"] == rule.period


@given(rules(), points, st.sampled_from(State), st.floats(0, 1e6), st.floats(-1e6, 1e6))
def test_points_outside_of_the_range_change_nothing(
    rule: Any, found: list[tuple[float, float]], state: State, age: float, value: float
) -> None:
    before = evaluate(rule, source_of(found), NOW, state)
    oldest = evaluation_range(rule, NOW).starts[0]
    after = evaluate(rule, source_of([*found, (oldest - 1 - age, value)]), NOW, state)
    assert (before.state, before.values) == (after.state, after.values)


@given(points, st.sampled_from(["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p90"]), st.integers(1, 8))
def test_the_newest_values_are_the_last_of_all_values(
    found: list[tuple[float, float]], statistic: str, count: int
) -> None:
    samples, grid = Samples.of(found), Grid.regular(int(NOW) - 540, 60, 10)
    every = aggregate(samples, statistic, grid)
    wanted = [i for i, value in enumerate(every) if value is not None][-count:]
    assert newest(samples, statistic, grid, count) == [v if i in wanted else None for i, v in enumerate(every)]


@given(rules(), points, st.sampled_from(State))
def test_as_many_points_are_used_or_filled_as_there_are_evaluation_periods(
    rule: Any, found: list[tuple[float, float]], state: State
) -> None:
    verdict = evaluate(rule, source_of(found), NOW, state)
    assert len(verdict.used) + verdict.filled == rule.evaluation_periods


@given(rules(), points)
def test_an_alarm_never_keeps_a_state_unless_told_to_ignore(rule: Any, found: list[tuple[float, float]]) -> None:
    states = {evaluate(rule, source_of(found), NOW, state).state for state in State}
    assert rule.missing == "ignore" or len(states) == 1


@given(st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.text(max_size=60))
def test_expressions_yield_series_or_an_error_of_ours(text: str) -> None:
    source = source_of([(NOW - 60 * i, float(i)) for i in range(4)])
    stat = MetricStat(METRIC, 60, "Sum")
    queries = [MetricDataQuery("m1", stat), MetricDataQuery("m2", stat), MetricDataQuery("e1", expression=text)]
    grid = Grid.regular(int(NOW) // 60 * 60 - 240, 60, 5)
    try:
        results = Calculation(queries, source, grid).result("e1")
    except EvaluatorError:
        return
    assert all(len(series.values) == len(grid) for series in results)


@given(st.text(max_size=80))
def test_readers_of_text_raise_only_errors_of_ours(text: str) -> None:
    schedule = {"Rule": {"Schedule": {"Expression": text, "Duration": text, "Timezone": text}}}
    for read in (parse_expression, parse_rule, parse_search, read_statistic, lambda _: read_mute_rule(schedule)):
        try:
            read(text)
        except EvaluatorError:
            continue


RULE_PIECES = ["ALARM", "OK", "(", ")", ",", "a", '"b"', "AND", "OR", "NOT", "TRUE", "AT_LEAST", "2", "50%"]


@given(st.lists(st.sampled_from(RULE_PIECES), max_size=20).map(" ".join))
def test_rules_are_read_or_refused(text: str) -> None:
    try:
        parse_rule(text)
    except EvaluatorError:
        return
