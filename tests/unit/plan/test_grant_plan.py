"""What the functions may do: enough, no more, and within IAM's sizes."""

import json
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from pipewarden.retry_policy import RetryPolicy
from pipewarden_plan.grant_plan import as_iam
from pipewarden_plan.limits import INLINE_POLICY_CHARACTERS, MANAGED_POLICIES, MANAGED_POLICY_CHARACTERS
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_function import FunctionPlan, StatementPlan

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]
RETRY = RetryPolicy(attempts=1, backoff_seconds=(1, 2))
PLACE = "us-east-1:123456789012"


def function(plan: Plan, role: str) -> FunctionPlan:
    return next(found for found in plan.core.functions if found.role == role)


def every_statement(found: FunctionPlan) -> list[StatementPlan]:
    return [*found.statements, *(statement for policy in found.managed for statement in policy)]


def allows(found: FunctionPlan, action: str, arn: str) -> bool:
    return any(
        action in statement.actions and any(fnmatchcase(arn, resource) for resource in statement.resources)
        for statement in every_statement(found)
    )


ALLOWED = [
    pytest.param(
        "responder",
        "glue:StartJobRun",
        "glue:$:job/customer-import-extract-prod",
        True,
        id="a declared job with retries is started again",
    ),
    pytest.param(
        "responder",
        "glue:StartJobRun",
        "glue:$:job/customer-import-merge-prod",
        False,
        id="what its owner starts is not",
    ),
    pytest.param("responder", "glue:GetJobRun", "glue:$:job/customer-import-merge-prod", True, id="but it is read"),
    pytest.param("responder", "glue:GetJobRun", "glue:$:job/other-prod", False, id="what nobody declared is not"),
    pytest.param(
        "drainer",
        "sqs:DeleteMessage",
        "sqs:$:customer-ingest-dlq-prod",
        True,
        id="the drainer empties the dead-letter queue",
    ),
    pytest.param("drainer", "sqs:DeleteMessage", "sqs:$:customer-ingest-prod", False, id="and not its source"),
    pytest.param(
        "drainer", "sqs:SendMessage", "sqs:$:customer-ingest-prod", True, id="to which it gives messages back"
    ),
    pytest.param(
        "responder", "sqs:DeleteMessage", "sqs:$:customer-ingest-dlq-prod", False, id="the responder does not drain"
    ),
    pytest.param(
        "reconciler", "glue:GetJobRuns", "glue:$:job/customer-import-extract-prod", True, id="runs are listed"
    ),
    pytest.param(
        "reconciler", "glue:StartJobRun", "glue:$:job/customer-import-extract-prod", False, id="and never started"
    ),
    pytest.param("reconciler", "sqs:SendMessage", "sqs:$:pipewarden-prod-signals", True, id="and fed in"),
    pytest.param("probe", "s3:ListBucket", "s3:::data-lake-prod-silver", True, id="a dataset is listed"),
    pytest.param(
        "acknowledge",
        "secretsmanager:GetSecretValue",
        "secretsmanager:$:secret:pipewarden/prod/link-key-AbCdEf",
        True,
        id="signatures are checked",
    ),
    pytest.param(
        "acknowledge",
        "secretsmanager:GetSecretValue",
        "secretsmanager:$:secret:pipewarden/slack-AbCdEf",
        False,
        id="without the channels' secrets",
    ),
    pytest.param(
        "escalator",
        "secretsmanager:GetSecretValue",
        "secretsmanager:$:secret:pipewarden/slack-AbCdEf",
        True,
        id="which rungs need",
    ),
    pytest.param(
        "escalator",
        "secretsmanager:GetSecretValue",
        "secretsmanager:$:secret:pipewarden/slack",
        False,
        id="a secret's ARN ends in six characters",
    ),
    pytest.param(
        "acknowledge", "sns:Publish", "sns:$:pipewarden-prod-page-P0", False, id="an acknowledgement pages nobody"
    ),
]


@pytest.mark.parametrize(("role", "action", "arn", "is_allowed"), ALLOWED)
def test_grant(plan: Plan, role: str, action: str, arn: str, is_allowed: bool) -> None:
    """`$` stands for the region and the account."""
    assert allows(function(plan, role), action, f"arn:aws:{arn.replace('$', PLACE)}") == is_allowed


def test_a_dataset_is_listed_below_its_prefix_only(plan: Plan) -> None:
    statement = next(found for found in function(plan, "probe").statements if "s3:ListBucket" in found.actions)
    assert statement.conditions == {"StringLike": {"s3:prefix": ["customers/*"]}}


WITHOUT_RESOURCE = {"xray:PutTelemetryRecords", "xray:PutTraceSegments", "cloudwatch:GetMetricData"}
"""Actions that take no resource (service authorization reference)."""


def test_no_action_is_a_pattern_and_no_resource_is_everything(plan: Plan) -> None:
    statements = [
        *plan.core.scheduler_statements,
        *(row for found in plan.core.functions for row in every_statement(found)),
    ]
    for statement in statements:
        assert not any("*" in action for action in statement.actions), statement
        assert "*" not in statement.resources or set(statement.actions) <= WITHOUT_RESOURCE
        assert statement.reason


def test_a_role_is_passed_to_scheduler_only(plan: Plan) -> None:
    every = [row for found in plan.core.functions for row in found.statements]
    passing = [row for row in every if "iam:PassRole" in row.actions]
    assert passing
    for statement in passing:
        assert statement.resources == ("arn:aws:iam::123456789012:role/pipewarden-prod-scheduler-us-east-1",)
        assert statement.conditions == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


def size(statements: tuple[StatementPlan, ...]) -> int:
    document = {"Version": "2012-10-17", "Statement": [as_iam(row) for row in statements]}
    return len(json.dumps(document, separators=(",", ":")))


def jobs(declare: Declare, count: int) -> Any:
    resources = [
        declare["resource"](f"job-{number}", "glue-job", job_name=f"a-rather-long-job-name-{number:04}", retry=RETRY)
        for number in range(count)
    ]
    return [
        declare["pipeline"](f"jobs-{start}", *resources[start : start + 50], team=f"team-{start}")
        for start in range(0, count, 50)
    ]


@pytest.mark.parametrize(
    ("count", "is_managed", "is_widened"),
    [(10, False, False), (100, True, False), (900, False, True)],
    ids=["inline", "in managed policies", "as patterns"],
)
def test_permissions_fit_into_a_role(
    planned: Planned, declare: Declare, count: int, is_managed: bool, is_widened: bool
) -> None:
    plan = planned(*jobs(declare, count))
    responder = function(plan, "responder")
    assert size(responder.statements) <= INLINE_POLICY_CHARACTERS
    assert len(responder.managed) <= MANAGED_POLICIES
    assert all(size(policy) <= MANAGED_POLICY_CHARACTERS for policy in responder.managed)
    assert bool(responder.managed) == is_managed
    assert any("The responder may" in notice for notice in plan.notices) == is_widened
    sids = [statement.sid for policy in [responder.statements, *responder.managed] for statement in policy]
    assert len(sids) == len(set(sids))
    for number in (0, count - 1):
        arn = f"arn:aws:glue:us-east-1:123456789012:job/a-rather-long-job-name-{number:04}"
        assert allows(responder, "glue:StartJobRun", arn)
        assert allows(responder, "glue:GetJobRun", arn)


def test_a_pattern_keeps_the_common_part_of_the_names(planned: Planned, declare: Declare) -> None:
    responder = function(planned(*jobs(declare, 900)), "responder")
    every = [resource for row in every_statement(responder) for resource in row.resources]
    wide = {resource for resource in every if resource.endswith("*") and ":glue:" in resource}
    assert wide == {"arn:aws:glue:us-east-1:123456789012:job/a-rather-long-job-name-0*"}


@pytest.mark.parametrize(
    ("drain", "granted"),
    [({"attempts": "unlimited", "archive": False}, True), ({"attempts": "unlimited"}, False), ({}, False)],
    ids=["moved by SQS", "copied first", "counted"],
)
def test_only_what_sqs_moves_by_itself_may_be_moved_so(
    planned: Planned, declare: Declare, drain: dict[str, Any], granted: bool
) -> None:
    letters = {"queue": "q-dlq", "drain": {"to": "source", "rate": 10.0, **drain}}
    queue = declare["resource"]("ingest", "sqs", queue="q", dead_letter=letters)
    drainer = function(planned(declare["pipeline"]("load", queue)), "drainer")
    assert allows(drainer, "sqs:StartMessageMoveTask", f"arn:aws:sqs:{PLACE}:q-dlq") is granted
    assert allows(drainer, "sqs:ReceiveMessage", f"arn:aws:sqs:{PLACE}:q-dlq")


def test_a_function_with_dead_letters_may_be_invoked_by_the_drainer(planned: Planned, declare: Declare) -> None:
    letters = {"queue": "f-dlq", "drain": {"to": "source", "rate": 10.0}}
    load = declare["resource"]("load", "lambda", function="f", dead_letter=letters)
    drainer = function(planned(declare["pipeline"]("load", load)), "drainer")
    assert allows(drainer, "lambda:InvokeFunction", f"arn:aws:lambda:{PLACE}:function:f")
    assert not allows(drainer, "lambda:InvokeFunction", f"arn:aws:lambda:{PLACE}:function:g")


@pytest.mark.parametrize(
    ("job", "flow", "granted"),
    [
        pytest.param({}, {}, True, id="nobody knows whether it starts the job"),
        pytest.param({"within": "flow"}, {}, False, id="it is declared to"),
        pytest.param({}, {"after": ("job",)}, False, id="it begins after the job"),
        pytest.param({"retry": None}, {}, False, id="the job is not retried"),
        pytest.param(
            {"retry": RetryPolicy(attempts=1, backoff_seconds=(1, 2), owned=True)}, {}, False, id="all the same"
        ),
    ],
)
def test_histories_are_read_only_where_the_declaration_leaves_open_who_starts_what(
    planned: Planned, declare: Declare, job: dict[str, Any], flow: dict[str, Any], granted: bool
) -> None:
    resources = (
        declare["resource"]("job", "glue-job", job_name="merge", **{"retry": RETRY, **job}),
        declare["resource"]("flow", "step-functions", state_machine="load", **flow),
    )
    responder = function(planned(declare["pipeline"]("load", *resources)), "responder")
    assert allows(responder, "states:GetExecutionHistory", f"arn:aws:states:{PLACE}:execution:load:x") is granted
    assert not allows(responder, "states:GetExecutionHistory", f"arn:aws:states:{PLACE}:execution:other:x")
