"""Back to the version of a configuration that AppConfig had deployed before the present one.

Never back from a deployment of ours: the version before a rollback is the one that failed.
"""

from collections.abc import Mapping
from typing import Any

from pipewarden.action import NotPossibleError, Result, ResultState, Task, Way
from pipewarden.technology import Clients, Grant

APPLICATION_ARN = "arn:$(partition):appconfig:$(region):$(account):application/$(application)"
PER_PAGE = 50
GOING_ON = ("DEPLOYING", "VALIDATING", "ROLLING_BACK")
DEPLOYED = ("BAKING", "COMPLETE")
"""States in which every target has the version; while it bakes, AppConfig watches its alarms and may go back."""
MARK = "Rolled back by Pipewarden"
"""How the description of a deployment of ours begins; the token of its attempt follows."""


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
