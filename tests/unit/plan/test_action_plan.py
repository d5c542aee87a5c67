"""Declared actions in the plan: in the settings of run time, in the responder's rights, and in words."""

from pathlib import Path

import pytest

from pipewarden.settings import Settings
from pipewarden_cli.tree.words import action_words
from pipewarden_plan.declaration import load_project
from pipewarden_plan.grant_plan import pack
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_function import StatementPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.resolve import resolve

CASE = Path(__file__).parents[2] / "declarations/valid/actions"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(resolve(load_project(CASE), "prod"))


def test_settings_carry_what_run_time_needs(plan: Plan) -> None:
    resources = plan.settings.pipelines["crm-load"].resources
    again = Settings.from_json(plan.settings.to_json()).pipelines["crm-load"].resources
    assert {name: found.actions for name, found in again.items()} == {
        name: found.actions for name, found in resources.items()
    }
    tasks = resources["ingest"].actions["more-tasks"]
    assert (tasks.alarms, tasks.clears_within_seconds) == (("ingest.oldest-message",), 1800)
    assert tasks.fields == {"cluster": "crm-prod", "service": "crm-workers", "by": 2, "max": 10}
    restore = resources["load"].actions["restore-config"]
    assert restore.fields == {"parameter": "/crm/load/config"}, "defaults of another way are nobody's"
    assert (restore.guards.attempts, restore.guards.cooldown_seconds, restore.guards.breaker.failures) == (1, 3600, 4)


def test_the_responder_may_do_what_is_declared_and_no_other_function_may(plan: Plan) -> None:
    granted = {
        function.role: {statement.sid.rstrip("0123456789") for statement in function.statements if statement.exact}
        for function in plan.core.functions
    }
    assert granted.pop("responder") == {"ActCleanUp", "ActRollback", "ActRun", "ActScale"}
    assert set().union(*granted.values()) == set()


@pytest.mark.parametrize(
    ("resource", "action", "words"),
    [
        (
            "load",
            "free-space",
            "delete objects older than 2d in s3://crm-scratch-prod/tmp/load/ when the failure is resource, then the "
            "run is started again; once an incident, cooldown 1 h",
        ),
        (
            "settle",
            "restore-flags",
            "deploy the version of the profile ghi9012 before the present one again when the failure is deterministic "
            "or unknown, then paged; once an incident, cooldown 1 h",
        ),
        (
            "ingest",
            "mend",
            "call the function crm-mend-prod:live when ingest.oldest-message is raised, paged unless it clears within "
            "15 min; 2 times an incident, cooldown 1 h",
        ),
    ],
)
def test_the_plan_says_what_is_done_when(plan: Plan, resource: str, action: str, words: str) -> None:
    assert action_words(plan.settings.pipelines["crm-load"].resources[resource].actions[action]) == words


def test_what_deletes_or_changes_is_never_widened_to_a_pattern() -> None:
    """However many ARNs there are: others are made patterns of, these stay."""

    def many(sid: str, count: int, *, exact: bool) -> StatementPlan:
        arns = tuple(f"arn:aws:ssm:us-east-1:123456789012:parameter/{'x' * 40}-{number:04d}" for number in range(count))
        return StatementPlan(sid=sid, reason="", actions=(f"ssm:{sid}",), resources=arns, exact=exact)

    inline, managed = pack("responder", [many("Put", 200, exact=True), many("Get", 2000, exact=False)], Remarks())
    found: dict[str, set[str]] = {}
    for statement in (one for policy in (inline, *managed) for one in policy):
        found.setdefault(statement.sid.partition("Part")[0], set()).update(statement.resources)
    assert len(found["Put"]) == 200
    assert found["Get"] == {f"arn:aws:ssm:us-east-1:123456789012:parameter/{'x' * 40}-*"}
    with pytest.raises(ValueError, match="do not fit into a role"):
        pack("responder", [many("Put", 2000, exact=True)], Remarks())
