"""Both ways in which a job's metrics reach CloudWatch, held to their limits and to the service's own API model."""

import io
import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from pipewarden_job.embedded import EmbeddedMetrics, embedded_lines
from pipewarden_job.put_metric_data import KEY_BYTES, MOST_BYTES, PutMetricData, batches
from pipewarden_job.series import Value, make_value

AT = 1_800_000_010.0
MINUTE_BEGINS = 1_800_000_000


def value(
    number: float = 1.0, name: str = "Rows", *, namespace: str = "Own", at: float = AT, **dimensions: str
) -> Value:
    return make_value(namespace, name, number, "Count", dimensions or {"PipelineName": "p"}, at)


def test_a_line_is_what_cloudwatch_makes_metrics_of() -> None:
    (line,) = embedded_lines([value(3), value(4, "Bad")])
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": MINUTE_BEGINS * 1000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Own",
                    "Dimensions": [["PipelineName"]],
                    "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "Bad", "Unit": "Count"}],
                }
            ],
        },
        "PipelineName": "p",
        "Rows": 3.0,
        "Bad": 4.0,
    }


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        pytest.param([value(1), value(2)], [{"Rows": [1.0, 2.0]}], id="values of one metric stand in one list"),
        pytest.param([value(1), value(2, at=AT + 60)], [{"Rows": 1.0}, {"Rows": 2.0}], id="each minute has its own"),
        pytest.param(
            [value(1, Table="a"), value(2, Table="b")],
            [{"Rows": 1.0}, {"Rows": 2.0}],
            id="so has each set of dimensions",
        ),
        pytest.param([value(1), value(2, namespace="B")], [{"Rows": 1.0}, {"Rows": 2.0}], id="and each namespace"),
        pytest.param(
            [value(1)] * 101,
            [{"Rows": [1.0] * 100}, {"Rows": 1.0}],
            id="a metric has a hundred values in a line at most",
        ),
    ],
)
def test_what_stands_in_one_line(values: list[Value], lines: list[dict[str, Any]]) -> None:
    found = [json.loads(line) for line in embedded_lines(values)]
    assert [{"Rows": row["Rows"]} for row in found] == lines


def test_a_line_has_a_hundred_metrics_at_most() -> None:
    found = [json.loads(line) for line in embedded_lines([value(1, f"M{number}") for number in range(101)])]
    assert [len(row["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for row in found] == [100, 1]


def test_lines_are_written_to_the_stream() -> None:
    stream = io.StringIO()
    EmbeddedMetrics(stream)([value(1), value(2, Table="t")])
    assert [json.loads(line)["Rows"] for line in stream.getvalue().splitlines()] == [1.0, 2.0]


def test_a_call_is_what_the_api_takes() -> None:
    client = boto3.client("cloudwatch", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    datum = {
        "MetricName": "Rows",
        "Dimensions": [{"Name": "PipelineName", "Value": "p"}],
        "Timestamp": MINUTE_BEGINS,
        "Unit": "Count",
        "Values": [3.0, 4.0],
    }
    with Stubber(client) as stubber:
        calls: list[dict[str, Any]] = []
        stubber.add_response("put_metric_data", {})
        client.meta.events.register("provide-client-params.*", lambda params, **_: calls.append(params))
        PutMetricData(client)([value(3), value(4)])
    (call,) = calls
    call["MetricData"][0]["Timestamp"] = call["MetricData"][0]["Timestamp"].timestamp()
    assert call == {"Namespace": "Own", "MetricData": [datum]}


@pytest.mark.parametrize(
    ("values", "sizes"),
    [
        pytest.param([value(1, f"M{n}") for n in range(1001)], [1000, 1], id="a thousand metrics a call"),
        pytest.param([value(1)] * 151, [2], id="a hundred and fifty values a metric"),
        pytest.param([value(1), value(1, namespace="B"), value(2, "C")], [1, 2], id="one namespace a call"),
    ],
)
def test_what_stands_in_one_call(values: list[Value], sizes: list[int]) -> None:
    assert sorted(len(data) for _, data in batches(values)) == sorted(sizes)


def test_a_call_has_less_than_a_megabyte() -> None:
    from urllib.parse import urlencode

    from botocore.serialize import QuerySerializer

    dimensions = {f"D{number}": "é".encode().hex() * 200 for number in range(30)}
    values = [value(1 / 3, f"M{number}", **dimensions) for number in range(60)]
    model = boto3.client("cloudwatch", region_name="us-east-1").meta.service_model.operation_model("PutMetricData")
    parts = [data for _, data in batches(values)]
    assert sum(len(data) for data in parts) == 60
    assert len(parts) > 1
    for data in parts:
        body = QuerySerializer().serialize_to_request({"Namespace": "Own", "MetricData": data}, model)["body"]
        assert MOST_BYTES / 3 < len(urlencode(body)) <= MOST_BYTES + KEY_BYTES or data is parts[-1]
        assert all(len(key) < KEY_BYTES for key in body)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        pytest.param({"value": float("nan")}, "no finite number", id="not a number"),
        pytest.param({"value": 1e300}, "no finite number", id="larger than CloudWatch takes"),
        pytest.param({"unit": "Records"}, "Records is no unit", id="a unit of one's own"),
        pytest.param({"namespace": "AWS/Glue"}, "no namespace", id="a namespace of AWS"),
        pytest.param({"name": ""}, "no name of a metric", id="no name"),
        pytest.param({"dimensions": {"Table": ""}}, "no dimensions", id="an empty dimension"),
        pytest.param(
            {"dimensions": {"Rows": "t"}}, "no name of a metric", id="a dimension that is called as the metric"
        ),
        pytest.param({"dimensions": {f"D{n}": "x" for n in range(31)}}, "more than 30", id="31 dimensions"),
        pytest.param({"dimensions": {"Table": "käse"}}, "no dimensions", id="a dimension that is not ASCII"),
    ],
)
def test_what_cloudwatch_would_refuse_is_refused(told: dict[str, Any], words: str) -> None:
    fit = {"namespace": "Own", "name": "Rows", "value": 1.0, "unit": "Count", "dimensions": {"Table": "t"}, "at": AT}
    make_value(**fit)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=words):
        make_value(**{**fit, **told})
