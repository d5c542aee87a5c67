"""Back to what was there before: an SSM parameter, or a configuration that AppConfig has deployed.

Never back from what we have set ourselves: the version before a rollback is the one that failed.
"""

from collections.abc import Mapping
from typing import Any

from pipewarden.action import Action, NotPossibleError, Result, Task, Way
from pipewarden.configuration_rollback import CONFIGURATION
from pipewarden.technology import Clients, Grant

PARAMETER_ARN = "arn:$(partition):ssm:$(region):$(account):parameter$(parameter_path)"
PER_PAGE = 50
MOST_PAGES = 4


def settle_version(clients: Clients, task: Task) -> Mapping[str, Any]:
    """Which version shall be in force again, and which one it replaces. Values are neither kept nor logged."""
    versions = _versions(clients, task, decrypted=False)
    if len(versions) <= 1:
        raise NotPossibleError(f"the parameter {task.values['parameter']} has no earlier version")
    previous, current = versions[-2], versions[-1]
    if str(current.get("LastModifiedUser", "")).endswith(f"/{task.names.function('responder')}"):
        raise NotPossibleError(
            f"version {current['Version']} of the parameter {task.values['parameter']} is a rollback of ours already"
        )
    return {"from": int(current["Version"]), "to": int(previous["Version"])}


def put_back(clients: Clients, task: Task) -> Result:
    """Write the earlier version's value as a new version, unless that was done already or somebody else has written."""
    name, start, goal = task.values["parameter"], int(task.plan["from"]), int(task.plan["to"])
    versions = {int(row["Version"]): row for row in _versions(clients, task, decrypted=True)}
    wanted, latest = versions.get(goal), max(versions, default=0)
    if wanted is None:
        raise NotPossibleError(f"version {goal} of the parameter {name} is not there any more")
    if latest == start + 1 and versions[latest]["Value"] == wanted["Value"]:
        return Result(state="succeeded", text=_say_parameter(task))
    if latest != start:
        raise NotPossibleError(f"somebody has changed the parameter {name} since: it has version {latest}")
    request: dict[str, Any] = {"Name": name, "Value": wanted["Value"], "Type": wanted["Type"], "Overwrite": True}
    if key := wanted.get("KeyId"):
        request["KeyId"] = key
    clients("ssm").put_parameter(**request)
    return Result(state="succeeded", text=_say_parameter(task))


def _say_parameter(task: Task) -> str:
    return f"rolled the parameter {task.values['parameter']} back from version {task.plan['from']} to {task.plan['to']}"


def _versions(clients: Clients, task: Task, *, decrypted: bool) -> list[Mapping[str, Any]]:
    """Oldest first; SSM keeps a hundred."""
    request: dict[str, Any] = {"Name": task.values["parameter"], "WithDecryption": decrypted, "MaxResults": PER_PAGE}
    rows: list[Mapping[str, Any]] = []
    for _ in range(MOST_PAGES):
        answer = clients("ssm").get_parameter_history(**request)
        rows += answer["Parameters"]
        if not answer.get("NextToken"):
            break
        request["NextToken"] = answer["NextToken"]
    return sorted(rows, key=lambda row: int(row["Version"]))


def derive_parameter(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter's ARN has one slash before its name, whether the name begins with one or not."""
    return {"parameter_path": "/" + str(values["parameter"]).removeprefix("/")}


PARAMETER = Way(
    field="parameter",
    title="an SSM parameter",
    intent="roll the parameter $(parameter) back to the version before",
    fields={
        "parameter": {
            "type": "string",
            "title": "the name of an SSM parameter",
            "pattern": "^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,14}$",
            "maxLength": 900,
            "description": "Its version before the present one is written again, as a new version.",
            "examples": ["/crm/load/config"],
        },
        "key": {
            "type": "string",
            "title": "the ARN of a KMS key",
            "pattern": r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]{1,64}$",
            "description": "Key of yours that encrypts the parameter; none is needed for the key of AWS.",
            "examples": ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
        },
    },
    required=(),
    example={"type": "rollback", "parameter": "/crm/load/config", "classes": ["deterministic"], "then": "retry"},
    grants=(
        Grant(purpose="act", actions=("ssm:GetParameterHistory", "ssm:PutParameter"), resources=(PARAMETER_ARN,)),
        Grant(
            purpose="act",
            actions=("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
            resources=("$(key)",),
            conditions={"StringEquals": {"kms:EncryptionContext:PARAMETER_ARN": (PARAMETER_ARN,)}},
            needs="key",
        ),
    ),
    calls=("ssm:GetParameterHistory", "ssm:PutParameter"),
    twice="The version is settled before the call and written down. A second try finds the value in force, or writes "
    "it; where somebody else has written meanwhile it does nothing and people are told.",
    prepare=settle_version,
    start=put_back,
    derive=derive_parameter,
    source="https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html",
)
ACTION = Action(
    type="rollback",
    title="Roll back",
    summary="Puts the previous version of an SSM parameter or of an AppConfig configuration in force again. It never "
    "rolls back what a rollback of ours has set.",
    ways=(PARAMETER, CONFIGURATION),
)
