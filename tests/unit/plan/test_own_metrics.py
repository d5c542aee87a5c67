"""An alarm over a metric that nobody writes never fires: every metric of ours in the plan is written somewhere."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pipewarden.registry import technologies
from pipewarden_cli.preview.shorthand import expand
from pipewarden_plan.metric_limit import count_metrics, hold_metrics
from pipewarden_plan.model import Mark, Model, Pipeline, Resource
from pipewarden_plan.own_metrics import CATALOGUE, KINDS, metrics_of, own_metrics
from pipewarden_plan.plan import Plan
from pipewarden_plan.plan_view import plan_as_json
from pipewarden_plan.remarks import Remarks
from tests.unit.plan.conftest import environment

LAMBDAS = Path(__file__).parents[3] / "lambdas" / "pipewarden"
DIMENSIONS = [["Environment"], ["Environment", "Pipeline"], ["Environment", "Pipeline", "Resource"]]
"""What `write_metric` gives a measurement, with and without a pipeline and a resource."""


def written_words() -> set[str]:
    """Every string in the code that runs; what only describes metrics (the technologies) does not count."""
    files = [
        path for path in LAMBDAS.rglob("*.py") if path.parent.name != "technologies" and path.name != "run_alarms.py"
    ]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    constants = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {value for value in constants if isinstance(value, str)}


def test_alarms_look_at_metrics_that_are_written(plan: Plan) -> None:
    alarms = [*plan.core.alarms, *(alarm for team in plan.teams for alarm in team.alarms)]
    ours = [alarm.metric for alarm in alarms if alarm.metric.namespace == "Pipewarden"]
    assert {metric.name for metric in ours} - written_words() == set()
    assert all(sorted(metric.dimensions) in DIMENSIONS for metric in ours)


def test_graphs_show_metrics_that_are_written(plan: Plan) -> None:
    read = json.loads(plan_as_json(plan))
    boards = [*read["core"]["dashboards"], *read["teams"][0]["dashboards"]]
    rows = [
        row
        for board in boards
        for widget in board["body"]["widgets"]
        for row in expand(widget["properties"].get("metrics", ()))
    ]
    ours = [row for row in rows if row[0] == "Pipewarden"]
    assert {row[1] for row in ours} - written_words() == set()
    assert all(sorted(row[2:-1:2]) in DIMENSIONS for row in ours)


ROWS = [row for row in json.loads(CATALOGUE.read_text(encoding="utf-8")) if row["namespace"] == "Pipewarden"]


def test_every_metric_of_ours_is_of_a_kind_and_every_kind_has_one() -> None:
    assert {row["per"] for row in ROWS} == KINDS.keys()


def resource(type_: str, expect: Mapping[str, Any] = MappingProxyType({}), **changes: Any) -> Resource:
    values = {"name": "it", "type": type_, "fields": {}, "mark": Mark("f", 1), **changes}
    return Resource(expect=expect, **values)


@pytest.mark.parametrize(
    ("found", "inherited", "kinds"),
    [
        (resource("glue-job"), {}, {"run": 6, "usage": 1}),
        (resource("glue-job"), {"slo": {"target": 95}}, {"run": 6, "usage": 1, "target": 1}),
        (resource("glue-job", within="flow"), {"slo": {"target": 95}}, {"run": 6, "usage": 1}),
        (resource("glue-data-quality"), {"slo": {"target": 95}}, {"run": 6, "score": 1}),
        (resource("lambda", {"slo": {"target": 99}}), {}, {"run": 6, "requests": 4}),
        (resource("s3-dataset", {"freshness": 60}), {}, {"dataset": 3}),
        (resource("s3-dataset", {"volume": {"change": 50}}), {}, {"dataset": 3, "change": 1}),
        (resource("s3-dataset"), {}, {}),
        (resource("sqs", {"depth": 1}), {}, {}),
        (resource("sqs", fields={"dead_letter": {"drain": {"rate": 1}}}), {}, {"queue": 2}),
        (resource("glue-table"), {}, {"table": 1}),
        (resource("cloudformation-stack"), {}, {"stack": 1}),
    ],
    ids=[
        "runs that are billed",
        "a target of the pipeline",
        "not of what runs within another resource",
        "a score, and no target of runs",
        "a target over requests",
        "what the probe looks at",
        "and compares",
        "or does not",
        "a queue by its service's metrics",
        "a queue that is drained",
        "a table",
        "a stack",
    ],
)
def test_which_metrics_a_resource_has(found: Resource, inherited: Mapping[str, Any], kinds: dict[str, int]) -> None:
    pipeline = Pipeline(
        name="p", team="t", owner="o", severity="P2", resources=(found,), expect=inherited, mark=found.mark
    )
    assert dict(metrics_of(found, pipeline, technologies()[found.type])) == kinds
    assert count_metrics(pipeline, technologies()) == len(own_metrics("pipeline")) + sum(kinds.values())


@pytest.mark.parametrize(("jobs", "refused"), [(356, False), (357, True)])
def test_a_pipeline_writes_no_more_metrics_than_a_dashboard_shows(jobs: int, refused: bool) -> None:
    found = tuple(resource("glue-job", name=f"job-{number}") for number in range(jobs))
    pipeline = Pipeline(name="p", team="t", owner="o", severity="P2", resources=found, mark=Mark("crm.yaml", 4))
    remarks = Remarks()
    model = Model(environment=environment(), pipelines=(pipeline,))
    hold_metrics(model, technologies(), remarks)
    expected = (
        "crm.yaml:4: pipelines.p writes 2,504 metrics of Pipewarden's own for 357 resources (up to 751 USD a month), "
        "and 2,500 are the most for one pipeline; declare parts of it as pipelines of their own; depends_on ties them "
        "together"
    )
    assert [str(found) for found in remarks.findings] == ([expected] if refused else [])
    assert {found.id for found in remarks.findings} <= {"PW422"}
