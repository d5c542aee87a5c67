"""From properties and data to what the page draws."""

from collections.abc import Sequence
from typing import Any

import pytest

from pipewarden_cli.evaluator.series import Series
from pipewarden_cli.preview.body import read_dashboard
from pipewarden_cli.preview.drawing import Scene, draw
from pipewarden_cli.preview.render import MOST_CHOICES, draw_dashboards
from pipewarden_cli.preview.request import AlarmStatus, LogAnswer, LogRequest, MetricAnswer, MetricRequest
from pipewarden_cli.preview.samples.answers import SampleAnswers
from pipewarden_cli.preview.samples.world import World
from pipewarden_cli.preview.timeframe import timeframe

NOW = 1_773_826_200
FRAME = timeframe("-PT3H", "", NOW)
COUNT = (FRAME.end - FRAME.start) // FRAME.period


class Told:
    """A source that answers what the test tells it: `values` are repeated over the grid."""

    def __init__(self, values: Sequence[float | None] = (1.0, 2.0), logs: LogAnswer | None = None) -> None:
        self.values = values
        self.rows = logs or LogAnswer()

    def prepare(self, metrics: Any, alarms: Any, logs: Any = ()) -> None: ...

    def metric(self, request: MetricRequest) -> MetricAnswer:
        count = len(request.grid)
        values = [self.values[at % len(self.values)] for at in range(count)]
        if count == 1:
            values = [99.0]
        series: dict[str, list[Series]] = {query.id: [Series(query.id, values)] for query in request.queries}
        for query in request.queries:
            if "BAND" in (query.expression or ""):
                series[query.id] = [Series("lower", [0.5] * count), Series("upper", [3.5] * count)]
            if "SEARCH" in (query.expression or ""):
                series[query.id] = [Series("a", values), Series("b", values)]
        return MetricAnswer(series)

    def alarms(self, arns: Sequence[str]) -> Sequence[AlarmStatus]:
        states = {"r": "ALARM", "g": "OK", "n": "INSUFFICIENT_DATA"}
        found = [arn.rpartition(":")[2] for arn in arns]
        return [
            AlarmStatus(name, states[name[0]], NOW - 600, "because", {"Threshold": 5.0, "ComparisonOperator": "x"})
            for name in found
            if name[0] in states
        ]

    def logs(self, request: LogRequest) -> LogAnswer:
        return self.rows

    def search(self, text: str, region: str) -> Sequence[Any]:
        return []


def drawn(kind: str, properties: dict[str, Any], source: Told | None = None) -> dict[str, Any]:
    return draw(kind, properties, Scene(FRAME, source or Told(), {"ops": "#dashboard-1"}, FRAME.end))


METRICS = [["N", "M", "Q", "a"], ["...", "b"]]


def test_lines_have_labels_colours_axes_and_all_their_points() -> None:
    metrics = [["N", "M", "Q", "a"], ["...", "b", {"yAxis": "right", "color": "#123456", "label": "B"}]]
    contents = drawn("metric", {"title": "T", "metrics": metrics, "yAxis": {"left": {"min": 0, "label": "Count"}}})
    assert contents["kind"] == "lines"
    assert [(row["label"], row["color"], row["axis"]) for row in contents["series"]] == [
        ("a", "#1f77b4", 0),
        ("B", "#123456", 1),
    ]
    assert [len(row["values"]) for row in contents["series"]] == [COUNT, COUNT]
    assert contents["axes"] == [
        {"min": 0.0, "max": None, "label": "Count"},
        {"min": None, "max": None, "label": ""},
    ]


@pytest.mark.parametrize(
    ("axis", "label"),
    [
        pytest.param({}, "Milliseconds", id="the metric's unit"),
        pytest.param({"label": "wait"}, "wait", id="the widget's own label"),
        pytest.param({"showUnits": False}, "", id="none where units are off"),
    ],
)
def test_the_name_of_an_axis(axis: dict[str, Any], label: str) -> None:
    contents = drawn("metric", {"metrics": [["AWS/Lambda", "Duration"]], "yAxis": {"left": axis}})
    assert contents["axes"][0]["label"] == label


def test_a_band_is_no_line() -> None:
    metrics = [
        ["N", "M", {"id": "m1"}],
        [{"expression": "ANOMALY_DETECTION_BAND(m1, 2)", "id": "b1", "label": "usual"}],
    ]
    contents = drawn("metric", {"metrics": metrics})
    assert [row["label"] for row in contents["series"]] == ["M"]
    assert [(row["label"], row["values"][0], row["upper"][0]) for row in contents["bands"]] == [("usual", 0.5, 3.5)]


def test_what_is_not_visible_is_not_drawn() -> None:
    metrics = [["N", "M", {"id": "m1", "visible": False}], [{"expression": "m1 * 2", "id": "e1"}]]
    assert [row["label"] for row in drawn("metric", {"metrics": metrics})["series"]] == ["e1"]


def test_every_series_of_a_search_has_a_colour_of_its_own() -> None:
    contents = drawn("metric", {"metrics": [[{"expression": "SEARCH('{N,Q} M', 'Sum')", "label": ""}]]})
    assert [(row["label"], row["color"]) for row in contents["series"]] == [("a", "#1f77b4"), ("b", "#ff7f0e")]


def test_annotations() -> None:
    annotations = {
        "horizontal": [
            {"label": "high", "value": 9, "fill": "above", "color": "#ff0000"},
            [{"label": "from", "value": 1}, {"label": "to", "value": 2}],
            {"label": "unseen", "value": 3, "visible": False},
            {"label": "no value"},
            {"value": 4, "yAxis": "right"},
        ],
        "vertical": [
            {"label": "deploy", "value": "2026-03-18T08:00:00Z"},
            [{"value": "2026-03-18T08:00:00Z"}, {"value": "2026-03-18T09:00:00Z"}],
            {"value": "noon"},
        ],
        "alarms": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:red"],
    }
    contents = drawn("metric", {"metrics": METRICS, "annotations": annotations})
    assert [(mark["label"], mark["value"], mark["to"], mark["fill"], mark["axis"]) for mark in contents["marks"]] == [
        ("high", 9.0, None, "above", 0),
        ("from – to", 1.0, 2.0, "", 0),
        ("", 4.0, None, "", 1),
        ("red: ALARM", 5.0, None, "", 0),
    ]
    assert [(span["label"], span["to"] and span["to"] - span["from"]) for span in contents["spans"]] == [
        ("deploy", None),
        ("", 3600),
    ]
    assert len(contents["axes"]) == 2


@pytest.mark.parametrize(
    ("properties", "values"),
    [
        pytest.param({}, ["2", "2"], id="the newest point"),
        pytest.param({"setPeriodToTimeRange": True}, ["99", "99"], id="or one over the whole time"),
    ],
)
def test_single_values(properties: dict[str, Any], values: list[str]) -> None:
    contents = drawn("metric", {"view": "singleValue", "metrics": METRICS, **properties})
    assert [item["text"] for item in contents["items"]] == values
    assert all(item["line"] == [] for item in contents["items"])


def test_single_values_with_lines_units_and_gaps() -> None:
    properties = {"view": "singleValue", "sparkline": True, "metrics": [["AWS/Lambda", "Duration"]]}
    [item] = drawn("metric", properties)["items"]
    assert (item["unit"], len(item["line"])) == ("ms", COUNT)
    [item] = drawn("metric", properties, Told([None]))["items"]
    assert (item["text"], item["unit"]) == ("--", "")


def test_full_precision() -> None:
    properties = {"view": "singleValue", "singleValueFullPrecision": True, "metrics": [["N", "M"]]}
    assert drawn("metric", properties, Told([123456.789]))["items"][0]["text"] == "123,456.789"


def test_a_gauge_has_bounds_and_zones() -> None:
    properties = {
        "view": "gauge",
        "metrics": [["N", "M"]],
        "yAxis": {"left": {"min": 10, "max": 60}},
        "annotations": {"horizontal": [{"value": 50, "fill": "above", "color": "#f00"}]},
    }
    contents = drawn("metric", properties)
    assert (contents["min"], contents["max"], contents["items"][0]["value"]) == (10.0, 60.0, 2)
    assert [(mark["value"], mark["fill"]) for mark in contents["marks"]] == [(50.0, "above")]


@pytest.mark.parametrize("view", ["bar", "pie"])
def test_shares(view: str) -> None:
    contents = drawn("metric", {"view": view, "metrics": METRICS})
    assert (contents["kind"], [(item["label"], item["value"]) for item in contents["items"]]) == (
        view,
        [("a", 2), ("b", 2)],
    )


def test_a_table_has_summaries_then_the_newest_points() -> None:
    properties = {"view": "table", "metrics": METRICS, "table": {"summaryColumns": ["AVG", "MAX", "NONSENSE"]}}
    contents = drawn("metric", properties)
    assert contents["columns"][:4] == ["Metric", "Average", "Max", "03-18 09:29"]
    assert contents["rows"][0][:4] == ["a", "1.5", "2", "2"]
    short = drawn("metric", {**properties, "table": {"showTimeSeriesData": False}})
    assert short["columns"] == ["Metric", "Min", "Max", "Sum", "Average"]


@pytest.mark.parametrize(
    ("kind", "properties", "heading"),
    [
        pytest.param("metric", {"metrics": []}, "No metrics", id="no metrics"),
        pytest.param("metric", {"metrics": "CPU"}, "No metrics", id="metrics that are no array"),
        pytest.param("metric", {"metrics": [["N"]]}, "These metrics cannot be read", id="half a metric"),
        pytest.param("alarm", {}, "No alarms", id="no alarms"),
        pytest.param("explorer", {}, "Metrics explorer: not drawn in the preview", id="an explorer"),
        pytest.param("custom", {}, "Custom widget: not drawn in the preview", id="a custom widget"),
        pytest.param("globe", {"spin": 1}, "The preview does not draw widgets of type globe", id="an unknown type"),
    ],
)
def test_what_cannot_be_drawn_is_a_card_that_says_so(kind: str, properties: dict[str, Any], heading: str) -> None:
    contents = drawn(kind, properties)
    assert (contents["kind"], contents["heading"]) == ("note", heading)


def test_unknown_properties_and_views_are_noted() -> None:
    contents = drawn("metric", {"metrics": METRICS, "view": "radar", "spin": 1})
    assert contents["kind"] == "lines"
    assert contents["notes"] == [
        "Not supported by the preview: spin.",
        "The view radar is not known; it is drawn as lines over time.",
    ]


def test_alarm_tiles_come_worst_first_and_missing_ones_are_named() -> None:
    arns = [f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}" for name in ("green", "none", "red", "x-gone")]
    contents = drawn("alarm", {"alarms": arns})
    assert [(tile["name"], tile["state"]) for tile in contents["tiles"]] == [
        ("red", "ALARM"),
        ("none", "INSUFFICIENT_DATA"),
        ("green", "OK"),
        ("x-gone", "MISSING"),
    ]
    only = drawn("alarm", {"alarms": arns, "states": ["OK"]})
    assert [tile["name"] for tile in only["tiles"]] == ["green", "x-gone"]


ROWS = LogAnswer(("@timestamp", "lines"), (("2026-03-18 08:00:00.000", "3"), ("2026-03-18 09:00:00.000", "5")))
GROUPED = LogAnswer(("level", "lines"), (("ERROR", "3"), ("INFO", "9")))


@pytest.mark.parametrize(
    ("view", "answer", "kind"),
    [
        pytest.param("table", GROUPED, "table", id="a table"),
        pytest.param("bar", GROUPED, "bar", id="bars"),
        pytest.param("pie", GROUPED, "pie", id="a pie"),
        pytest.param("timeSeries", ROWS, "lines", id="lines"),
        pytest.param("timeSeries", GROUPED, "table", id="rows without a time are a table after all"),
        pytest.param("bar", LogAnswer(("a",), (("x",),)), "table", id="rows without a number are a table after all"),
        pytest.param("map", GROUPED, "table", id="an unknown view is a table"),
        pytest.param("table", LogAnswer(error="refused"), "note", id="an error is said"),
    ],
)
def test_log_widgets(view: str, answer: LogAnswer, kind: str) -> None:
    contents = drawn("log", {"view": view, "query": "fields @message", "title": "L"}, Told(logs=answer))
    assert (contents["kind"], contents["title"]) == (kind, "L")


def test_log_lines_over_time() -> None:
    contents = drawn("log", {"view": "timeSeries", "query": "x"}, Told(logs=ROWS))
    [series] = contents["series"]
    assert series["label"] == "lines"
    assert [value for value in series["values"] if value is not None] == [3, 5]
    assert contents["step"] == 3600


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        pytest.param("<script>x</script>", "&lt;script&gt;", id="HTML is text"),
        pytest.param("[x](javascript:alert(1))", "[x](javascript:alert(1))", id="no other schemes"),
        pytest.param("![x](https://example.com/p.png)", '!<a href="https://example.com/p.png"', id="no images"),
        pytest.param("[o](#dashboards:name=ops)", 'href="#dashboard-1"', id="a link to a dashboard of the page"),
        pytest.param(
            "[o](#dashboards:name=else)",
            'href="https://console.aws.amazon.com/cloudwatch/home#dashboards:name=else"',
            id="a link to another dashboard leads to the console",
        ),
        pytest.param("[button:primary:Go](https://a.example)", 'class="button primary">Go</a>', id="a primary button"),
        pytest.param("[button:Go](https://a.example)", 'class="button">Go</a>', id="a button"),
        pytest.param("| a | b |\n| --- | --- |\n| 1 | 2 |", "<td>1</td>", id="a table"),
        pytest.param("[x](//evil.example)", '<a class="dead">x</a>', id="an address without a scheme leads nowhere"),
    ],
)
def test_text(markdown: str, html: str) -> None:
    assert html in drawn("text", {"markdown": markdown})["html"]


def test_variables_make_variants_of_the_widgets_that_they_change() -> None:
    body = {
        "variables": [
            {"type": "pattern", "pattern": "dev", "id": "s", "values": [{"value": "dev"}, {"value": "prod"}]},
            {"type": "property", "property": "region", "id": "r", "values": ["a", "b"], "defaultValue": "b"},
        ],
        "widgets": [
            {"type": "text", "properties": {"markdown": "dev"}},
            {"type": "metric", "properties": {"title": "dev", "region": "a", "metrics": [["N", "M"]]}},
            {"type": "text", "properties": {"markdown": "x"}},
        ],
    }
    [page] = draw_dashboards([read_dashboard(body, "d")], Told(), NOW)
    assert [(w["varies"], sorted(w["variants"])) for w in page["widgets"]] == [
        (["s"], ["0", "1"]),
        (["s", "r"], ["0.0", "0.1", "1.0", "1.1"]),
        ([], [""]),
    ]
    assert page["widgets"][0]["variants"]["1"]["html"] == "<p>prod</p>\n"
    assert [variable["chosen"] for variable in page["variables"]] == [0, 1]


def test_too_many_values_are_cut_and_said_but_the_default_stays() -> None:
    values = [{"value": f"v{number}"} for number in range(40)]
    variable = {"type": "pattern", "pattern": "v0", "id": "v", "label": "V", "values": values, "defaultValue": "v39"}
    body = {"variables": [variable], "widgets": [{"type": "text", "properties": {"markdown": "v0"}}]}
    [page] = draw_dashboards([read_dashboard(body, "d")], Told(), NOW)
    assert len(page["variables"][0]["choices"]) == MOST_CHOICES
    assert page["variables"][0]["choices"][page["variables"][0]["chosen"]] == ["v39", "v39"]
    assert page["remarks"] == [f"The preview holds {MOST_CHOICES} of the 40 values of V."]


def test_a_variable_that_finds_nothing_leaves_its_widgets_as_they_are() -> None:
    variable = {"type": "property", "property": "Q", "id": "q", "search": "{N,Q} M", "populateFrom": "Q"}
    body = {"variables": [variable], "widgets": [{"type": "metric", "properties": {"metrics": METRICS}}]}
    [page] = draw_dashboards([read_dashboard(body, "d")], Told(), NOW)
    assert page["widgets"][0]["varies"] == []
    assert page["remarks"] == ["The variable Q found no values here; its widgets are shown as they are written."]


def test_the_same_body_gives_the_same_page() -> None:
    body = {"widgets": [{"type": "metric", "properties": {"metrics": METRICS}}]}
    pages = [draw_dashboards([read_dashboard(body, "d")], SampleAnswers(World()), NOW) for _ in range(2)]
    assert pages[0] == pages[1]
