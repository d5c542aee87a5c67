"""One composite per pipeline: over what, where it acts, and what holds it back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipewarden_plan.composite_plan import rule_text
from pipewarden_plan.cost_plan import plan_costs
from pipewarden_plan.limits import COMPOSITE_CHILDREN
from pipewarden_plan.model import AlarmOverride, Model, Pipeline
from pipewarden_plan.pipeline_composite_plan import plan_team_composites
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import CompositePlan
from tests.unit.plan.conftest import environment as made_environment

Planned = Callable[..., Plan]
Declare = Mapping[str, Callable[..., Any]]
RESPONDING = "prod/pipewarden/responding"


def job(declare: Declare, name: str, **changes: Any) -> Pipeline:
    made: Pipeline = declare["pipeline"](name, declare["resource"]("load", "glue-job", job_name=name), **changes)
    return made


@pytest.fixture
def chain(planned: Planned, declare: Declare) -> Plan:
    """bottom depends on middle, middle on top; `other` is another team's, `loud` a P0."""
    return planned(
        job(declare, "bottom", depends_on=("middle", "other")),
        job(declare, "middle", depends_on=("top",), severity="P1", runbook="https://wiki.example.com/middle"),
        job(declare, "top"),
        job(declare, "loud", depends_on=("top",), severity="P0"),
        job(declare, "other", team="web"),
        pipeline_composites=True,
    )


def composites(plan: Plan, team: int = 0) -> dict[str, CompositePlan]:
    return {found.name: found for found in plan.teams[team].composites}


def test_each_pipeline_has_one_and_the_team_one_over_them(chain: Plan) -> None:
    assert list(composites(chain)) == [
        "prod/crm/top",
        "prod/crm/middle/held-back",
        "prod/crm/middle",
        "prod/crm/loud",
        "prod/crm/bottom/held-back",
        "prod/crm/bottom",
        "prod/crm",
    ]
    assert composites(chain)["prod/crm/top"].children == ("prod/crm/top/load.failed",)
    assert composites(chain)["prod/crm"].children == (
        "prod/crm/bottom",
        "prod/crm/loud",
        "prod/crm/middle",
        "prod/crm/top",
    )
    assert list(composites(chain, 1)) == ["prod/web/other", "prod/web"]


@pytest.mark.parametrize(
    ("name", "topic", "held_by", "grace"),
    [
        pytest.param("prod/crm/top", "pipewarden-prod-page-P2", RESPONDING, 60, id="nothing above"),
        pytest.param(
            "prod/crm/middle", "pipewarden-prod-page-P1", "prod/crm/middle/held-back", 300, id="a pipeline above"
        ),
        pytest.param("prod/crm/loud", "pipewarden-prod-page-P0", RESPONDING, 60, id="P0 is never held back by one"),
        pytest.param("prod/crm", "", "", 60, id="the team's is looked at only"),
        pytest.param("prod/crm/bottom/held-back", "", "", 60, id="what holds back acts on nothing"),
    ],
)
def test_it_pages_only_while_nobody_else_would(chain: Plan, name: str, topic: str, held_by: str, grace: int) -> None:
    found = composites(chain)[name]
    periods = (found.suppressor_wait_seconds, found.suppressor_extension_seconds)
    assert (found.action_topic, found.suppressor, periods) == (topic, held_by, (grace, grace))


def test_everything_above_holds_it_back_as_far_as_the_stack_reaches(chain: Plan) -> None:
    held = composites(chain)["prod/crm/bottom/held-back"]
    assert rule_text(held) == f'ALARM("prod/crm/middle") OR ALARM("prod/crm/top") OR ALARM("{RESPONDING}")'
    assert [notice for notice in chain.notices if "composite" in notice] == [
        "config/pipelines/crm.yaml:9: the composite alarm of bottom is not held back by other: another stack has "
        "those. The responder holds its pages back all the same."
    ]


def test_its_description_says_where_it_pages_and_why_it_may_be_silent(chain: Plan) -> None:
    assert composites(chain)["prod/crm/middle"].description == (
        "**An alarm of pipeline middle is raised.** Those in ALARM are listed below it in the console.\n\n"
        "It pages as P1, the gravest severity among them, and only while Pipewarden does not respond to alarms; "
        "nothing is retried then.\n\n"
        "It is silent while a pipeline above is raised: top.\n\n"
        "Runbook: https://wiki.example.com/middle\n\nOwner: crm-data"
    )


def test_the_gravest_alarm_says_how_severely_it_pages(planned: Planned, declare: Declare) -> None:
    graver = {"extract.failed": AlarmOverride(severity="P0"), "ingest.oldest-message": AlarmOverride(severity="P2")}
    plan = planned(declare["customer_import"](depends_on=(), alarms=graver), pipeline_composites=True)
    assert composites(plan)["prod/crm/customer-import"].action_topic == "pipewarden-prod-page-P0"


def test_an_alarm_that_is_switched_off_is_no_child(planned: Planned, declare: Declare) -> None:
    plan = planned(
        declare["customer_import"](depends_on=()),
        job(declare, "quiet", alarms={"load.failed": AlarmOverride(enabled=False)}),
        pipeline_composites=True,
    )
    whole = composites(plan)["prod/crm/customer-import"]
    assert "prod/crm/customer-import/ingest.oldest-message" not in whole.children
    assert "prod/crm/customer-import/load.failed" in whole.children
    assert "prod/crm/quiet" not in composites(plan)
    assert "No composite alarm, because no alarm of their own: quiet." in plan.notices


def test_a_pipeline_with_more_alarms_than_one_takes_has_parts(declare: Declare, plan: Plan) -> None:
    alarm = next(alarm for alarm in plan.teams[0].alarms if alarm.key == "load.failed")
    many = [replace(alarm, name=f"{alarm.name}-{number}") for number in range(250)]
    found = plan_team_composites(
        "crm", [declare["customer_import"]()], many, made_environment(pipeline_composites=True), plan.settings.names
    )
    assert all(len(one.children) <= COMPOSITE_CHILDREN for one in found)
    named = {one.name for one in found}
    assert {child for one in found for child in one.children} - named == {one.name for one in many}
    assert [one.name for one in found if one.action_topic] == ["prod/crm/customer-import"]
    assert len(named) == len(found)


def test_without_the_switch_severities_of_a_team_have_them(plan: Plan) -> None:
    assert {found.pipeline for found in plan.teams[0].composites} == {""}
    assert not [found for found in plan.teams[0].composites if found.overview]


def test_a_pipeline_pays_for_its_own(chain: Plan, declare: Declare) -> None:
    environment = made_environment(pipeline_composites=True)
    bill = plan_costs(chain, Model(environment=environment, pipelines=(job(declare, "middle"), job(declare, "top"))))
    of_pipelines = {line.pipeline: line.usd for line in bill.lines if line.what == "its composite alarms"}
    assert of_pipelines == {"middle": 1.0, "top": 0.5}
    (team,) = [line.usd for line in bill.lines if line.what == "composite alarms of the team" and line.team == "crm"]
    assert team == 0.5


def tiles(plan: Plan, board: str) -> list[tuple[str, list[str]]]:
    boards = {found.name: found for found in (*plan.core.dashboards, *plan.teams[0].dashboards)}
    widgets = next(found for name, found in boards.items() if board in name).body["widgets"]
    alarms = [widget["properties"] for widget in widgets if widget["type"] == "alarm"]
    return [(found["title"], [arn.rpartition(":")[2] for arn in found["alarms"]]) for found in alarms]


def test_dashboards_show_the_state_of_pipelines_and_teams(chain: Plan) -> None:
    assert tiles(chain, "operations")[0] == (
        "crm: pipelines, red while any alarm is raised",
        ["prod/crm/top", "prod/crm/middle", "prod/crm/loud", "prod/crm/bottom"],
    )
    assert tiles(chain, "executive")[0][1] == ["prod/crm", "prod/web"]
