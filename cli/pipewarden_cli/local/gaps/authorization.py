"""The resources and further grants that AWS looks at and the emulator does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import iam

from pipewarden_cli.local import authorization, emulator
from pipewarden_cli.local.authorization import Call, Grant

NAME = "IAM"
IMITATED = (
    "The key pair test/test is the account's root, and so is any 12-digit number used as an access key: both may do "
    "everything. Policies of roles and users, boundaries, session policies, conditions and explicit denials are "
    "enforced by the emulator; service control policies and VPC endpoint policies are not.",
    "A Lambda function or Glue job acts as its role and a Scheduler schedule reaches its target as its role; "
    "a state machine's tasks are not held to the role of the state machine.",
    "iam:PassRole is asked for when a schedule, a rule's target, a function, a state machine or a Glue job is given a "
    "role; elsewhere it is not.",
    "CloudWatch Logs calls are authorized on log-group:NAME:log-stream:STREAM, as on AWS, so that a policy whose "
    "resource ends in :* matches. ECS's DescribeServices and UpdateService are authorized on the service, AppConfig's "
    "GetDeployment on the deployment, as on AWS.",
)

GLUE_NAMED = {"Crawler": "crawler", "Workflow": "workflow", "Job": "job", "Trigger": "trigger"}
# Operations of CloudWatch Logs that AWS authorizes on the group's ARN or on none.
LOGS_ELSEWHERE = ("TagResource", "UntagResource", "ListTagsForResource", "DescribeLogGroups")
PASSING: dict[tuple[str, str], tuple[str, str]] = {
    ("scheduler", "CreateSchedule"): ("Target.RoleArn", "scheduler"),
    ("scheduler", "UpdateSchedule"): ("Target.RoleArn", "scheduler"),
    ("lambda", "CreateFunction"): ("Role", "lambda"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda"),
    ("states", "CreateStateMachine"): ("roleArn", "states"),
    ("states", "UpdateStateMachine"): ("roleArn", "states"),
    ("glue", "CreateJob"): ("Role", "glue"),
}


def fill() -> None:
    """Register resources and grants; the launcher patches the emulator when all gaps are filled."""
    for operation in ("CreateSchedule", "UpdateSchedule", "GetSchedule", "DeleteSchedule"):
        authorization.set_resource("scheduler", operation, _schedule)
    authorization.set_resource("glue", "*", _glue_resource)
    authorization.set_resource("logs", "*", _log_stream)
    authorization.set_resource("lambda", "InvokeFunction", _qualified_function)
    for operation in ("DescribeServices", "UpdateService"):
        authorization.set_resource("ecs", operation, _ecs_service)
    authorization.set_resource("appconfig", "GetDeployment", _deployment)
    authorization.set_context("monitoring", "PutMetricData", _namespace)
    for (service, operation), (place, passed_to) in PASSING.items():
        authorization.also_needs(service, operation, _passing(place, passed_to))
    authorization.also_needs("events", "PutTargets", _passing_to_rule)


def _schedule(call: Call) -> str:
    name = call.path.rstrip("/").rsplit("/", 1)[-1]
    group = call.data.get("GroupName") or call.data.get("groupName") or "default"
    return authorization.arn("scheduler", f"schedule/{group}/{name}")


def _glue_resource(call: Call) -> str | None:
    kind = next((kind for word, kind in GLUE_NAMED.items() if word in call.operation), None)
    name = call.data.get("Name") or call.data.get(f"{(kind or '').capitalize()}Name")
    return authorization.arn("glue", f"{kind}/{name}") if kind and name else None


def _log_stream(call: Call) -> str | None:
    group = call.data.get("logGroupName") or next(iter(call.data.get("logGroupNames") or []), None)
    if call.operation in LOGS_ELSEWHERE or not group:
        return None
    stream = call.data.get("logStreamName", "")
    return authorization.arn("logs", f"log-group:{group}:log-stream:{stream}")


def _qualified_function(call: Call) -> str | None:
    qualifier = call.data.get("Qualifier")
    name = call.path.split("/functions/", 1)[-1].split("/", 1)[0]
    if not qualifier or ":" in name or "%3A" in name:
        return None
    return authorization.arn("lambda", f"function:{name}:{qualifier}")


def _ecs_service(call: Call) -> str | None:
    named = call.data.get("service") or next(iter(call.data.get("services") or []), None)
    cluster = str(call.data.get("cluster") or "default").rpartition("/")[2]
    return authorization.arn("ecs", f"service/{cluster}/{str(named).rpartition('/')[2]}") if named else None


def _deployment(call: Call) -> str | None:
    parts = call.path.strip("/").split("/")
    names = dict(zip(parts[::2], parts[1::2], strict=False))
    if not {"applications", "environments", "deployments"} <= names.keys():
        return None
    where = f"application/{names['applications']}/environment/{names['environments']}"
    return authorization.arn("appconfig", f"{where}/deployment/{names['deployments']}")


def _namespace(call: Call) -> dict[str, Any]:
    return {"cloudwatch:namespace": call.data.get("Namespace", "")}


def _passing(place: str, service: str) -> Callable[[Call], list[Grant]]:
    def needs(call: Call) -> list[Grant]:
        role: Any = call.data
        for part in place.split("."):
            role = (role or {}).get(part)
        return [_pass_role(role, service)] if role else []

    return needs


def _passing_to_rule(call: Call) -> list[Grant]:
    roles = [target.get("RoleArn") for target in call.data.get("Targets") or []]
    return [_pass_role(role, "events") for role in roles if role]


def _pass_role(role: str, service: str) -> Grant:
    found = iam._roles.get(emulator.role_name(role))
    passed_to = {"iam:passedtoservice": f"{service}.amazonaws.com"}
    return Grant("iam", "iam:PassRole", found["Arn"] if found else role, passed_to)
