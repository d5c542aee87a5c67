"""Fleet alarms: one Metrics Insights alarm per rule over all pipelines, and what cannot be one."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from pipewarden.window import Maintenance
from pipewarden_cdk.rendering.alarms import render_alarms
from pipewarden_cli.evaluator.alarm import read_alarm
from pipewarden_cli.evaluator.insights import calculate, parse_insights
from pipewarden_cli.evaluator.query import Metric, RecordedMetrics
from pipewarden_cli.evaluator.samples import Grid
from pipewarden_plan.can_fire.table import check_fleets
from pipewarden_plan.fleet_plan import why_alone
from pipewarden_plan.limits import EXPRESSION_CHARACTERS
from pipewarden_plan.model import AlarmOverride
from pipewarden_plan.plan import Plan
from pipewarden_plan.plan_view import describe
from pipewarden_plan.planned_alarm import AlarmPlan, FleetPlan
from pipewarden_plan.remarks import Remarks

OWN = "prod/pipewarden/fleet"
Declare = Mapping[str, Callable[..., Any]]


def jobs(declare: Declare, count: int, **changes: Any) -> list[Any]:
    """Pipelines of two Glue jobs each that must take no longer than an hour."""
    return [
        declare["pipeline"](
            f"import-{number}",
            *(declare["resource"](name, "glue-job", job_name=f"{name}-{number}") for name in ("extract", "load")),
            **{"expect": {"duration": {"max": 3600}}, **changes},
        )
        for number in range(count)
    ]


def fleet_plan(planned: Callable[..., Plan], pipelines: Iterable[Any], **changes: Any) -> Plan:
    return planned(*pipelines, alarm_mode="fleet", **changes)


def alarms_of(plan: Plan) -> dict[str, AlarmPlan]:
    return {alarm.name: alarm for team in plan.teams for alarm in team.alarms}


def seen_by(fleet: FleetPlan, plan: Plan) -> set[tuple[str, ...]]:
    """The contributors of a fleet alarm when every declared alarm's metric has data, and another environment's."""
    source, metric = RecordedMetrics(), fleet.alarm.metric
    for alarm in alarms_of(plan).values():
        for environment in ("prod", "dev"):
            dimensions = alarm.metric.dimensions
            if "Environment" in dimensions:
                dimensions = {**dimensions, "Environment": environment}
            source.record(Metric.of(alarm.metric.namespace, alarm.metric.name, dimensions), 30, 1.0)
    assert metric.dimensions == {}
    found = calculate(parse_insights(fleet.alarm.query), source, Grid.regular(0, 60, 1))
    return {tuple(value for _, value in group) for group, _ in found}


def test_one_alarm_per_rule_stands_for_all_pipelines(planned: Callable[..., Plan], declare: Declare) -> None:
    plan = fleet_plan(planned, jobs(declare, 3))
    assert [fleet.alarm.name for fleet in plan.core.fleets] == [
        f"{OWN}/P2/glue-job.duration",
        f"{OWN}/P2/glue-job.failed",
    ]
    fleet = plan.core.fleets[1]
    assert fleet.group_by == ("Pipeline", "Resource")
    assert fleet.members["prod/crm/import-1/load.failed"] == ("import-1", "load")
    assert len(fleet.members) == 6
    assert fleet.alarm.query == (
        'SELECT SUM("RunsFailed") FROM SCHEMA("Pipewarden", "Environment", "Pipeline", "Resource") '
        'WHERE "Environment" = \'prod\' GROUP BY "Pipeline", "Resource" ORDER BY MAX() DESC'
    )
    assert not any(alarm.deployed for alarm in alarms_of(plan).values() if alarm.fleet)
    assert alarms_of(plan)["prod/crm/import-1/load.failed"].fleet == fleet.alarm.name


def test_without_the_mode_nothing_changes(planned: Callable[..., Plan], declare: Declare) -> None:
    plan = planned(*jobs(declare, 3))
    assert (plan.core.fleets, plan.settings.fleets) == ((), {})
    assert all(alarm.deployed and not alarm.stays for alarm in alarms_of(plan).values())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, ""),
        ({"missing": "breaching"}, "missing data"),
        ({"missing": "ignore"}, "missing data"),
        ({"comparison": "outside-band"}, "a band"),
        ({"expression": "m * 2"}, "metric math"),
        ({"period_seconds": 3600, "periods": 4}, "14,400 s"),
        ({"period_seconds": 3600, "periods": 3}, ""),
        ({"period_seconds": 10}, "under a minute"),
    ],
)
def test_what_cannot_be_one_of_a_fleet(plan: Plan, change: dict[str, Any], why: str) -> None:
    alarm = dataclasses.replace(alarms_of(plan)["prod/crm/customer-import/extract.failed"], **change)
    assert why in why_alone(alarm, whole_account=False)
    assert bool(why_alone(alarm, whole_account=False)) is bool(why)


def test_a_statistic_that_queries_do_not_have_and_a_metric_of_the_account(plan: Plan) -> None:
    alarm = alarms_of(plan)["prod/crm/customer-import/extract.failed"]
    p90 = dataclasses.replace(alarm, metric=dataclasses.replace(alarm.metric, statistic="p90"))
    bare = dataclasses.replace(alarm, metric=dataclasses.replace(alarm.metric, dimensions={}))
    theirs = dataclasses.replace(alarm, metric=dataclasses.replace(alarm.metric, namespace="AWS/Lambda"))
    assert "no p90" in why_alone(p90, whole_account=True)
    assert "no dimensions" in why_alone(bare, whole_account=True)
    assert "every resource of the account" in why_alone(theirs, whole_account=False)
    assert why_alone(theirs, whole_account=True) == ""


def test_one_of_a_kind_stays_an_alarm_of_its_own(planned: Callable[..., Plan], declare: Declare) -> None:
    slow = declare["pipeline"](
        "slow", declare["resource"]("it", "glue-job", job_name="it"), expect={"duration": {"max": 7200}}
    )
    plan = fleet_plan(planned, [*jobs(declare, 2), slow])
    alarm = alarms_of(plan)["prod/crm/slow/it.duration"]
    assert alarm.deployed
    assert alarm.stays == "it is the only alarm of its kind"
    (duration,) = [fleet for fleet in plan.core.fleets if fleet.alarm.key == "glue-job.duration"]
    assert "\"Pipeline\" != 'slow'" in duration.alarm.query
    assert seen_by(duration, plan) == set(duration.members.values())


def test_a_resource_that_nothing_is_expected_of_takes_no_part(planned: Callable[..., Plan], declare: Declare) -> None:
    quiet = declare["pipeline"]("quiet", declare["resource"]("it", "glue-job", job_name="it"))
    plan = fleet_plan(planned, [*jobs(declare, 2), quiet])
    duration, failed = plan.core.fleets
    assert "\"Pipeline\" != 'quiet'" in duration.alarm.query
    assert "quiet" not in failed.alarm.query
    assert ("quiet", "it") in seen_by(failed, plan)


def test_severities_and_thresholds_are_alarms_of_their_own(planned: Callable[..., Plan], declare: Declare) -> None:
    grave = [dataclasses.replace(found, name=f"grave-{found.name}", severity="P1") for found in jobs(declare, 2)]
    slow = [
        dataclasses.replace(found, name=f"slow-{found.name}")
        for found in jobs(declare, 2, expect={"duration": {"max": 7200}})
    ]
    plan = fleet_plan(planned, [*jobs(declare, 2), *grave, *slow])
    by_name = {fleet.alarm.name: fleet for fleet in plan.core.fleets}
    assert len(by_name) == len(plan.core.fleets) == 5
    assert {name.rpartition("/")[2].partition("-")[0] for name in by_name} == {"glue"}
    assert sorted(fleet.alarm.threshold for fleet in plan.core.fleets) == [1, 1, 3600, 3600, 7200]
    for fleet in plan.core.fleets:
        assert seen_by(fleet, plan) == set(fleet.members.values())


def test_severities_that_no_query_tells_apart_go_together(planned: Callable[..., Plan], declare: Declare) -> None:
    grave, other = jobs(declare, 2, alarms={"extract.failed": AlarmOverride(severity="P0")})
    plan = fleet_plan(planned, [grave, dataclasses.replace(other, alarms={})])
    failed = next(fleet for fleet in plan.core.fleets if fleet.alarm.key == "glue-job.failed")
    assert (failed.alarm.severity, len(failed.members)) == ("P0", 4)
    assert "the severity of 1 of them" in failed.alarm.description
    assert plan.settings.alarms["prod/crm/import-0/load.failed"].severity == "P2"


def test_an_alarm_that_is_switched_off_takes_no_part(planned: Callable[..., Plan], declare: Declare) -> None:
    off = {"alarms": {"extract.failed": AlarmOverride(enabled=False), "load.failed": AlarmOverride(enabled=False)}}
    plan = fleet_plan(planned, [*jobs(declare, 2), dataclasses.replace(jobs(declare, 1, **off)[0], name="off")])
    failed = next(fleet for fleet in plan.core.fleets if fleet.alarm.key == "glue-job.failed")
    assert "\"Pipeline\" != 'off'" in failed.alarm.query
    assert len(failed.members) == 4


def test_what_no_query_can_leave_out_stays(planned: Callable[..., Plan], declare: Declare) -> None:
    """So many pipelines without the expectation that naming them would pass the length of an expression."""
    quiet = [
        dataclasses.replace(found, name=f"quiet-{found.name}-{'x' * 40}") for found in jobs(declare, 40, expect={})
    ]
    plan = fleet_plan(planned, [*jobs(declare, 2), *quiet])
    assert [fleet.alarm.key for fleet in plan.core.fleets] == ["glue-job.failed"]
    assert "without watching other declared" in alarms_of(plan)["prod/crm/import-0/load.duration"].stays
    assert all(len(fleet.alarm.query) <= EXPRESSION_CHARACTERS for fleet in plan.core.fleets)


def test_more_than_500_series_stay(planned: Callable[..., Plan], declare: Declare) -> None:
    teams = [dataclasses.replace(found, team=f"t{number % 4}") for number, found in enumerate(jobs(declare, 251))]
    plan = fleet_plan(planned, teams)
    assert plan.core.fleets == ()
    assert "500 series, and 502" in alarms_of(plan)["prod/t0/import-0/load.failed"].stays


def test_aws_metrics_only_where_the_whole_account_is_declared(planned: Callable[..., Plan], declare: Declare) -> None:
    functions = [
        declare["pipeline"](f"api-{number}", declare["resource"]("it", "lambda", function=f"api-{number}"))
        for number in range(2)
    ]
    assert fleet_plan(planned, functions).core.fleets == ()
    plan = fleet_plan(planned, functions, whole_account=True)
    fleet = next(fleet for fleet in plan.core.fleets if fleet.alarm.metric.namespace == "AWS/Lambda")
    assert fleet.group_by == ("FunctionName",)
    assert set(fleet.members.values()) == {("api-0",), ("api-1",)}
    assert any("every resource of the account and region" in notice for notice in plan.notices)


def test_people_are_paged_without_our_functions(planned: Callable[..., Plan], declare: Declare) -> None:
    plan = fleet_plan(planned, jobs(declare, 2))
    composite = next(found for found in plan.core.composites if found.name == f"{OWN}/P2")
    assert set(composite.children) == {fleet.alarm.name for fleet in plan.core.fleets}
    assert composite.action_topic == "pipewarden-prod-page-P2"
    assert composite.suppressor == "prod/pipewarden/responding"
    kept = {child for team in plan.teams for found in team.composites for child in found.children}
    assert kept == {alarm.name for alarm in alarms_of(plan).values() if alarm.deployed}


def test_the_rule_brings_the_changes_of_contributors(planned: Callable[..., Plan], declare: Declare) -> None:
    (rule,) = [rule for rule in fleet_plan(planned, jobs(declare, 2)).core.rules if rule.technology == "fleet"]
    assert rule.pattern == {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm Contributor State Change"],
        "detail": {"alarmName": [{"prefix": f"{OWN}/"}]},
    }


def test_what_is_rendered_is_what_cloudwatch_takes(planned: Callable[..., Plan], declare: Declare) -> None:
    plan = fleet_plan(planned, jobs(declare, 2))
    names = plan.settings.names
    (rendered,) = render_alarms([plan.core.fleets[0].alarm], names).values()
    properties = rendered["Properties"]
    rule = read_alarm(properties)
    assert rule.insights is not None
    assert rule.insights.group_by == ("Pipeline", "Resource")
    assert (rule.period, rule.threshold, rule.missing) == (300, 3600, "notBreaching")
    assert "AlarmActions" not in properties or properties["AlarmActions"] == []
    assert not any(alarm.fleet for alarm in alarms_of(plan).values() if alarm.name in json.dumps(rendered))


def test_the_plan_says_what_is_saved_and_what_is_lost(planned: Callable[..., Plan], declare: Declare) -> None:
    fleet, single = fleet_plan(planned, jobs(declare, 3)), planned(*jobs(declare, 3))
    saves, loses = (notice for notice in fleet.notices if notice.startswith("Fleet alarms"))
    assert saves.startswith("Fleet alarms: 2 in place of 12, so 10 fewer to deploy and to keep, for ")
    assert loses.endswith("A region takes 200 of them, this environment has 2.")
    difference = sum(single.monthly_usd.values()) - sum(fleet.monthly_usd.values())
    said = f"{abs(difference):.2f} USD a month {'less' if difference > 0 else 'more'}"
    assert said in saves
    assert fleet.monthly_usd["import-0"] == single.monthly_usd["import-0"]


def test_the_view_for_programs_names_fleets_and_why_not(planned: Callable[..., Plan], declare: Declare) -> None:
    queue = declare["pipeline"]("queue", declare["resource"]("q", "sqs", queue="q", expect={"oldest_message": 600}))
    view = describe(fleet_plan(planned, [*jobs(declare, 2), queue]))
    assert [len(fleet["stands_for"]) for fleet in view["core"]["fleets"]] == [4, 4]
    (team,) = view["teams"]
    rows = {row["name"]: row for p in team["pipelines"] for r in p["resources"] for row in r["alarms"]}
    assert rows["prod/crm/import-0/load.failed"]["fleet"] == f"{OWN}/P2/glue-job.failed"
    assert "every resource of the account" in rows["prod/crm/queue/q.oldest-message"]["stays"]


def test_maintenance_mutes_only_what_is_deployed(planned: Callable[..., Plan], declare: Declare) -> None:
    window = Maintenance(name="patch", cron="0 1 1 * *", duration_seconds=7200, pipelines=("*",))
    plan = fleet_plan(planned, jobs(declare, 2), maintenance=(window,))
    muted = {name for team in plan.teams for mute in team.mutes for name in mute.alarms}
    assert muted == {alarm.name for alarm in alarms_of(plan).values() if alarm.deployed}


@pytest.mark.parametrize(("periods", "rules"), [(36, []), (37, ["PW504"])], ids=["three hours", "a period more"])
def test_the_can_it_fire_check_holds_fleets_to_three_hours(
    planned: Callable[..., Plan], declare: Declare, periods: int, rules: list[str]
) -> None:
    plan = fleet_plan(planned, jobs(declare, 2))
    fleet, remarks = plan.core.fleets[0], Remarks()
    longer = dataclasses.replace(fleet, alarm=dataclasses.replace(fleet.alarm, periods=periods))
    check_fleets([longer], plan.environment, remarks)
    assert [found.id for found in remarks.findings] == rules
