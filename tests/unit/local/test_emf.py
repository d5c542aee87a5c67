"""The embedded metric format, read as its specification says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipewarden_cli.local.emf import LoggedMetric, read_logged_metrics

AT = 1_790_000_000_000


def line(metrics: Any = None, dimensions: Any = None, **members: Any) -> str:
    directive = {"Namespace": "Team", "Metrics": metrics or [{"Name": "rows"}], "Dimensions": dimensions}
    if dimensions is None:
        del directive["Dimensions"]
    return json.dumps({"_aws": {"Timestamp": AT, "CloudWatchMetrics": [directive]}, **members})


def metric(*values: float, name: str = "rows", unit: str = "None", **dimensions: str) -> LoggedMetric:
    return LoggedMetric("Team", name, tuple(dimensions.items()), values, unit, AT / 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(line(rows=5), (metric(5.0),), id="a number without dimensions"),
        pytest.param(line(rows=[1, 2.5]), (metric(1.0, 2.5),), id="an array of numbers"),
        pytest.param(line([{"Name": "rows", "Unit": "Count"}], rows=5), (metric(5.0, unit="Count"),), id="a unit"),
        pytest.param(
            line(dimensions=[["a"], ["a", "b"], []], rows=5, a="x", b="y"),
            (metric(5.0, a="x"), metric(5.0, a="x", b="y"), metric(5.0)),
            id="one entry per dimension set",
        ),
        pytest.param(line(rows="5"), (), id="text is no value"),
        pytest.param(line(rows=True), (), id="a truth value is no value"),
        pytest.param(line(rows=[1, "x"]), (), id="an array with text is no value"),
        pytest.param(line(rows=[0] * 101), (), id="more than 100 values"),
        pytest.param(line(), (), id="the value is missing"),
        pytest.param(line(dimensions=[["a"]], rows=5), (), id="a dimension without a value"),
        pytest.param(line(dimensions=[["a"]], rows=5, a=1), (), id="a dimension that is a number"),
        pytest.param('{"_aws": {"CloudWatchMetrics": []}}', (), id="no timestamp"),
        pytest.param('{"_aws": 1}', (), id="an envelope of another kind"),
        pytest.param('["_aws"]', (), id="a list"),
        pytest.param('not json but "_aws"', (), id="no JSON at all"),
        pytest.param("plain text", (), id="an ordinary line"),
    ],
)
def test_reads_metrics(text: str, expected: tuple[LoggedMetric, ...]) -> None:
    assert read_logged_metrics(text) == expected
