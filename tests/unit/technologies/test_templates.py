"""How the templates of a technology become names: placeholders, dimensions, derived values, defaults."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipewarden.registry import technologies
from pipewarden.target import Target
from pipewarden.template import fill, fill_dimensions, look_up


def target(partition: str = "aws", **fields: Any) -> Target:
    return Target(
        pipeline="p", resource="r", technology="t", fields=fields, environment="prod",
        account="123456789012", region="us-east-1", partition=partition,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dimensions", "expected"),
    [
        pytest.param({"Queue": "$(queue)"}, {"Queue": "orders"}, id="a placeholder"),
        pytest.param({"*": "$(dimensions)"}, {"Table": "customers", "Version": "2"}, id="a whole mapping"),
        pytest.param({"*": "$(dimensions)", "A": "b"}, {"Table": "customers", "Version": "2", "A": "b"}, id="both"),
        pytest.param({"*": "$(none)"}, {}, id="an empty mapping"),
    ],
)
def test_dimensions_are_filled(dimensions: Mapping[str, str], expected: Mapping[str, str]) -> None:
    values = {"queue": "orders", "dimensions": {"Table": "customers", "Version": 2}, "none": {}}
    assert fill_dimensions(dimensions, values) == expected


@pytest.mark.parametrize("template", ["$(missing)", "$(queue.name)"])
def test_dimensions_that_are_no_mapping_are_an_error(template: str) -> None:
    with pytest.raises(KeyError):
        fill_dimensions({"*": template}, {"queue": "orders"})


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="missing"):
        fill("$(missing)", {"queue": "orders"})


@pytest.mark.parametrize(
    ("path", "expected"), [("a.b", 1), ("a", {"b": 1}), ("a.c", None), ("x.y", None), ("a.b.c", None)]
)
def test_a_dotted_path_leads_to_a_value_or_to_none(path: str, expected: object) -> None:
    assert look_up({"a": {"b": 1}}, path) == expected


@pytest.mark.parametrize(
    ("location", "bucket", "prefix"),
    [
        ("s3://lake/customers/", "lake", "customers/"),
        ("s3://lake/a/b/part-", "lake", "a/b/part-"),
        ("s3://lake/", "lake", ""),
        ("s3://lake", "lake", ""),
    ],
)
def test_a_location_is_a_bucket_and_a_prefix(location: str, bucket: str, prefix: str) -> None:
    values = technologies()["s3-dataset"].values(target(location=location))
    assert (values["bucket"], values["prefix"]) == (bucket, prefix)


@pytest.mark.parametrize(
    ("partition", "domain"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_has_another_address_in_each_partition(partition: str, domain: str) -> None:
    assert technologies()["sqs"].values(target(partition, queue="orders"))["console"] == domain


def test_a_field_that_is_not_declared_has_its_default() -> None:
    metric = technologies()["metric"]
    assert metric.values(target(metric="Score"))["statistic"] == "Average"
    assert metric.values(target(metric="Score", statistic="p99"))["statistic"] == "p99"


@pytest.mark.parametrize(("fields", "seconds"), [({}, 300), ({"period": 3600}, 3600)])
def test_a_declared_period_goes_before_the_default(fields: Mapping[str, Any], seconds: int) -> None:
    assert technologies()["metric"].alarms[0].period_for(fields) == seconds
    assert technologies()["sqs"].alarms[0].period_for(fields) == 300
