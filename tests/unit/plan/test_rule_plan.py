"""EventBridge rules: few, and as narrow as their length allows."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden_plan.limits import PATTERN_CHARACTERS
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_delivery import RulePlan

Declare = Mapping[str, Callable[..., Any]]


def rule(plan: Plan, name: str) -> RulePlan:
    return next(rule for rule in plan.core.rules if rule.name == f"pipewarden-prod-{name}")


def test_one_rule_per_technology_and_kind(plan: Plan) -> None:
    kinds = [(rule.technology, rule.kind) for rule in plan.core.rules]
    technologies = ("glue-job", "lambda", "step-functions")
    assert kinds == [(technology, kind) for technology in technologies for kind in ("failed", "succeeded")]


def test_a_pattern_names_the_declared_resources(plan: Plan) -> None:
    found = rule(plan, "glue-job-failed")
    assert found.pattern["detail"]["jobName"] == ["customer-import-extract-prod", "customer-import-merge-prod"]
    assert "FAILED" in found.pattern["detail"]["state"]
    assert not found.open_pattern


def test_an_identity_may_lie_deep_in_the_event(plan: Plan) -> None:
    pattern = rule(plan, "lambda-failed").pattern
    arns = pattern["detail"]["requestContext"]["functionArn"]
    assert arns == ["arn:aws:lambda:us-east-1:123456789012:function:crm-export-prod:$LATEST"]


@pytest.mark.parametrize(("jobs", "is_open"), [(100, False), (200, True)], ids=["they fit", "they do not fit"])
def test_a_pattern_that_would_be_too_long_is_open(
    planned: Callable[..., Plan], declare: Declare, jobs: int, is_open: bool
) -> None:
    resources = [
        declare["resource"](f"job-{number}", "glue-job", job_name=f"job-{number:03}") for number in range(jobs)
    ]
    plan = planned(declare["pipeline"]("jobs", *resources))
    found = rule(plan, "glue-job-failed")
    assert found.open_pattern == is_open
    assert ("jobName" in found.pattern["detail"]) != is_open
    assert len(json.dumps(found.pattern, separators=(",", ":"))) <= PATTERN_CHARACTERS
    assert any(found.name in notice and f"{jobs} of them" in notice for notice in plan.notices) == is_open


def test_a_pattern_does_not_touch_the_technology(plan: Plan) -> None:
    from pipewarden.registry import technologies

    assert all("jobName" not in event.detail for event in technologies()["glue-job"].events)
