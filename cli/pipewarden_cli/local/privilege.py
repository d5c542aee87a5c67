"""What roles of a stack on the embedded AWS may do, and what was done with it: grants beside the record of calls."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pipewarden_cli.local.hooks import ROUTE_PREFIX
from pipewarden_cli.local.running import LocalAws

ROUTE = "iam/calls"
ROLE_TYPE = "AWS::IAM::Role"


@dataclass(frozen=True)
class Granted:
    """One statement of a deployed role. `role` is our word for it: what stands before `Role` in its logical id.
    `policy` is the name of an inline policy or the ARN of a managed one."""

    role: str
    role_name: str
    policy: str
    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def covers(self, action: str, resource: str) -> bool:
        """Whether it names this action on this resource; conditions are not looked at."""
        named = any(fnmatchcase(action.lower(), pattern.lower()) for pattern in self.actions)
        return named and any(fnmatchcase(resource, pattern) for pattern in self.resources)


@dataclass(frozen=True)
class Call:
    """Calls of one action on one resource. `sid` is the statement that let them through, "" where they were refused."""

    role_name: str
    sid: str
    action: str
    resource: str
    times: int


def granted(aws: LocalAws, stack: str) -> list[Granted]:
    """Every statement of the stack's roles as IAM has them now."""
    found = []
    for role, name in role_names(aws, stack).items():
        for policy in _policies(aws, name):
            for statement in _document(aws, name, policy)["Statement"]:
                actions, resources = (_list(statement[key]) for key in ("Action", "Resource"))
                found.append(Granted(role, name, policy, statement["Sid"], actions, resources))
    return found


def role_names(aws: LocalAws, stack: str) -> Mapping[str, str]:
    """The deployed roles by our words for them."""
    rows = aws.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return {
        row["LogicalResourceId"].removesuffix("Role").lower(): row["PhysicalResourceId"]
        for row in rows
        if row["ResourceType"] == ROLE_TYPE
    }


def calls(aws: LocalAws, stack: str) -> list[Call]:
    """What the embedded AWS has recorded of the stack's roles so far."""
    ours = set(role_names(aws, stack).values())
    rows = aws.request("GET", ROUTE_PREFIX + ROUTE)
    found = (Call(row["role"], row["sid"], row["action"], row["resource"], row["times"]) for row in rows)
    return [call for call in found if call.role_name in ours]


def never_used(grants: Iterable[Granted], done: Iterable[Call]) -> list[tuple[str, str, str]]:
    """(role, Sid, action) of what is granted and was not used."""
    used = {(call.role_name, call.sid, call.action) for call in done}
    return [
        (grant.role, grant.sid, action)
        for grant in grants
        for action in grant.actions
        if (grant.role_name, grant.sid, action) not in used
    ]


def take_away(aws: LocalAws, grant: Granted) -> str:
    """Remove the statement from the deployed role; the policy's text as it was, for `give_back`."""
    document = _document(aws, grant.role_name, grant.policy)
    left = [statement for statement in document["Statement"] if statement["Sid"] != grant.sid]
    _write(aws, grant, json.dumps({**document, "Statement": left}))
    return json.dumps(document)


def give_back(aws: LocalAws, grant: Granted, text: str) -> None:
    """Make the statement's policy what it was before `take_away`."""
    _write(aws, grant, text)


def _policies(aws: LocalAws, role: str) -> list[str]:
    iam = aws.client("iam")
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return [*iam.list_role_policies(RoleName=role)["PolicyNames"], *(row["PolicyArn"] for row in attached)]


def _document(aws: LocalAws, role: str, policy: str) -> Any:
    iam = aws.client("iam")
    if not policy.startswith("arn:"):
        return iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]


def _write(aws: LocalAws, grant: Granted, text: str) -> None:
    iam = aws.client("iam")
    if not grant.policy.startswith("arn:"):
        iam.put_role_policy(RoleName=grant.role_name, PolicyName=grant.policy, PolicyDocument=text)
        return
    for row in iam.list_policy_versions(PolicyArn=grant.policy)["Versions"]:
        if not row["IsDefaultVersion"]:  # a policy has five versions at most
            iam.delete_policy_version(PolicyArn=grant.policy, VersionId=row["VersionId"])
    iam.create_policy_version(PolicyArn=grant.policy, PolicyDocument=text, SetAsDefault=True)


def _list(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
