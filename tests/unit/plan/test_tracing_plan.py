"""X-Ray groups: one a team, and one a pipeline where all of them fit."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden_plan.plan import Plan

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]


@pytest.mark.parametrize(
    ("allowed", "groups", "told"),
    [
        (0, ["pipewarden-prod-crm"], False),
        (4, ["pipewarden-prod-crm", "pipewarden-prod-crm.a", "pipewarden-prod-crm.b"], False),
        (3, ["pipewarden-prod-crm"], True),
    ],
    ids=["not asked for", "core, team and two pipelines fit into four", "one too few"],
)
def test_each_pipeline_has_a_group_where_all_fit(
    planned: Planned, declare: Declare, allowed: int, groups: list[str], told: bool
) -> None:
    pipelines = [
        declare["pipeline"](name, declare["resource"]("run", "lambda", function=f"{name}-prod")) for name in ("a", "b")
    ]
    plan = planned(*pipelines, tracing_groups=allowed)
    found = dict(plan.teams[0].tracing.groups)
    assert list(found) == groups
    assert any(notice.startswith("X-Ray groups: 4 are needed") for notice in plan.notices) == told
    if len(groups) > 1:
        assert found["pipewarden-prod-crm.b"] == 'annotation[pipeline] = "b" OR service("b-prod")'
