"""Whatever JSON stands in a body, a page comes out of it."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden_cli.preview.body import read_dashboard
from pipewarden_cli.preview.render import draw_dashboards
from pipewarden_cli.preview.samples.answers import SampleAnswers
from pipewarden_cli.preview.samples.world import World

NOW = 1_773_826_200
WORDS = st.sampled_from(
    [
        *(
            "timeSeries",
            "gauge",
            "pie",
            "bar",
            "table",
            "singleValue",
            "log",
            "-P3D",
            "AWS/SQS",
            ".",
            "...",
            "",
            "above",
        ),
        *(
            "SUM(METRICS())",
            "SEARCH('{A,B} C', 'Sum', 60)",
            "ANOMALY_DETECTION_BAND(m1)",
            "m1/0",
            "stats count() by bin(5m)",
        ),
        *("fields @a | limit 3", "pattern @message", "2026-03-18T01:00:00Z", "${MAX} ${PROP('Dim.Q')}", "stats", "|"),
    ]
) | st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats(allow_nan=True) | WORDS
NAMES = st.sampled_from(
    [
        *("metrics", "view", "title", "yAxis", "left", "min", "max", "annotations", "horizontal", "vertical", "alarms"),
        *(
            "value",
            "label",
            "fill",
            "query",
            "markdown",
            "region",
            "period",
            "stat",
            "table",
            "summaryColumns",
            "legend",
        ),
        *("setPeriodToTimeRange", "stacked", "start", "end", "expression", "id", "visible", "color", "sparkline"),
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | WORDS, inner, max_size=4),
    max_leaves=12,
)
METRICS = st.lists(st.lists(WORDS | st.dictionaries(NAMES, SCALARS, max_size=3), max_size=5) | VALUES, max_size=3)
PROPERTIES = st.dictionaries(NAMES, VALUES, max_size=5) | st.fixed_dictionaries(
    {"metrics": METRICS},
    optional={"view": WORDS, "annotations": VALUES, "yAxis": VALUES, "setPeriodToTimeRange": st.just(True)},
)
TYPES = st.sampled_from(["metric", "text", "alarm", "log", "explorer", "custom"]) | VALUES
WIDGETS = st.fixed_dictionaries(
    {"type": TYPES},
    optional={"properties": PROPERTIES | VALUES, "x": VALUES, "y": VALUES, "width": VALUES, "height": VALUES},
)
VARIABLES = st.dictionaries(
    st.sampled_from(
        ["type", "property", "pattern", "inputType", "id", "values", "defaultValue", "search", "populateFrom"]
    ),
    st.sampled_from(["property", "pattern", "region", "Q", "__FIRST", "{A,Q} M", "radio", "input"]) | VALUES,
)
BODIES = st.fixed_dictionaries(
    {"widgets": st.lists(WIDGETS | VALUES, max_size=3)},
    optional={"variables": st.lists(VARIABLES | VALUES, max_size=2) | VALUES, "start": WORDS, "end": WORDS},
)


@settings(max_examples=250, deadline=None)
@given(BODIES)
def test_any_json_is_drawn_or_said_not_to_be(body: dict[str, Any]) -> None:
    pages = draw_dashboards([read_dashboard(body, "d")], SampleAnswers(World()), NOW)
    json.dumps(pages, allow_nan=False)
    assert len(pages[0]["widgets"]) == len(body["widgets"])
