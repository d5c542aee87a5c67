"""Metric math over small series: one column per minute, `-` where a series has no point."""

from __future__ import annotations

from typing import Any

import pytest

from pipewarden_cli.evaluator.calculation import Calculation
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.expression import parse_expression
from pipewarden_cli.evaluator.expression_tree import ExpressionError
from pipewarden_cli.evaluator.query import Metric, MetricDataQuery, MetricStat, RecordedMetrics
from pipewarden_cli.evaluator.samples import Grid

# 2019-11-22 15:40:00 UTC, a Friday.
START = 1574437200


def row(text: str) -> list[float | None]:
    return [None if mark == "-" else float(mark) for mark in text.split()]


def calculation(expression: str, columns: int = 5, **series: str) -> Calculation:
    source, queries = RecordedMetrics(), []
    for query_id, text in series.items():
        metric = Metric.of("N", query_id)
        for i, value in enumerate(row(text)):
            if value is not None:
                source.record(metric, START + 60 * i, value)
        queries.append(MetricDataQuery(query_id, MetricStat(metric, 60, "Sum"), return_data=False))
    queries.append(MetricDataQuery("result", expression=expression))
    return Calculation(queries, source, Grid.regular(START, 60, columns))


def calculate(expression: str, **series: str) -> list[list[float | None]]:
    columns = max([5, *(len(text.split()) for text in series.values())])
    return [one.values for one in calculation(expression, columns, **series).result("result")]


M1, M2 = "30 20 0 0 -", "20 - 20 - -"

SINGLE = [
    # Arithmetic: a missing point beside an existing one counts as 0 ("Basic arithmetic functions").
    ("m1 + m2", "50 20 20 0 -"),
    ("m1 - m2", "10 20 -20 0 -"),
    ("m1 * 2", "60 40 0 0 -"),
    ("100 / m1", "3.3333333333333335 5 - - -"),
    ("m1 / m2", "1.5 - 0 - -"),
    ("m2 / m1", "0.6666666666666666 0 - - -"),
    ("-m1 + 1", "-29 -19 1 1 -"),
    ("m1 ^ 2", "900 400 0 0 -"),
    ("2 ^ 3 ^ 2 + 0 * m1", "512 512 512 512 -"),
    ("2 + 3 * m1 - 1", "91 61 1 1 -"),
    ("(2 + 3) * m1", "150 100 0 0 -"),
    ("- - m1", "30 20 0 0 -"),
    # The table of "Comparison and logical operators".
    ("m1 < m2", "0 0 1 0 -"),
    ("m1 >= 30", "1 0 0 0 -"),
    ("m1 > 15 AND m2 > 15", "1 0 0 0 -"),
    ("m1 > 15 && m2 > 15", "1 0 0 0 -"),
    ("m1 > 25 OR m2 > 15", "1 0 1 0 -"),
    ("m1 > 25 || m2 > 15", "1 0 1 0 -"),
    ("m1 == 0", "0 0 1 1 -"),
    ("m1 != 0", "1 1 0 0 -"),
    ("m1 > 10 AND m1 < 25 OR m1 == 0", "0 1 1 1 -"),
    # Pointwise.
    ("ABS(m1 - m2)", "10 20 20 0 -"),
    ("CEIL(m1 / 7)", "5 3 0 0 -"),
    ("FLOOR(m1 / 7)", "4 2 0 0 -"),
    ("LOG10(m1 * 100 / 3)", "3 2.8239087409443187 - - -"),
    ("LOG(m1 / m1)", "0 0 - - -"),
    # Reductions of one series are numbers, over the points that exist.
    ("m1 - AVG(m1)", "17.5 7.5 -12.5 -12.5 -"),
    ("m1 - MIN(m1)", "30 20 0 0 -"),
    ("m1 + MAX(m2)", "50 40 20 20 -"),
    ("m1 / SUM(m1)", "0.6 0.4 0 0 -"),
    ("m1 * 0 + STDDEV(m2)", "0 0 0 0 -"),
    ("SUM(m1) / DATAPOINT_COUNT(m1) + 0 * m1", "12.5 12.5 12.5 12.5 -"),
    ("m1 * 0 + PERCENTILE(m1, 50)", "10 10 10 10 -"),
    # Reductions of arrays are series.
    ("SUM([m1, m2])", "50 20 20 0 -"),
    ("AVG([m1, m2])", "25 10 10 0 -"),
    ("MIN([m1, m2])", "20 20 0 0 -"),
    ("MAX([m1, m2])", "30 20 20 0 -"),
    ("STDDEV([m1, m2])", "5 0 10 0 -"),
    ("PERCENTILE([m1, m2], 50)", "25 20 10 0 -"),
    ("DATAPOINT_COUNT([m1, m2])", "2 1 2 1 -"),
    ("SUM(METRICS()) / METRIC_COUNT(METRICS())", "25 10 10 0 -"),
    ('SUM(METRICS("2"))', "20 - 20 - -"),
    ('SUM([METRICS("1"), METRICS("2")])', "50 20 20 0 -"),
    ("SUM(-[m1, m2])", "-50 -20 -20 0 -"),
    ("SUM(100 / [m1, m2])", "8.333333333333334 5 5 - -"),
    # Filling.
    ("FILL(m2, 7)", "20 7 20 7 7"),
    ("FILL(m2, REPEAT)", "20 20 20 20 20"),
    ("FILL(m2, LINEAR)", "20 20 20 - -"),
    ("FILL(m2, m1)", "20 20 20 0 -"),
    ("FILL(m2, MAX(m1))", "20 30 20 30 30"),
    ("SUM(FILL(METRICS(), 1))", "50 21 20 1 2"),
    # Along time.
    ("RUNNING_SUM(m1)", "30 50 50 50 -"),
    ("DIFF(m2)", "- - 0 - -"),
    ("DIFF(m1)", "- -10 -20 0 -"),
    ("DIFF_TIME(m2)", "- - 120 - -"),
    ("RATE(m1)", "- -0.16666666666666666 -0.3333333333333333 0 -"),
    ("TIME_SERIES(3)", "3 3 3 3 3"),
    ("TIME_SERIES(MAX(m1))", "30 30 30 30 30"),
    ("m1 / PERIOD(m1)", "0.5 0.3333333333333333 0 0 -"),
    ("MINUTE(m1)", "40 41 42 43 44"),
    ("HOUR(m1)", "15 15 15 15 15"),
    ("DAY(m1)", "5 5 5 5 5"),
    ("DATE(m1)", "22 22 22 22 22"),
    ("MONTH(m1)", "11 11 11 11 11"),
    ("YEAR(m1)", "2019 2019 2019 2019 2019"),
    ("EPOCH(m1) - 1574437200", "0 60 120 180 240"),
    ("IF(DAY(m1) < 6, m1)", "30 20 0 0 0"),
    # Arrays.
    ("FIRST(SORT(METRICS(), AVG, DESC))", "20 - 20 - -"),
    ("LAST(SORT(METRICS(), SUM, ASC))", "30 20 0 0 -"),
    ("FIRST(SLICE(SORT([m1, m2], MAX, ASC), 1))", "30 20 0 0 -"),
    ("SUM(SLICE([m1, m2], 0, 1))", "30 20 0 0 -"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), SINGLE, ids=[expression for expression, _ in SINGLE])
def test_expressions_that_yield_one_series(expression: str, expected: str) -> None:
    assert calculate(expression, m1=M1, m2=M2) == [pytest.approx(row(expected))]


IF_TABLES = [
    # The tables of "Using IF expressions".
    ("IF(metric1, metric2, metric3)", "30 0 20 0 -"),
    ("IF(metric1, 5, metric3)", "5 5 20 - -"),
    ("IF(metric1, metric2, 5)", "30 0 5 5 -"),
    ("IF(metric1, metric2)", "30 0 - - -"),
    ("IF(metric1, 1, 0)", "1 1 0 0 -"),
    ("IF(metric1 > 0, metric2, metric3)", "30 0 20 0 -"),
    ("IF(1, metric2, metric3)", "30 - 0 0 30"),
    ("IF(0, metric2, metric3)", "0 0 20 - 20"),
    ("IF(0, metric2)", "- - - - -"),
]


@pytest.mark.parametrize(("expression", "expected"), IF_TABLES, ids=[expression for expression, _ in IF_TABLES])
def test_if_follows_the_documented_tables(expression: str, expected: str) -> None:
    series = {"metric1": "1 1 0 0 -", "metric2": "30 - 0 0 30", "metric3": "0 0 20 - 20"}
    assert calculate(expression, **series) == [row(expected)]


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("METRICS()", 3),
        ("[m1, m2]", 2),
        ("REMOVE_EMPTY(METRICS())", 2),
        ("SLICE(METRICS(), 1)", 2),
        ("SORT(METRICS(), MIN, ASC, 2)", 2),
        ("METRICS() * 2", 3),
        ("ABS(METRICS())", 3),
        ("DIFF([m1, m2, m3])", 3),
    ],
    ids=lambda value: str(value),
)
def test_expressions_that_yield_several_series(expression: str, count: int) -> None:
    assert len(calculate(expression, m1=M1, m2=M2, m3="- - - - -")) == count


def test_expressions_stand_on_other_expressions() -> None:
    chain = calculation("rate * 100", m1="1 2 - - -", m2="10 10 10 - -")
    chain.queries["rate"] = MetricDataQuery("rate", expression="m1 / m2")
    assert [one.values for one in chain.result("result")] == [pytest.approx(row("10 20 0 - -"))]


def test_a_metric_with_a_longer_period_has_points_where_its_own_periods_start() -> None:
    source, metric = RecordedMetrics(), Metric.of("N", "m1")
    for i in range(10):
        source.record(metric, START + 60 * i, 1.0)
    queries = [MetricDataQuery("m1", MetricStat(metric, 300, "Sum"))]
    values = Calculation(queries, source, Grid.regular(START, 60, 10)).result("m1")[0].values
    assert values == [5.0, None, None, None, None, 5.0, None, None, None, None]


@pytest.mark.parametrize(
    ("expression", "message", "position"),
    [
        ("m1 +", "expected a number, an id, a function or '(', found the end", 4),
        ("m1 m2", "expected an operator or the end, found 'm2'", 3),
        ("SUM(m1", "expected ')', found the end", 6),
        ("m1 $ 2", "unexpected '$'", 3),
        ("sum(m1)", "functions are upper case: SUM", 0),
        ("m1 + nope", "there is no metric or expression with the id 'nope'", 5),
        ("1 + NOPE(m1)", "there is no function NOPE", 4),
        ("m1 + REPEAT", "REPEAT is neither a function call nor an id", 5),
        ("IF(m1)", "IF takes 2 to 3 arguments, not 1", 0),
        ("ABS(5) + m1", "ABS takes a time series, not a number", 0),
        ("[m1, 5]", "an array holds time series, not numbers", 0),
        ("METRICS() + METRICS()", "an operator takes at most one array of time series", 10),
        ("1 / 0 + m1", "this has no finite result", 2),
        ("SORT(METRICS(), MEDIAN, ASC)", "SORT takes AVG, MIN, MAX or SUM, then ASC or DESC", 0),
        ("PERIOD(m1 + m1)", "PERIOD takes the id of a metric", 0),
        ("(" * 50 + "m1" + ")" * 50, "nested too deeply", 40),
        ("+".join(["m1"] * 300), "more than 400 terms", None),
        ("'text' + m1", "a string stands only in METRICS", None),
        ("5", "result yields a number, not a time series", None),
        ("result + 1", "refer to each other", None),
        ("", "expected a number, an id, a function or '(', found the end", 0),
        ("SEARCH('{N}', 'Median', 60)", "is not a CloudWatch statistic", None),
        ("SEARCH('', 'Sum', 60)", "a search needs a schema or a term", None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_expressions_say_what_and_where(expression: str, message: str, position: int | None) -> None:
    with pytest.raises(EvaluatorError) as caught:
        calculate(expression, m1=M1)
    assert message in str(caught.value)
    if position is not None:
        assert isinstance(caught.value, ExpressionError)
        assert caught.value.position == position
        assert f"at character {position + 1}" in str(caught.value)


SEARCHED = [
    ("AWS/Lambda", "Errors", {"FunctionName": "crm-load"}),
    ("AWS/Lambda", "Errors", {"FunctionName": "crm-export"}),
    ("AWS/Lambda", "Errors", {}),
    ("AWS/Lambda", "Invocations", {"FunctionName": "crm-load"}),
    ("Custom", "CustomCount1", {"Stage": "prod"}),
    ("AWS/Events", "Retries", {"FunctionName": "crm-export"}),
    ("Custom", "Network-Errors_2", {"Stage": "dev"}),
]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ('{AWS/Lambda,FunctionName} MetricName="Errors"', ["Errors crm-export", "Errors crm-load"]),
        ("{AWS/Lambda,FunctionName} Errors", ["Errors crm-export", "Errors crm-load"]),
        ("{AWS/Lambda} Errors", ["Errors"]),
        ("{AWS/Lambda,FunctionName}", ["Errors crm-export", "Errors crm-load", "Invocations crm-load"]),
        ('{AWS/Lambda,FunctionName} MetricName="Errors" NOT export', ["Errors crm-load"]),
        ("{AWS/Lambda,FunctionName} export OR Invocations", ["Errors crm-export", "Invocations crm-load"]),
        (
            'MetricName="Errors" OR (MetricName="Invocations" AND load)',
            ["Errors", "Errors crm-export", "Errors crm-load", "Invocations crm-load"],
        ),
        ("FunctionName=load", ["Errors crm-load", "Invocations crm-load"]),
        ('FunctionName="load"', []),
        ('FunctionName=("crm-load" OR "x") Errors', ["Errors crm-load"]),
        ("FunctionName=(export OR (load NOT crm)) Errors", ["Errors crm-export"]),
        ("count", ["CustomCount1 prod"]),
        ("COUNT", ["CustomCount1 prod"]),
        ("couNT", []),
        ("CustomCount", ["CustomCount1 prod"]),
        ("Count1", ["CustomCount1 prod"]),
        ("count1", []),
        ("NOT Namespace=AWS", ["CustomCount1 prod", "Network-Errors_2 dev"]),
        ('"Network-Errors_2"', ["Network-Errors_2 dev"]),
        ("Network/Errors", ["Network-Errors_2 dev"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_search_finds_what_the_documentation_says(search: str, found: list[str]) -> None:
    source = RecordedMetrics()
    for namespace, name, dimensions in SEARCHED:
        source.record(Metric.of(namespace, name, dimensions), START, 1.0)
    queries = [MetricDataQuery("s", expression=f"SEARCH('{search}', 'Sum', 60)")]
    assert [one.label for one in Calculation(queries, source, Grid.regular(START, 60, 1)).result("s")] == found


def test_equal_texts_are_parsed_once() -> None:
    assert parse_expression("m1 + m2") is parse_expression("m1 + m2")


def test_queries_are_read_from_their_api_form() -> None:
    fields: dict[str, Any] = {
        "Id": "m1",
        "Label": "Errors",
        "ReturnData": "false",
        "MetricStat": {
            "Metric": {"Namespace": "N", "MetricName": "E", "Dimensions": [{"Name": "B", "Value": "2"}]},
            "Period": "300",
            "Stat": "p99",
            "Unit": "Count",
        },
    }
    expected = MetricStat(Metric("N", "E", (("B", "2"),)), 300, "p99", "Count")
    assert MetricDataQuery.from_api(fields) == MetricDataQuery("m1", expected, None, "Errors", False)
