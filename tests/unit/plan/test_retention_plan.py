"""How long the logs of each pipeline are kept, and what counts where pipelines differ."""

from collections.abc import Callable, Mapping
from typing import Any

from pipewarden_plan.plan import Plan

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]


def function(declare: Declare, pipeline: str, name: str, **more: Any) -> Any:
    return declare["pipeline"](pipeline, declare["resource"]("run", "lambda", function=name), **more)


def job(declare: Declare, pipeline: str, **more: Any) -> Any:
    return declare["pipeline"](pipeline, declare["resource"]("run", "glue-job", job_name=pipeline), **more)


def days(plan: Plan) -> dict[str, int]:
    return {group: kept.days for kept in plan.core.retention for group in kept.groups}


def test_a_pipeline_goes_before_its_environment(planned: Planned, declare: Declare) -> None:
    plan = planned(function(declare, "a", "a"), function(declare, "b", "b", log_retention_days=365))
    assert days(plan) == {"/aws/lambda/a": 90, "/aws/lambda/b": 365}
    assert plan.core.retention_days == 90


def test_a_shared_group_is_kept_as_long_as_the_longest_asks(planned: Planned, declare: Declare) -> None:
    plan = planned(job(declare, "a", log_retention_days=7), job(declare, "b", log_retention_days=30))
    assert set(days(plan).values()) == {30}
    assert any("/aws-glue/jobs/error" in notice and "the longest counts" in notice for notice in plan.notices)


def test_pipelines_that_agree_are_no_notice(planned: Planned, declare: Declare) -> None:
    plan = planned(job(declare, "a", log_retention_days=7), job(declare, "b", log_retention_days=7))
    assert set(days(plan).values()) == {7}
    assert not any("the longest counts" in notice for notice in plan.notices)
