"""Alarms on queries of log groups: what is deployed, who may ask, what it costs and where it is seen."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden_cdk.rendering.alarms import render_alarms
from pipewarden_cdk.rendering.log_alarms import render_log_query_role
from pipewarden_cli.tree.core_tree import plan_branch
from pipewarden_plan.cost_plan import plan_costs
from pipewarden_plan.log_alarm_plan import schedule_expression
from pipewarden_plan.model import AlarmOverride, Model
from pipewarden_plan.plan import Plan
from pipewarden_plan.plan_view import condition
from pipewarden_plan.team_plan import resource_count
from tests.unit.plan.conftest import environment as made_environment

QUERY = "filter level = 'ERROR'"


@pytest.fixture
def declared(declare: Mapping[str, Callable[..., Any]]) -> Any:
    groups = ["/aws/lambda/a-prod", "/ecs/b"]
    query = declare["resource"]("errors", "log-query", log_groups=groups, query=QUERY, every=600, expect={"max": 3})
    return declare["pipeline"]("crm", query)


@pytest.fixture
def planned_query(planned: Callable[..., Plan], declared: Any) -> Plan:
    return planned(declared)


def rendered(plan: Plan) -> dict[str, Any]:
    (alarm,) = render_alarms(plan.teams[0].alarms, plan.settings.names).values()
    assert alarm["Type"] == "AWS::CloudWatch::LogAlarm"
    properties: dict[str, Any] = alarm["Properties"]
    return properties


def test_the_query_is_asked_by_the_clock_and_reads_each_event_once(planned_query: Plan) -> None:
    properties = rendered(planned_query)
    assert properties["ScheduledQueryConfiguration"] == {
        "QueryString": QUERY,
        "AggregationExpression": "count(*)",
        "LogGroupIdentifiers": ["/aws/lambda/a-prod", "/ecs/b"],
        "ScheduleConfiguration": {
            "ScheduleExpression": "rate(10 minutes)",
            "StartTimeOffset": 660,
            "EndTimeOffset": 60,
        },
        "ScheduledQueryRoleARN": {"Fn::GetAtt": ["LogQueryRole", "Arn"]},
    }
    judged = {key: properties[key] for key in ("QueryResultsToEvaluate", "QueryResultsToAlarm", "Threshold")}
    assert judged == {"QueryResultsToEvaluate": 1, "QueryResultsToAlarm": 1, "Threshold": 3}
    assert (properties["ComparisonOperator"], properties["TreatMissingData"]) == (
        "GreaterThanThreshold",
        "notBreaching",
    )
    assert (
        properties["AlarmActions"]
        == properties["OKActions"]
        == ["arn:aws:sns:us-east-1:123456789012:pipewarden-prod-alarm-P2"]
    )
    assert not {"EvaluationPeriods", "Metrics", "MetricName"} & properties.keys()


@pytest.mark.parametrize(
    ("seconds", "expected"), [(60, "rate(1 minute)"), (300, "rate(5 minutes)"), (86_400, "rate(1440 minutes)")]
)
def test_schedule(seconds: int, expected: str) -> None:
    assert schedule_expression(seconds) == expected


def test_its_alarm_is_overridden_as_any_other(planned: Callable[..., Plan], declared: Any) -> None:
    override = AlarmOverride(period_seconds=3600, periods=3, datapoints=2, threshold=9, missing="ignore")
    properties = rendered(planned(type(declared)(**{**vars(declared), "alarms": {"errors.max": override}})))
    asked = properties["ScheduledQueryConfiguration"]["ScheduleConfiguration"]
    assert (asked["ScheduleExpression"], asked["StartTimeOffset"]) == ("rate(60 minutes)", 3660)
    found = [properties[key] for key in ("QueryResultsToEvaluate", "QueryResultsToAlarm", "Threshold")]
    assert (found, properties["TreatMissingData"]) == ([3, 2, 9], "ignore")


def test_one_role_of_the_team_may_ask_these_log_groups_only(planned_query: Plan) -> None:
    (team,) = planned_query.teams
    (role,) = render_log_query_role(team.team, team.log_query_statements, planned_query.settings.names).values()
    properties = role["Properties"]
    (statement,) = properties["Policies"][0]["PolicyDocument"]["Statement"]
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:"
    assert statement["Resource"] == [
        f"{arn}{name}{rest}" for name in ("/aws/lambda/a-prod", "/ecs/b") for rest in ("", ":*")
    ]
    assert statement["Action"] == ["logs:StartQuery", "logs:StopQuery", "logs:GetQueryResults"]
    assert properties["RoleName"] == "pipewarden-prod-crm-logs-us-east-1"
    (trusted,) = properties["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "logs.amazonaws.com"}


def test_the_plan_shows_what_the_role_may_do(planned_query: Plan) -> None:
    core = next(found for found in plan_branch(planned_query, grants=True).children if found.label == "core")
    (roles,) = [found for found in core.children if found.label == "roles of alarms on log queries"]
    (role,) = roles.children
    assert role.label == "pipewarden-prod-crm-logs-us-east-1"
    assert role.children[0].text.startswith("logs:StartQuery, logs:StopQuery, logs:GetQueryResults: alarms on queries")


def test_a_team_without_queries_has_no_role(plan: Plan) -> None:
    (team,) = plan.teams
    assert team.log_query_statements == ()
    assert render_log_query_role(team.team, (), plan.settings.names) == {}


def test_the_role_counts_as_a_resource_of_the_stack(planned: Callable[..., Plan], declared: Any) -> None:
    off = type(declared)(**{**vars(declared), "alarms": {"errors.max": AlarmOverride(enabled=False)}})
    with_it, without = planned(declared).teams[0], planned(off).teams[0]
    assert without.log_query_statements == ()
    composite = len(with_it.composites) - len(without.composites)
    assert resource_count(with_it) - resource_count(without) - composite == 2


def test_it_is_priced_by_alarm_and_by_what_it_reads(planned_query: Plan, declared: Any) -> None:
    bill = plan_costs(planned_query, Model(environment=made_environment(), pipelines=(declared,)))
    found = {line.item: line.quantity for line in bill.lines if line.pipeline == "crm"}
    assert found["log-alarm"] == 1
    assert found["log-scan-gigabyte"] == pytest.approx(730 * 6 * 0.001)
    assert "alarm-metric" not in found


def test_people_see_what_is_judged_and_the_rows(planned_query: Plan) -> None:
    (team,) = planned_query.teams
    (alarm,) = team.alarms
    assert condition(alarm) == "count(*) of its query > 3 in 1 of 1 periods of 600 s"
    widgets = [widget["properties"] for widget in team.dashboards[0].body["widgets"] if widget["type"] == "log"]
    (found,) = [widget for widget in widgets if widget["title"] == "errors: what its query finds"]
    assert found["query"] == f"SOURCE '/aws/lambda/a-prod' | SOURCE '/ecs/b' | {QUERY} | limit 50"


def test_its_log_groups_are_kept_as_long_as_others(planned_query: Plan) -> None:
    kept = {group: row.days for row in planned_query.core.retention for group in row.groups}
    assert (kept["/aws/lambda/a-prod"], kept["/ecs/b"]) == (90, 90)


def test_it_stays_an_alarm_of_its_own_beside_fleets(planned: Callable[..., Plan], declared: Any) -> None:
    (alarm,) = planned(declared, alarm_mode="fleet").teams[0].alarms
    assert alarm.stays == "it judges a query of logs"
