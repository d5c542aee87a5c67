"""Bodies of others: where widgets stand, which time is shown, what is refused and how."""

import json
from typing import Any

import pytest

from pipewarden_cli.errors import CommandError
from pipewarden_cli.preview.body import parse_body, read_dashboard
from pipewarden_cli.preview.placement import Place, place
from pipewarden_cli.preview.timeframe import timeframe

NOW = 1_773_826_200  # 2026-03-18 09:30 UTC
HOUR = 3600


@pytest.mark.parametrize(
    ("widgets", "expected"),
    [
        pytest.param([{}, {}], [(0, 0, 6, 6), (6, 0, 6, 6)], id="without a place they flow, six by six"),
        pytest.param(
            [{"width": 12}, {"width": 12, "height": 3}, {"width": 8}],
            [(0, 0, 12, 6), (12, 0, 12, 3), (0, 6, 8, 6)],
            id="a full row starts the next one below its tallest widget",
        ),
        pytest.param(
            [{"width": 20}, {"width": 6}], [(0, 0, 20, 6), (0, 6, 6, 6)], id="what does not fit beside goes below"
        ),
        pytest.param([{"x": 3, "y": 9, "width": 4, "height": 2}], [(3, 9, 4, 2)], id="its own place"),
        pytest.param(
            [{"x": 0, "y": 0}, {"x": 3, "y": 2}], [(0, 0, 6, 6), (3, 6, 6, 6)], id="what would cover another moves down"
        ),
        pytest.param([{"x": 22, "y": 0, "width": 8}], [(16, 0, 8, 6)], id="what would leave the grid moves left"),
        pytest.param([{"width": 99, "height": -4}], [(0, 0, 24, 1)], id="sizes stay between one and the grid"),
        pytest.param([{"x": "4", "y": "2", "width": "wide"}], [(4, 2, 6, 6)], id="numbers as text, words as nothing"),
        pytest.param([{"x": 12}, {}], [(0, 0, 6, 6), (6, 0, 6, 6)], id="x without y counts as no place"),
    ],
)
def test_places(widgets: list[dict[str, Any]], expected: list[tuple[int, ...]]) -> None:
    assert place(widgets) == [Place(*row) for row in expected]


@pytest.mark.parametrize(
    ("start", "end", "inherit", "length", "period"),
    [
        pytest.param("", "", False, 72 * HOUR, 900, id="three days where the body says nothing"),
        pytest.param("-PT3H", "", False, 3 * HOUR, 60, id="three hours of minutes"),
        pytest.param("-P1D", "", False, 24 * HOUR, 300, id="a day of five minutes"),
        pytest.param("-P1W", "", False, 168 * HOUR, 3600, id="a week of hours"),
        pytest.param("-P1M", "", False, 720 * HOUR, 21_600, id="a month of quarters of a day"),
        pytest.param("-P1DT12H", "", False, 36 * HOUR, 900, id="days and hours"),
        pytest.param("2026-03-17T00:00:00Z", "2026-03-17T06:00:00Z", False, 6 * HOUR, 300, id="between two moments"),
        pytest.param("-PT", "", False, 72 * HOUR, 900, id="a duration of nothing counts as none"),
        pytest.param("yesterday", "", False, 72 * HOUR, 900, id="words count as none"),
        pytest.param("2030-01-01T00:00:00Z", "", False, 72 * HOUR, 900, id="a start after the end counts as none"),
    ],
)
def test_the_time_shown(start: str, end: str, inherit: bool, length: int, period: int) -> None:
    frame = timeframe(start, end, NOW, inherit)
    assert frame.period == period
    assert abs(frame.end - frame.start - length) <= 2 * period
    assert frame.start % period == 0
    assert frame.end % period == 0


@pytest.mark.parametrize(
    ("inherit", "own", "expected"),
    [
        pytest.param(False, 60, 900, id="auto: a shorter period becomes the dashboard's"),
        pytest.param(False, 86_400, 86_400, id="auto: a longer one stays"),
        pytest.param(False, 0, 900, id="auto: none becomes the dashboard's"),
        pytest.param(True, 600, 600, id="inherit: its own"),
        pytest.param(True, 0, 300, id="inherit: five minutes where it names none"),
        pytest.param(True, 1, 300, id="inherit: no finer than can be drawn"),
    ],
)
def test_the_period_of_a_graph(inherit: bool, own: int, expected: int) -> None:
    assert timeframe("-P3D", "", NOW, inherit).period_of(own) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param('{"widgets": [}', "b.json:1:14: this is not JSON: expecting value.", id="a place in the line"),
        pytest.param(
            '{\n  "widgets": []\n  "start": ""\n}',
            "b.json:3:3: this is not JSON: expecting ',' delimiter.",
            id="line and column",
        ),
        pytest.param("[1]", "b.json: a dashboard body is a JSON object with widgets, not an array.", id="an array"),
        pytest.param("null", "b.json: a dashboard body is a JSON object with widgets, not null.", id="null"),
        pytest.param('"{}"', "b.json: a dashboard body is a JSON object with widgets, not a string.", id="a string"),
        pytest.param(
            '{"panels": [], "title": "x"}',
            "b.json: a dashboard body needs an array `widgets`, this has panels, title; save one from the console "
            "(Actions, View/edit source) or with: aws cloudwatch get-dashboard --dashboard-name NAME",
            id="somebody else's dashboards",
        ),
        pytest.param(
            '{"DashboardBody": "{,}"}',
            "b.json (DashboardBody):1:2: this is not JSON: expecting property name enclosed in double quotes.",
            id="wrong JSON inside of the command's answer",
        ),
        pytest.param("[" * 100_000, "b.json: this JSON is nested too deeply for a dashboard body.", id="a tower"),
    ],
)
def test_what_is_no_body_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        parse_body(text, "b.json")
    assert str(refused.value) == sentence


def test_the_answer_of_get_dashboard_is_unwrapped() -> None:
    answer = {"DashboardName": "x", "DashboardBody": json.dumps({"widgets": [{"type": "text"}]})}
    assert parse_body(json.dumps(answer), "b.json") == {"widgets": [{"type": "text"}]}


def test_what_is_not_understood_is_remarked() -> None:
    body = {"widgets": [], "layout": 3, "variables": [{"type": "colour"}, {"type": "property", "property": "region"}]}
    dashboard = read_dashboard(body, "d")
    assert dashboard.remarks == (
        "Variable 1 is not shown: it needs a type, property or pattern, and what it replaces.",
        "Not shown: layout of the body.",
    )
    assert [variable.target for variable in dashboard.variables] == ["region"]
