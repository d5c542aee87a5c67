"""An alarm over a metric that nobody writes never fires: every metric of ours in the plan is written somewhere."""

import ast
import json
from pathlib import Path

from pipewarden_cli.preview.shorthand import expand
from pipewarden_plan.plan import Plan
from pipewarden_plan.plan_view import plan_as_json

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
