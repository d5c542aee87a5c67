"""Metric arrays: shorthand, labels, variables put in, and what a widget asks for."""

from typing import Any

import pytest

from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.evaluator.samples import Grid
from pipewarden_cli.preview.label import default_labels, dynamic_label, short_number
from pipewarden_cli.preview.request import AlarmStatus
from pipewarden_cli.preview.shorthand import Line, ShorthandError, expand, read_lines
from pipewarden_cli.preview.substitution import affecting, substitute
from pipewarden_cli.preview.timeframe import timeframe
from pipewarden_cli.preview.unit import unit_of
from pipewarden_cli.preview.variable import Variable
from pipewarden_cli.preview.widgets.metric import read_metric_widget

NOW = 1_773_826_200


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([["N", "M"]], [["N", "M", {}]], id="no dimensions"),
        pytest.param(
            [["N", "M", "D", "1", {"stat": "Sum"}], [".", "O", ".", "."]],
            [["N", "M", "D", "1", {"stat": "Sum"}], ["N", "O", "D", "1", {}]],
            id="a dot repeats the field above, but not how to draw it",
        ),
        pytest.param(
            [["N", "M", "D", "1", "E", "2"], ["...", "3"]],
            [["N", "M", "D", "1", "E", "2", {}], ["N", "M", "D", "1", "E", "3", {}]],
            id="three dots repeat everything but the end",
        ),
        pytest.param(
            [["N", "M", "D", "1", "E", "2"], ["...", "8", ".", "9"]],
            [["N", "M", "D", "1", "E", "2", {}], ["N", "M", "D", "8", "E", "9", {}]],
            id="three dots, then dots",
        ),
        pytest.param(
            [["N", "M", "D", "1"], ["..."], ["...", "2", {"color": "#fff"}]],
            [["N", "M", "D", "1", {}], ["N", "M", "D", "1", {}], ["N", "M", "D", "2", {"color": "#fff"}]],
            id="each row counts from the written-out one above",
        ),
        pytest.param(
            [["N", "M", "D", "1"], [{"expression": "1"}], ["...", "2"]],
            [["N", "M", "D", "1", {}], [{"expression": "1"}], ["N", "M", "D", "2", {}]],
            id="an expression between does not interrupt",
        ),
        pytest.param([["N", "M", "D", 7]], [["N", "M", "D", "7", {}]], id="a number as a value"),
    ],
)
def test_shorthand_is_written_out(rows: list[Any], expected: list[Any]) -> None:
    assert expand(rows) == expected


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param([[".", "M"]], "metric 1 repeats", id="a dot without a row above"),
        pytest.param([["N"]], "needs a namespace, a name", id="only a namespace"),
        pytest.param([["N", "M", "D"]], "pairs of dimensions", id="a dimension without a value"),
        pytest.param([["N", "M"], []], "metric 2 is empty", id="nothing at all"),
        pytest.param(["N"], "metric 1 is empty", id="no array"),
    ],
)
def test_wrong_arrays_are_named(rows: list[Any], words: str) -> None:
    with pytest.raises(ShorthandError, match=words):
        expand(rows)


def test_options_of_a_line_and_defaults_of_its_widget() -> None:
    rows = expand(
        [
            ["N", "M", {"id": "m1", "stat": "p90", "yAxis": "right", "visible": False, "label": ""}],
            [{"expression": "m1"}],
        ]
    )
    first, second = read_lines(rows, {"stat": "Sum", "period": 60, "region": "eu-west-1"})
    assert (first.id, first.stat, first.axis, first.visible, first.label) == ("m1", "p90", 1, False, "")
    assert (second.stat, second.period, second.region, second.expression) == ("Sum", 60, "eu-west-1", "m1")
    assert second.id not in ("", "m1")


def line(name: str, stat: str = "Sum", namespace: str = "N", **dimensions: str) -> Line:
    return Line(id="m", metric=Metric.of(namespace, name, dimensions), stat=stat)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([line("Errors", Q="a")], ["Errors"], id="one metric is its name"),
        pytest.param([line("Errors", Q="a"), line("Calls", Q="a")], ["Errors", "Calls"], id="names differ"),
        pytest.param([line("Errors", Q="a"), line("Errors", Q="b")], ["a", "b"], id="values differ"),
        pytest.param([line("D", "p50"), line("D", "p99")], ["p50", "p99"], id="statistics differ"),
        pytest.param(
            [line("E", Q="a"), line("E", Q="b"), line("C", Q="a")], ["a E", "b E", "a C"], id="values and names differ"
        ),
        pytest.param([Line(id="e1", expression="m1/2"), line("E")], ["e1", "E"], id="an expression is its id"),
        pytest.param([Line(id="line1", expression="m1/2")], ["m1/2"], id="or itself where it has none"),
    ],
)
def test_lines_without_a_label(lines: list[Line], expected: list[str]) -> None:
    assert default_labels(lines) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("${LAST}", "4"),
        ("max ${MAX} min ${MIN}", "max 9 min 2"),
        ("${AVG} of ${SUM}", "5 of 15"),
        ("${FIRST} ${DATAPOINT_COUNT}", "2 3"),
        ("${MAX_TIME}", "1970-01-01 00:01"),
        ("${LAST_TIME_RELATIVE}", "2m ago"),
        ("${LABEL}!", "own!"),
        ("${PROP('MetricName')} ${PROP('Dim.Q')} ${PROP('Stat')} ${PROP('Period')}", "Errors a Sum 60"),
        ("${UNKNOWN} ${}", "${UNKNOWN} ${}"),
    ],
)
def test_dynamic_labels(template: str, expected: str) -> None:
    grid = Grid.regular(0, 60, 5)
    assert dynamic_label(template, line("Errors", Q="a"), "own", [2.0, 9.0, None, 4.0, None], grid) == expected


def test_a_dynamic_label_without_data_says_so() -> None:
    assert dynamic_label("${LAST} ${MAX_TIME}", line("E"), "own", [None], Grid.regular(0, 60, 1)) == "-- --"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.25, "0.25"),
        (12.0, "12"),
        (1234.0, "1,234"),
        (45_678.0, "45.68K"),
        (2.5e9, "2.5G"),
        (99.95, "100"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("metric", "stat", "unit"),
    [
        (Metric.of("AWS/Lambda", "Duration"), "p90", "Milliseconds"),
        (Metric.of("AWS/SQS", "ApproximateAgeOfOldestMessage"), "Maximum", "Seconds"),
        (Metric.of("AWS/Lambda", "Duration"), "SampleCount", "Count"),
        (Metric.of("Mine", "QueueSeconds"), "Sum", "Seconds"),
        (Metric.of("Mine", "Whatever"), "Sum", ""),
    ],
)
def test_units(metric: Metric, stat: str, unit: str) -> None:
    assert unit_of(metric, stat) == unit


def variable(kind: Any, target: str) -> Variable:
    return Variable(id="v", kind=kind, target=target, input="select", label="V")


@pytest.mark.parametrize(
    ("kind", "target", "before", "after"),
    [
        pytest.param("property", "region", {"region": "a"}, {"region": "B"}, id="a property"),
        pytest.param(
            "property", "region", {"metrics": [["N", "M", {"region": "a"}]]},
            {"metrics": [["N", "M", {"region": "B"}]]}, id="a property of a line",
        ),
        pytest.param("property", "period", {"period": 60}, {"period": "B"}, id="a number takes a word when it must"),
        pytest.param(
            "property", "Q", {"metrics": [["N", "M", "Q", "a"], ["...", "."]]},
            {"metrics": [["N", "M", "Q", "B", {}], ["N", "M", "Q", "B", {}]]}, id="a dimension, also in shorthand",
        ),
        pytest.param(
            "property", "Q", {"metrics": [["Q", "Q", "D", "Q"]]}, {"metrics": [["Q", "Q", "D", "Q", {}]]},
            id="but not a namespace, a name or a value of that word",
        ),
        pytest.param(
            "property", "Q", {"metrics": [[{"expression": "SEARCH('{N,Q} Q=old M', 'Sum')"}]]},
            {"metrics": [[{"expression": "SEARCH('{N,Q} Q=\"B\" M', 'Sum')"}]]}, id="a dimension in a search",
        ),
        pytest.param("pattern", "dev", {"title": "dev dev"}, {"title": "B B"}, id="a text wherever it stands"),
        pytest.param("pattern", "de+v", {"title": "deeev"}, {"title": "B"}, id="a regular expression"),
        pytest.param("pattern", "${x}", {"title": "a ${x}"}, {"title": "a B"}, id="signs of expressions as text"),
        pytest.param("pattern", "(", {"title": "a ( b"}, {"title": "a B b"}, id="not even a valid expression"),
        pytest.param("pattern", "(", {"title": "plain"}, {"title": "plain"}, id="which may not occur"),
        pytest.param("pattern", "dev", {"a": [{"b": "dev"}], "c": 3}, {"a": [{"b": "B"}], "c": 3}, id="deep inside"),
    ],
)  # fmt: skip
def test_variables_replace(kind: Any, target: str, before: Any, after: Any) -> None:
    assert substitute(before, [(variable(kind, target), "B")]) == after


def test_which_variables_change_a_widget() -> None:
    first, second = variable("property", "region"), variable("pattern", "dev")
    assert affecting({"region": "a", "title": "x"}, [first, second]) == (first,)
    assert affecting({"title": "dev"}, [first, second]) == (second,)
    assert affecting({"markdown": "x"}, [first, second]) == ()


FRAME = timeframe("-P1D", "", NOW)


def test_a_widget_asks_for_its_metrics_in_the_dashboards_period() -> None:
    widget = read_metric_widget({"metrics": [["N", "M", {"period": 60}], ["N", "O", {"period": 3600}]]}, FRAME)
    assert widget.request.period == 300
    assert [query.metric_stat.period for query in widget.request.queries if query.metric_stat] == [300, 3600]


def test_one_value_over_the_whole_time() -> None:
    properties = {"view": "pie", "setPeriodToTimeRange": True, "metrics": [["N", "M"]]}
    widget = read_metric_widget(properties, FRAME)
    assert widget.whole
    assert len(widget.whole.grid) == 1
    assert read_metric_widget({**properties, "view": "timeSeries"}, FRAME).whole is None


def test_a_graph_of_an_alarm_shows_what_it_judges() -> None:
    fields = {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 300, "Threshold": 3.0}
    widget = read_metric_widget({}, FRAME, [AlarmStatus("a", "OK", fields=fields)])
    assert [entry.metric for entry in widget.lines] == [Metric.of("N", "M")]


def test_a_widgets_own_time() -> None:
    widget = read_metric_widget({"start": "-PT3H", "metrics": [["N", "M"]]}, FRAME)
    assert widget.request.end - widget.request.start == 3 * 3600
    assert widget.request.period == 60
