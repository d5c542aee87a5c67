"""What dashboards draw of promises and of remediation: budgets of misses, circuit breakers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipewarden.retry_policy import RetryPolicy
from pipewarden_cli.preview.shorthand import expand
from pipewarden_plan.plan import DashboardPlan, Plan

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]


def titled(board: DashboardPlan, title: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        row["properties"] for row in board.body["widgets"] if row["properties"].get("title", "").startswith(title)
    )
    return found


def drawn_metrics(board: DashboardPlan) -> Iterator[list[Any]]:
    for widget in board.body["widgets"]:
        if widget["type"] == "metric":
            yield from expand(widget["properties"]["metrics"])


def test_what_is_measured_of_a_budget_is_drawn_once_with_its_limits(planned: Planned, declare: Declare) -> None:
    slo = {"target": 99.0, "over": 2592000, "warn_at": 25.0}
    jobs = [
        declare["resource"]("kept", "glue-job", job_name="kept", expect={"slo": slo, "success_rate": {"min": 95.0}}),
        declare["resource"]("rated", "glue-job", job_name="rated", expect={"success_rate": {"min": 90.0}}),
    ]
    plan = planned(declare["pipeline"]("import", *jobs))
    found = {"operations": plan.teams[0].dashboards[0], "executive": plan.core.dashboards[0]}
    drawn = {kind: titled(found[kind], "Error budget left") for kind in ("operations", "executive")}
    assert [row[1] for row in expand(drawn["operations"]["metrics"])] == ["ErrorBudgetLeft"]
    assert sorted(line["value"] for line in drawn["operations"]["annotations"]["horizontal"]) == [0, 25]
    assert [row[1] for row in expand(drawn["executive"]["metrics"]) if len(row) > 1] == [
        "ErrorBudgetLeft",
        "SuccessRate",
    ]
    assert all("min" not in properties["yAxis"]["left"] for properties in drawn.values())
    shown = [row for row in drawn_metrics(found["operations"]) if row[1:2] == ["ErrorBudgetLeft"]]
    assert len(shown) == 1


def test_breakers_of_what_is_retried_are_drawn_until_they_change(planned: Planned, declare: Declare) -> None:
    retry = RetryPolicy(attempts=2, backoff_seconds=(60, 900))
    retried = declare["pipeline"]("a", declare["resource"]("run", "glue-job", job_name="a", retry=retry))
    once = declare["pipeline"]("b", declare["resource"]("data", "s3-dataset", location="s3://b/", expect={}))
    (board,) = planned(retried, once).teams[0].dashboards
    rows = expand(titled(board, "Circuit breakers")["metrics"])
    assert [row[2:-1] for row in rows if len(row) > 1] == [
        ["Environment", "prod"],
        ["Environment", "prod", "Pipeline", "a"],
    ]
    assert [row[0]["expression"] for row in rows if len(row) == 1] == ["FILL(b0, REPEAT)", "FILL(b1, REPEAT)"]
    (alone,) = planned(once).teams[0].dashboards
    assert not any("Circuit breakers" in row["properties"].get("title", "") for row in alone.body["widgets"])
