"""Back to what was there before: an SSM parameter, or a configuration that AppConfig has deployed.

Never back from what we have set ourselves: the version before a rollback is the one that failed.
"""

from collections.abc import Mapping
from typing import Any

from pipewarden.action import Action, NotPossibleError, Result, ResultState, Task, Way
from pipewarden.technology import Clients, Grant

PARAMETER_ARN = "arn:$(partition):ssm:$(region):$(account):parameter$(parameter_path)"
APPLICATION_ARN = "arn:$(partition):appconfig:$(region):$(account):application/$(application)"
PER_PAGE = 50
MOST_PAGES = 4
GOING_ON = ("DEPLOYING", "VALIDATING", "ROLLING_BACK")
DEPLOYED = ("BAKING", "COMPLETE")
"""States in which every target has the version; while it bakes, AppConfig watches its alarms and may go back."""


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


def settle_deployment(clients: Clients, task: Task) -> Mapping[str, Any]:
    """Which version was deployed before the present one."""
    current, goal = None, ""
    for found in _deployments(clients, task):
        if found["State"] in GOING_ON:
            raise NotPossibleError(f"the deployment {found['DeploymentNumber']} is going on")
        if found["State"] not in DEPLOYED:
            continue
        if current is None:
            current = found
        elif found["ConfigurationVersion"] != current["ConfigurationVersion"]:
            goal = str(found["ConfigurationVersion"])
            break
    if current is None or not goal:
        raise NotPossibleError(f"no earlier version of the profile {task.values['profile']} was deployed")
    if str(current.get("Description", "")).startswith(MARK):
        raise NotPossibleError(f"the deployment {current['DeploymentNumber']} is a rollback of ours already")
    number, version = int(current["DeploymentNumber"]), str(current["ConfigurationVersion"])
    return {"number": number, "from": version, "to": goal}


MARK = "Rolled back by Pipewarden"


def deploy_back(clients: Clients, task: Task) -> Result:
    """Deploy the earlier version, or find the deployment that an interrupted call has started."""
    place = {"ApplicationId": task.values["application"], "EnvironmentId": task.values["environment"]}
    description = f"{MARK}, {task.token}"
    for found in _deployments(clients, task):
        if found.get("Description") == description:
            return _deploying(task, int(found["DeploymentNumber"]))
        if int(found["DeploymentNumber"]) <= int(task.plan["number"]):
            break
        raise NotPossibleError(f"somebody has started the deployment {found['DeploymentNumber']} since")
    started = clients("appconfig").start_deployment(
        **place,
        ConfigurationProfileId=task.values["profile"],
        ConfigurationVersion=task.plan["to"],
        DeploymentStrategyId=task.values["strategy"],
        Description=description,
    )
    return _deploying(task, int(started["DeploymentNumber"]))


def _deploying(task: Task, number: int) -> Result:
    text = f"is deploying version {task.plan['to']} of the profile {task.values['profile']} again"
    return Result(state="running", text=text, id=str(number))


def look_at_deployment(clients: Clients, task: Task, number: str) -> Result:
    found = clients("appconfig").get_deployment(
        ApplicationId=task.values["application"],
        EnvironmentId=task.values["environment"],
        DeploymentNumber=int(number),
    )
    state, profile, plan = str(found["State"]), task.values["profile"], task.plan
    result: ResultState = "succeeded" if state in DEPLOYED else "running" if state in GOING_ON else "failed"
    words = {
        "running": f"is deploying version {plan['to']} of the profile {profile} again",
        "succeeded": f"rolled the profile {profile} back from version {plan['from']} to {plan['to']}",
        "failed": f"the deployment {number} of version {plan['to']} ended as {state}",
    }
    return Result(state=result, text=words[result], id=number)


def _deployments(clients: Clients, task: Task) -> list[Mapping[str, Any]]:
    """Of this profile, newest first, in full: the list does not tell descriptions. Enough of them to find the version
    before the present one."""
    place = {"ApplicationId": task.values["application"], "EnvironmentId": task.values["environment"]}
    answer = clients("appconfig").list_deployments(**place, MaxResults=PER_PAGE)
    numbers = sorted((int(row["DeploymentNumber"]) for row in answer["Items"]), reverse=True)
    found: list[Mapping[str, Any]] = []
    for number in numbers:
        one = clients("appconfig").get_deployment(**place, DeploymentNumber=number)
        if one["ConfigurationProfileId"] == task.values["profile"]:
            found.append(one)
        if len({row["ConfigurationVersion"] for row in found if row["State"] in DEPLOYED}) > 1:
            break
    return found


APPCONFIG_ID = {"type": "string", "pattern": "^[a-z0-9]{4,7}$", "title": "an id of AppConfig such as abc1234"}
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
CONFIGURATION = Way(
    field="application",
    title="an AppConfig configuration",
    intent="deploy the version of the profile $(profile) before the present one again",
    fields={
        "application": {**APPCONFIG_ID, "description": "Id of the AppConfig application.", "examples": ["abc1234"]},
        "environment": {**APPCONFIG_ID, "description": "Id of its environment.", "examples": ["def5678"]},
        "profile": {**APPCONFIG_ID, "description": "Id of the configuration profile.", "examples": ["ghi9012"]},
        "strategy": {
            "type": "string",
            "pattern": r"^([a-z0-9]{4,7}|AppConfig\.[A-Za-z0-9]{9,40})$",
            "title": "an id of a deployment strategy such as AppConfig.AllAtOnce",
            "default": "AppConfig.AllAtOnce",
            "description": "How fast it is deployed.",
            "examples": ["AppConfig.AllAtOnce"],
        },
    },
    required=("environment", "profile"),
    example={
        "type": "rollback",
        "application": "abc1234",
        "environment": "def5678",
        "profile": "ghi9012",
        "classes": ["deterministic"],
        "then": "retry",
    },
    grants=(
        Grant(
            purpose="act",
            actions=("appconfig:ListDeployments",),
            resources=(f"{APPLICATION_ARN}/environment/$(environment)",),
        ),
        Grant(
            purpose="act",
            actions=("appconfig:GetDeployment",),
            resources=(f"{APPLICATION_ARN}/environment/$(environment)/deployment/*",),
        ),
        Grant(
            purpose="act",
            actions=("appconfig:StartDeployment",),
            resources=(
                APPLICATION_ARN,
                f"{APPLICATION_ARN}/environment/$(environment)",
                f"{APPLICATION_ARN}/configurationprofile/$(profile)",
                "arn:$(partition):appconfig:$(region):$(account):deploymentstrategy/$(strategy)",
            ),
        ),
    ),
    calls=("appconfig:ListDeployments", "appconfig:GetDeployment", "appconfig:StartDeployment"),
    twice="The deployment's description carries the token: a second try finds it. AppConfig itself refuses a second "
    "deployment while one is going on.",
    prepare=settle_deployment,
    start=deploy_back,
    look=look_at_deployment,
    source="https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_StartDeployment.html",
)

ACTION = Action(
    type="rollback",
    title="Roll back",
    summary="Puts the previous version of an SSM parameter or of an AppConfig configuration in force again. It never "
    "rolls back what a rollback of ours has set.",
    ways=(PARAMETER, CONFIGURATION),
)
