"""What no declaration reaches, broken in the plan; and how often a schedule comes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pipewarden.registry import technologies
from pipewarden_plan.can_fire.catalogue import catalogue, limits
from pipewarden_plan.can_fire.occurrence import most_periods_with_a_run
from pipewarden_plan.can_fire.page import rules_of_the_check
from pipewarden_plan.can_fire.reach_rules import reach_of, unheard
from pipewarden_plan.model import Schedule
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.planned_delivery import TopicPlan
from pipewarden_plan.watched import names_of

ALARM = "prod/crm/customer-import/load.failed"
TOPIC = "pipewarden-prod-alarm-P1"


def objections(plan: Plan) -> set[tuple[str, str]]:
    """The rules that are broken, each with the alarm or composite that breaks it."""
    reach = reach_of(plan.core, plan.teams, plan.environment, names_of(plan.environment))
    return {(found.rule, name) for name, found in unheard(reach)}


def with_alarm(plan: Plan, **changes: Any) -> Plan:
    def changed(alarm: AlarmPlan) -> AlarmPlan:
        return replace(alarm, **changes) if alarm.name == ALARM else alarm

    (team,) = plan.teams
    return replace(plan, teams=(replace(team, alarms=tuple(map(changed, team.alarms))),))


def with_topic(plan: Plan, **changes: Any) -> Plan:
    def changed(topic: TopicPlan) -> TopicPlan:
        return replace(topic, **changes) if topic.name == TOPIC else topic

    return replace(plan, core=replace(plan.core, topics=tuple(map(changed, plan.core.topics))))


def without_composites(plan: Plan) -> Plan:
    return replace(plan, teams=tuple(replace(team, composites=()) for team in plan.teams))


def with_composite(plan: Plan, **changes: Any) -> Plan:
    (team,) = plan.teams
    made = CompositePlan(name="c", description="", **{"children": (ALARM,), "action_topic": TOPIC, **changes})
    return replace(plan, teams=(replace(team, composites=(*team.composites, made)),))


def test_nothing_of_the_plan_is_unheard(plan: Plan) -> None:
    assert objections(plan) == set()


BROKEN: dict[str, tuple[Callable[[Plan], Plan], set[tuple[str, str]]]] = {
    "an alarm without action that no composite names": (
        lambda plan: without_composites(with_alarm(plan, action_topic="")),
        {("PW510", ALARM)},
    ),
    "an alarm without action below a composite is heard through it": (
        lambda plan: with_composite(without_composites(with_alarm(plan, action_topic=""))),
        set(),
    ),
    "a composite without action that nothing names": (
        lambda plan: with_composite(plan, action_topic=""),
        {("PW510", "c")},
    ),
    "a topic that is not there": (lambda plan: with_alarm(plan, action_topic="nowhere"), {("PW511", ALARM)}),
    "a topic without listeners": (lambda plan: with_topic(plan, subscriptions=()), {("PW512", ALARM)}),
    "a topic that does not admit CloudWatch": (lambda plan: with_topic(plan, publishers=()), {("PW513", ALARM)}),
    "a composite over an alarm that is switched off": (
        lambda plan: with_composite(plan, children=(ALARM, "prod/crm/customer-import/ingest.oldest-message")),
        {("PW514", "c")},
    ),
    "a composite that nothing can hold back": (
        lambda plan: with_composite(plan, suppressor="prod/crm/gone"),
        {("PW514", "c")},
    ),
    "a composite that is there to be looked at": (
        lambda plan: with_composite(plan, action_topic="", overview=True),
        set(),
    ),
    "a composite over nothing": (lambda plan: with_composite(plan, children=("gone",)), {("PW514", "c")}),
}


@pytest.mark.parametrize(("broken", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_what_would_be_unheard_is_found(
    plan: Plan, broken: Callable[[Plan], Plan], expected: set[tuple[str, str]]
) -> None:
    found = objections(broken(plan))
    assert {row for row in found if row[1] in (ALARM, "c")} == expected
    assert bool(found) == bool(expected)


def test_a_rule_that_only_the_plan_can_break_is_broken_here() -> None:
    found = {rule for _, expected in BROKEN.values() for rule, _ in expected}
    assert found == {row["id"] for row in rules_of_the_check() if row["reached_by"] == "plan"}


@pytest.mark.parametrize(
    ("schedule", "period", "periods", "expected"),
    [
        pytest.param(Schedule(cron="0 2 * * *"), 300, 5, 1, id="a nightly run in 25 minutes"),
        pytest.param(Schedule(cron="0 2 * * *"), 86_400, 3, 3, id="a nightly run in three days"),
        pytest.param(Schedule(cron="0 2 * * MON"), 86_400, 7, 1, id="a weekly run in a week"),
        pytest.param(Schedule(cron="0 2 1 * MON"), 86_400, 2, 2, id="either day field may hit, on days in a row"),
        pytest.param(Schedule(cron="0 2 31 12 *"), 86_400, 7, 1, id="once a year"),
        pytest.param(Schedule(cron="0,3 2 * * *"), 300, 3, 1, id="two runs in one period are one point"),
        pytest.param(Schedule(cron="*/5 * * * *"), 300, 3, 3, id="every five minutes"),
        pytest.param(Schedule(cron="0 23,1 * * *"), 3_600, 3, 2, id="on both sides of midnight"),
        pytest.param(Schedule(rate_seconds=3_600), 300, 5, 1, id="an hourly rate"),
        pytest.param(Schedule(rate_seconds=3_600), 1_800, 5, 3, id="an hourly rate, in half hours"),
    ],
)
def test_the_most_runs_of_a_schedule(schedule: Schedule, period: int, periods: int, expected: int) -> None:
    assert most_periods_with_a_run(schedule, period, periods, enough=1_000) == expected


@pytest.mark.parametrize(
    ("metric", "statistic", "expected"),
    [
        pytest.param(("Pipewarden", "SuccessRate"), "Minimum", (0, 100), id="a percentage"),
        pytest.param(("Pipewarden", "SuccessRate"), "Sum", (0, float("inf")), id="a sum of percentages"),
        pytest.param(("AWS/Lambda", "Duration"), "p99", (0, 900_000), id="a limit of the service"),
        pytest.param(("AWS/Lambda", "Errors"), "Sum", (0, float("inf")), id="a count"),
    ],
)
def test_where_values_end(metric: tuple[str, str], statistic: str, expected: tuple[float, float]) -> None:
    assert limits(catalogue()[metric], statistic) == expected


def test_an_alarm_over_a_metric_that_must_be_switched_on_needs_the_field_that_says_so() -> None:
    for technology in technologies().values():
        for rule in technology.alarms:
            row: Mapping[str, Any] = catalogue().get((rule.namespace, rule.metric), {})
            assert rule.needs or "switch" not in row, f"{technology.type}.{rule.key}"


def test_the_ids_are_in_one_block() -> None:
    numbers = [int(row["id"][2:]) for row in rules_of_the_check()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
