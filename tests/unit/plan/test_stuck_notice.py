"""What the plan says about runs that never end."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden_plan.model import Schedule
from pipewarden_plan.plan import Plan

NIGHTLY = {"schedule": Schedule(cron="0 2 * * *")}
DEFAULT = "A run counts as stuck when its next one is due and it takes 3 times as long as usual"
NOTHING = "Nothing of Pipewarden tells of a run that never ends"


def stuck_notices(plan: Plan) -> list[str]:
    return [notice for notice in plan.notices if notice.startswith((DEFAULT, NOTHING))]


@pytest.mark.parametrize(
    ("pipeline", "resource", "start"),
    [
        pytest.param(NIGHTLY, {}, DEFAULT, id="a schedule"),
        pytest.param({}, {}, NOTHING, id="no schedule"),
        pytest.param({**NIGHTLY, "expect": {"finished_by": "06:00"}}, {}, "", id="a time of day"),
        pytest.param({"expect": {"duration": {"max": 60}}}, {}, "", id="a limit for all"),
        pytest.param({}, {"expect": {"duration": {"ratio": 2}}}, "", id="a limit of its own"),
        pytest.param({}, {"expect": {"success_within": 7200}}, "", id="a success in time"),
        pytest.param(NIGHTLY, {"within": "other"}, "", id="another one is asked"),
    ],
)
def test_the_plan_says_what_tells_of_a_run_that_never_ends(
    planned: Callable[..., Plan],
    declare: Mapping[str, Callable[..., Any]],
    pipeline: dict[str, Any],
    resource: dict[str, Any],
    start: str,
) -> None:
    job = declare["resource"]("job", "glue-job", job_name="job", **resource)
    queue = declare["resource"]("queue", "sqs", queue="q", expect={"depth": 5})
    found = stuck_notices(planned(declare["pipeline"]("load", job, queue, **pipeline)))
    assert len(found) == bool(start)
    assert all(notice.startswith(start) and "load.job." in notice for notice in found)


def test_of_many_the_first_are_named(planned: Callable[..., Plan], declare: Mapping[str, Callable[..., Any]]) -> None:
    jobs = [declare["resource"](f"job-{number:02}", "glue-job", job_name=f"job-{number}") for number in range(12)]
    (notice,) = stuck_notices(planned(declare["pipeline"]("load", *jobs)))
    assert "load.job-00, load.job-01" in notice
    assert "load.job-09 and 2 more. " in notice
