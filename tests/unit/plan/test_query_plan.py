"""Saved queries: what they ask, of which logs, and how many there may be."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden_plan.limits import QUERY_CHARACTERS, QUERY_LOG_GROUPS, STACK_RESOURCES
from pipewarden_plan.plan import Plan
from pipewarden_plan.query_plan import MOST_OF_A_TEAM
from pipewarden_plan.team_plan import resource_count

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]
RESPONDER = "/aws/lambda/pipewarden-prod-responder"


@pytest.mark.parametrize(
    ("name", "words", "group"),
    [
        ("success per day", "Pipeline in ['crm-export', 'customer-import']", RESPONDER),
        ("decisions by run id", "run_id = 'RUN-ID'", RESPONDER),
        ("decisions by incident", "incident = 'INCIDENT-ID'", RESPONDER),
        ("lambda/by run id", "@requestId = 'RUN-ID'", "/aws/lambda/crm-export-prod"),
        ("glue-job/by run id", "@logStream like 'RUN-ID'", "/aws-glue/jobs/error"),
        ("step-functions/failures by state", "details.error", "/aws/vendedlogs/states/customer-load-prod-Logs"),
        ("lambda/by correlation id", "'CORRELATION-ID'", "/aws/lambda/crm-export-prod"),
        ("glue-job/errors by class", "by error_class", "/aws-glue/jobs/output"),
        ("glue-job/volume per hour", "bin(1h)", "/aws-glue/jobs/output"),
        ("crm-export/recent errors", "exception", "/aws/lambda/crm-export-prod"),
    ],
    ids=lambda value: value if "/" not in value else None,
)
def test_a_team_has_a_query(plan: Plan, name: str, words: str, group: str) -> None:
    query = next(row for row in plan.teams[0].queries if row.name == f"pipewarden/prod/crm/{name}")
    assert words in query.text
    assert group in query.log_groups


def test_queries_are_such_as_the_service_takes(plan: Plan) -> None:
    names = [query.name for query in plan.teams[0].queries]
    assert len(names) == len(set(names))
    for query in plan.teams[0].queries:
        assert len(query.name) <= 255
        assert 1 <= len(query.text) <= QUERY_CHARACTERS
        assert 1 <= len(query.log_groups) <= QUERY_LOG_GROUPS
        assert "{" not in query.text


def test_a_team_gets_its_part_of_the_quota_the_general_queries_first(planned: Planned, declare: Declare) -> None:
    pipelines = [
        declare["pipeline"](f"p{number}", declare["resource"]("f", "lambda", function=f"f-{number}"))
        for number in range(60)
    ]
    plan = planned(*pipelines)
    queries = plan.teams[0].queries
    assert len(queries) == MOST_OF_A_TEAM
    assert queries[0].name == "pipewarden/prod/crm/success per day"
    assert any(f"gets {MOST_OF_A_TEAM} of 68 saved queries" in notice for notice in plan.notices)


def test_a_full_stack_has_room_for_as_many_queries_as_its_alarms_leave(planned: Planned, declare: Declare) -> None:
    metrics = [
        declare["resource"](
            f"m{number}", "metric", namespace="N", metric=f"m{number}", dimensions={}, period=300, expect={"min": 1}
        )
        for number in range(480)
    ]
    function = declare["pipeline"]("p", declare["resource"]("f", "lambda", function="f"))
    plan = planned(function, *(declare["pipeline"](f"p{row.name}", row) for row in metrics))
    assert resource_count(plan.teams[0]) == STACK_RESOURCES
    assert 0 < len(plan.teams[0].queries) < 9


def test_what_has_no_logs_has_no_queries_of_its_own(planned: Planned, declare: Declare) -> None:
    plan = planned(declare["pipeline"]("p", declare["resource"]("q", "sqs", queue="q")))
    assert {query.log_groups for query in plan.teams[0].queries} == {(RESPONDER,)}
