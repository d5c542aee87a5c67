"""Dashboards, settings, size and views of the plan."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden.settings import Settings
from pipewarden_plan.finding import DeclarationError
from pipewarden_plan.limits import DASHBOARD_METRICS, DASHBOARD_WIDGETS
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.model import Model
from pipewarden_plan.plan import Plan
from pipewarden_plan.plan_view import condition, describe, plan_as_json
from pipewarden_plan.settings_plan import closure, turned
from pipewarden_plan.team_plan import resource_count
from pipewarden_plan.widget_plan import limit

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]


def widgets_of(plan: Plan) -> list[dict[str, Any]]:
    return [widget for team in plan.teams for board in team.dashboards for widget in board.body["widgets"]]


def test_a_dashboard_has_no_empty_and_no_repeated_widget(plan: Plan) -> None:
    seen = []
    for widget in widgets_of(plan):
        content = {key: widget["properties"].get(key) for key in ("markdown", "alarms", "metrics", "query")}
        assert any(content.values())
        seen.append(json.dumps(content))
    assert len(seen) == len(set(seen))


def test_widgets_lie_within_the_grid_and_not_on_each_other(plan: Plan) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in widgets_of(plan):
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_a_graph_shows_the_threshold_of_its_alarm(plan: Plan) -> None:
    graph = next(
        row for row in widgets_of(plan) if row["properties"].get("title") == "customers: age of the newest object"
    )
    assert graph["properties"]["annotations"]["horizontal"] == [limit("freshness > 90000", 90000.0)]


def test_a_disabled_alarm_draws_no_line(plan: Plan) -> None:
    graph = next(row for row in widgets_of(plan) if row["properties"].get("title") == "ingest: oldest message")
    assert "annotations" not in graph["properties"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text", "| P0 | 15m | pager, ops-slack | primary at once |"),
        ("text", "https://wiki.example.com/runbooks/customer-import"),
        ("log", "SOURCE '/aws/lambda/crm-export-prod'"),
        ("metric", "RunsRetried"),
        ("alarm", "alarm:prod/crm/customer-import/extract.failed"),
    ],
    ids=["severities", "runbooks", "recent errors", "what was started again", "alarm states"],
)
def test_the_dashboard_shows(plan: Plan, kind: str, words: str) -> None:
    assert any(words in json.dumps(row["properties"]) for row in widgets_of(plan) if row["type"] == kind)


def test_a_big_team_gets_pages_with_an_index(planned: Planned, declare: Declare) -> None:
    def graphs(number: int) -> Any:
        metrics = [
            declare["resource"](f"m{i}", "metric", namespace="N", metric=f"m-{number}-{i}", dimensions={}, period=300)
            for i in range(40)
        ]
        return declare["pipeline"](f"graphs-{number}", *metrics)

    plan = planned(*(graphs(number) for number in range(14)))
    boards = plan.teams[0].dashboards
    assert [board.name.rsplit("-", 1)[1] for board in boards] == ["crm", "2"]
    for board in boards:
        rows = board.body["widgets"]
        assert len(rows) <= DASHBOARD_WIDGETS
        assert sum(len(row["properties"].get("metrics", ())) for row in rows) <= DASHBOARD_METRICS
        assert boards[1].name in json.dumps(rows[1])
    assert plan.settings.pipelines["graphs-0"].dashboard == boards[0].name
    assert plan.settings.pipelines["graphs-13"].dashboard == boards[1].name


def test_settings_survive_the_way_to_the_functions(plan: Plan) -> None:
    assert Settings.from_json(plan.settings.to_json()).to_json() == plan.settings.to_json()


@pytest.mark.parametrize(
    ("technology", "identity", "found"),
    [
        ("glue-job", "customer-import-extract-prod", ("customer-import", "extract")),
        (
            "step-functions",
            "arn:aws:states:us-east-1:123456789012:stateMachine:customer-load-prod",
            ("customer-import", "load"),
        ),
        ("lambda", "crm-export-prod", ("crm-export", "export")),
        ("lambda", "arn:aws:lambda:us-east-1:123456789012:function:crm-export-prod:$LATEST", ("crm-export", "export")),
        ("glue-job", "nobody", None),
    ],
    ids=["a job by name", "a state machine by ARN", "a function by name", "a function by ARN", "undeclared"],
)
def test_events_find_who_declared_the_resource(
    plan: Plan, technology: str, identity: str, found: tuple[str, str] | None
) -> None:
    assert plan.settings.find(technology, identity) == found


def test_settings_know_every_deployed_alarm(plan: Plan) -> None:
    deployed = {alarm.name for team in plan.teams for alarm in team.alarms if not alarm.disabled_reason}
    assert plan.settings.alarms.keys() == deployed
    assert plan.settings.alarms["prod/crm/customer-import/extract.failed"].first_steps


def test_what_hangs_above_and_below(plan: Plan) -> None:
    assert plan.settings.pipelines["customer-import"].upstream == ("crm-export",)
    assert plan.settings.pipelines["crm-export"].downstream == ("customer-import",)


@pytest.mark.parametrize(
    ("edges", "reached"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, {"a": ("b", "c"), "b": ("c",), "c": ()}),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, {"a": ("b", "c", "d"), "b": ("d",), "c": ("d",), "d": ()}),
        ({"a": ["b"], "b": ["a"]}, {"a": ("b",), "b": ("a",)}),
    ],
    ids=["a chain", "a diamond", "a ring ends too"],
)
def test_closure(edges: dict[str, list[str]], reached: dict[str, tuple[str, ...]]) -> None:
    assert closure(edges) == reached


def test_turned() -> None:
    assert turned({"a": ["c"], "b": ["c"], "c": []}) == {"a": (), "b": (), "c": ("a", "b")}


def test_the_same_model_gives_the_same_bytes(model: Model) -> None:
    assert plan_as_json(make_plan(model)) == plan_as_json(make_plan(model))


def test_the_plan_as_json_holds_everything(plan: Plan) -> None:
    read = json.loads(plan_as_json(plan))
    assert read["teams"][0]["alarms"][0]["name"] == plan.teams[0].alarms[0].name
    assert read.keys() == {field.name for field in dataclasses.fields(plan)}


def test_a_pipeline_never_moves_when_another_is_added(planned: Planned, declare: Declare) -> None:
    def alone(team: str) -> Any:
        return declare["pipeline"](f"p-{team}", declare["resource"]("f", "lambda", function=f"f-{team}"), team=team)

    before, after = planned(alone("a")), planned(alone("a"), alone("b"))
    assert before.teams[0] == after.teams[0]


def test_a_stack_over_the_limits_is_refused_with_the_numbers(planned: Planned, declare: Declare) -> None:
    functions = [declare["resource"](f"f{number}", "lambda", function=f"f-{number}") for number in range(300)]
    pipelines = [declare["pipeline"](f"p{start}", *functions[start : start + 5]) for start in range(0, 300, 5)]
    with pytest.raises(DeclarationError) as refused:
        planned(*pipelines)
    (line,) = str(refused.value).splitlines()
    assert line.startswith(
        "config/pipelines/crm.yaml:1: The stack pipewarden-prod-crm needs 612 resources and about 1,1"
    )
    assert "another file" in line


def test_the_description_counts_what_is_deployed(plan: Plan) -> None:
    described = describe(plan)
    assert described["counts"]["alarms"] == len(plan.core.alarms) + sum(
        not alarm.disabled_reason for alarm in plan.teams[0].alarms
    )
    names = [row["name"] for row in described["teams"][0]["pipelines"]]
    assert names == ["crm-export", "customer-import"]
    json.dumps(described)


def test_a_condition_reads_as_a_sentence(plan: Plan) -> None:
    alarm = next(found for found in plan.teams[0].alarms if found.key == "customers.freshness")
    assert condition(alarm) == "Maximum of DataAgeSeconds > 90000 in 1 of 1 periods of 300 s"


def test_shared_log_groups_are_told(plan: Plan) -> None:
    (notice,) = [notice for notice in plan.notices if notice.startswith("Log groups")]
    assert "/aws-glue/jobs/error" in notice
    assert "crm-export" not in notice


def test_resources_are_counted(plan: Plan) -> None:
    team = plan.teams[0]
    deployed = sum(not alarm.disabled_reason for alarm in team.alarms)
    assert resource_count(team) == deployed + 3 + 2 + 1 + 1 + 1 + len(team.queries)


def test_what_is_declared_twice_is_drawn_once(planned: Planned, declare: Declare) -> None:
    metrics = [
        declare["resource"](name, "metric", namespace="N", metric="M", dimensions={}, period=300) for name in ("a", "b")
    ]
    graphs = [row for row in widgets_of(planned(declare["pipeline"]("p", *metrics))) if row["type"] == "metric"]
    assert [row["properties"]["title"] for row in graphs] == ["a: M", "Incidents in prod: opened, over, paged"]


def test_owners_become_a_tag_that_aws_takes(planned: Planned, declare: Declare) -> None:
    one, other = (declare["pipeline"](name, owner=f"team {name}, data") for name in "ab")
    team = planned(one, other).teams[0]
    assert (team.owner, team.tags["owner"]) == ("team a, data, team b, data", "team a  data  team b  data")
