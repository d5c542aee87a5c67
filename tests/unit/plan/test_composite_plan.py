"""The path to people that needs no function of ours."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from pipewarden.route_settings import Severity
from pipewarden_plan.composite_plan import plan_composites, rule_text
from pipewarden_plan.limits import COMPOSITE_CHILDREN, COMPOSITE_RULE_CHARACTERS
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan


def many(plan: Plan, count: int, filler: str = "") -> list[AlarmPlan]:
    alarm = next(alarm for alarm in plan.teams[0].alarms if alarm.severity == "P1")
    return [dataclasses.replace(alarm, name=f"prod/crm/{filler}pipeline-{number}/failed") for number in range(count)]


def test_one_composite_per_severity_pages_unless_the_responder_is_alive(plan: Plan) -> None:
    composites = plan.teams[0].composites
    assert [composite.name for composite in composites] == ["prod/crm/P0", "prod/crm/P1", "prod/crm/P2"]
    for composite in composites:
        assert composite.action_topic == f"pipewarden-prod-page-{composite.name[-2:]}"
        assert composite.suppressor == "prod/pipewarden/responding"


def test_its_children_are_the_deployed_alarms_of_the_severity(plan: Plan) -> None:
    deployed = {alarm.name for alarm in plan.teams[0].alarms if alarm.severity == "P1" and not alarm.disabled_reason}
    composite = next(found for found in plan.teams[0].composites if found.name == "prod/crm/P1")
    assert set(composite.children) == deployed
    assert rule_text(composite).count("ALARM(") == len(deployed)


@pytest.mark.parametrize(
    ("count", "filler"),
    [(100, ""), (101, ""), (450, ""), (10_001, ""), (60, "x" * 200), (3_000, "x" * 200)],
    ids=["as many as one takes", "one more", "many", "parts of parts", "few with long names", "many with long names"],
)
def test_no_composite_passes_a_limit_and_none_is_left_out(plan: Plan, count: int, filler: str) -> None:
    alarms = many(plan, count, filler)
    composites = plan_composites("crm", alarms, plan.settings.names)
    assert all(len(composite.children) <= COMPOSITE_CHILDREN for composite in composites)
    assert all(len(rule_text(composite)) <= COMPOSITE_RULE_CHARACTERS for composite in composites)
    leaves = {child for composite in composites for child in composite.children} - {found.name for found in composites}
    assert leaves == {alarm.name for alarm in alarms}
    assert [composite.name for composite in composites if composite.action_topic] == ["prod/crm/P1"]
    assert composites[-1].action_topic, "children come first"


def test_one_more_alarm_changes_one_part(plan: Plan) -> None:
    before = plan_composites("crm", many(plan, 300), plan.settings.names)
    after = plan_composites("crm", many(plan, 301), plan.settings.names)
    assert len(before) > 2
    assert len(set(before) - set(after)) == 1


def test_the_suppressor_is_in_alarm_while_signals_are_answered(plan: Plan) -> None:
    (responding,) = plan.core.composites
    assert rule_text(responding) == 'ALARM("prod/pipewarden/alive") AND NOT ALARM("prod/pipewarden/signals.age")'
    assert not responding.action_topic


def test_alarms_over_ourselves_reach_people_directly(plan: Plan) -> None:
    acting = {alarm.key: alarm.action_topic for alarm in plan.core.alarms}
    assert acting.pop("alive") == ""
    assert acting.pop("page-P0.undelivered") == "pipewarden-prod-page-P1", "the topic that fails tells nobody"
    assert set(acting.values()) == {"pipewarden-prod-page-P0"}
    roles = {function.role for function in plan.core.functions}
    assert {f"{role}.{what}" for role in roles for what in ("errors", "throttles")} < acting.keys()


def test_every_topic_is_watched_for_what_it_cannot_deliver(plan: Plan) -> None:
    watched = {alarm.metric.dimensions.get("TopicName") for alarm in plan.core.alarms} - {None}
    assert watched == {topic.name for topic in plan.core.topics}


def test_where_there_is_one_severity_its_topic_tells_of_itself(planned: Callable[..., Plan], declare: Any) -> None:
    only = {"P2": Severity(respond_within_seconds=3_600, notify=("data-email",))}
    plan = planned(declare["crm_export"](), severities=only)
    acting = {alarm.key: alarm.action_topic for alarm in plan.core.alarms}
    assert acting["page-P2.undelivered"] == "pipewarden-prod-page-P2"


@pytest.mark.parametrize(("every", "period"), [(60, 300), (300, 300), (3600, 3600)])
def test_the_silence_of_the_probe_pages_after_three_rounds(
    planned: Callable[..., Plan], declare: Any, every: int, period: int
) -> None:
    plan = planned(declare["crm_export"](), probe_every_seconds=every)
    found = next(alarm for alarm in plan.core.alarms if alarm.key == "probe.silent")
    assert (found.metric.name, found.period_seconds, found.missing) == ("Probed", period, "breaching")
    assert (found.datapoints, found.periods) == (3, 3)
    assert found.warm_up_minutes * 60 > 3 * period


def test_no_page_before_the_first_heartbeat_could_arrive(plan: Plan) -> None:
    missing = next(alarm for alarm in plan.core.alarms if alarm.key == "heartbeat.missing")
    assert (missing.missing, missing.warm_up_minutes > missing.periods) == ("breaching", True)


@pytest.mark.parametrize(("every", "silent", "blind"), [(60, 180, 300), (300, 900, 300), (3600, 10800, 3600)])
def test_the_silence_of_the_reconciler_pages_after_three_passes(
    planned: Callable[..., Plan], declare: Any, every: int, silent: int, blind: int
) -> None:
    plan = planned(declare["crm_export"](), reconcile_every_seconds=every)
    alarms = {alarm.key: alarm for alarm in plan.core.alarms}
    found = alarms["reconciler.silent"]
    assert (found.metric.name, found.period_seconds, found.missing) == ("Reconciled", silent, "breaching")
    assert found.warm_up_minutes * 60 >= silent
    assert alarms["reconciler.blind"].period_seconds == blind


def test_the_probe_is_judged_in_periods_that_hold_a_look_of_it(planned: Callable[..., Plan], declare: Any) -> None:
    plan = planned(declare["crm_export"](), probe_every_seconds=900)
    alarm = next(alarm for alarm in plan.core.alarms if alarm.key == "probe.unmeasured")
    assert alarm.period_seconds >= 900
