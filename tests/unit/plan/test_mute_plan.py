"""Maintenance windows as mute rules: which alarms, in which words, in how many parts."""

from typing import Any

import pytest

from pipewarden.names import Names
from pipewarden.window import Maintenance
from pipewarden_plan.limits import MUTED_ALARMS
from pipewarden_plan.mute_plan import iso_duration, mute_expression, plan_mutes
from pipewarden_plan.parts import split_by_hash
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan
from tests.unit.plan.conftest import environment

NAMES = Names("prod", "123456789012", "us-east-1")
PATCH = Maintenance(name="patch", cron="0 1 1 * *", duration_seconds=7200)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(60, "PT1M"), (90, "PT2M"), (7200, "PT2H"), (86_400, "P1D"), (95_400, "P1DT2H30M"), (15 * 86_400, "P15D")],
)
def test_a_duration_in_iso_8601(seconds: int, expected: str) -> None:
    assert iso_duration(seconds) == expected


def test_a_window_in_the_words_of_cloudwatch() -> None:
    assert mute_expression(PATCH) == "cron(0 1 1 * *)"
    assert mute_expression(Maintenance(name="m", at="2026-03-01T22:00", duration_seconds=60)) == "at(2026-03-01T22:00)"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"P1", "P2"}),
        ({"hold_p0": True}, {"P0", "P1", "P2"}),
        ({"pipelines": ("nothing-here",)}, set()),
    ],
    ids=["every alarm but P0", "P0 too where the window says so", "no rule for a team that it does not concern"],
)
def test_which_alarms_a_window_mutes(plan: Plan, changes: dict[str, Any], expected: set[str]) -> None:
    window = Maintenance(**{**PATCH.__dict__, **changes})
    alarms = plan.teams[0].alarms
    mutes = plan_mutes("crm", alarms, environment(maintenance=(window,)), NAMES)
    muted = {name for mute in mutes for name in mute.alarms}
    assert muted == {alarm.name for alarm in alarms if alarm.severity in expected and not alarm.disabled_reason}
    assert {mute.name for mute in mutes} <= {"pipewarden-prod-crm-patch"}


def test_a_rule_names_at_most_a_hundred_alarms_and_one_alarm_more_changes_one_part(plan: Plan) -> None:
    sample = next(alarm for alarm in plan.teams[0].alarms if not alarm.disabled_reason and alarm.severity == "P2")
    many = [AlarmPlan(**{**sample.__dict__, "name": f"a{number}"}) for number in range(250)]
    place = environment(maintenance=(PATCH,))
    before, after = plan_mutes("crm", many[:-1], place, NAMES), plan_mutes("crm", many, place, NAMES)
    assert max(len(mute.alarms) for mute in after) <= MUTED_ALARMS
    assert sum(len(mute.alarms) for mute in after) == 250
    assert len({mute.name for mute in after}) == len(after) == len(before) > 2
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_parts_are_as_few_as_fit() -> None:
    assert split_by_hash(["a", "b"], lambda part: len(part) <= 2) == [["a", "b"]]
