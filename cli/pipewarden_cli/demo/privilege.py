"""What the roles of a deployed environment may do, and what was done with it: grants beside the record of calls."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pipewarden.names import FUNCTIONS
from pipewarden_cli.demo.world import World
from pipewarden_cli.local.hooks import ROUTE_PREFIX

ROUTE = "iam/calls"
POLICY = "own"


@dataclass(frozen=True)
class Granted:
    """One statement of a deployed role. `role` is our name for it: a function, or `scheduler`."""

    role: str
    role_name: str
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


def granted(world: World) -> list[Granted]:
    """Every statement of our roles as IAM has them now."""
    iam, found = world.client("iam"), []
    for role, name in role_names(world).items():
        document = iam.get_role_policy(RoleName=name, PolicyName=POLICY)["PolicyDocument"]
        for statement in document["Statement"]:
            actions, resources = (_list(statement[key]) for key in ("Action", "Resource"))
            found.append(Granted(role, name, statement["Sid"], actions, resources))
    return found


def role_names(world: World) -> Mapping[str, str]:
    """The deployed roles by our names for them."""
    functions = world.client("lambda")
    arns = {
        role: str(functions.get_function_configuration(FunctionName=world.names.function(role))["Role"])
        for role in FUNCTIONS
    }
    return {**{role: arn.rpartition("/")[2] for role, arn in arns.items()}, "scheduler": world.names.scheduler_role()}


def calls(world: World) -> list[Call]:
    """What the embedded AWS has recorded of our roles so far."""
    ours = set(role_names(world).values())
    rows = world.aws.request("GET", ROUTE_PREFIX + ROUTE)
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


def refused_without(grant: Granted, grants: Iterable[Granted], done: Iterable[Call]) -> list[Call]:
    """The recorded calls that nothing else allows when this statement is taken away."""
    others = [other for other in grants if other.role_name == grant.role_name and other.sid != grant.sid]
    own = (call for call in done if (call.role_name, call.sid) == (grant.role_name, grant.sid))
    return [call for call in own if not any(other.covers(call.action, call.resource) for other in others)]


def take_away(world: World, grant: Granted) -> None:
    """Remove the statement from the deployed role."""
    iam = world.client("iam")
    document = iam.get_role_policy(RoleName=grant.role_name, PolicyName=POLICY)["PolicyDocument"]
    left = [statement for statement in document["Statement"] if statement["Sid"] != grant.sid]
    text = json.dumps({**document, "Statement": left})
    iam.put_role_policy(RoleName=grant.role_name, PolicyName=POLICY, PolicyDocument=text)


def _list(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
