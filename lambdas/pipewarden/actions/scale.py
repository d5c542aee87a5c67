"""More tasks for an ECS service. A larger retry of a Glue job is `retry.scale`."""

from collections.abc import Mapping
from typing import Any

from pipewarden.action import Action, NotPossibleError, Result, Task, Way
from pipewarden.technology import Clients, Grant

SERVICE_ARN = "arn:$(partition):ecs:$(region):$(account):service/$(cluster)/$(service)"


def settle_count(clients: Clients, task: Task) -> Mapping[str, Any]:
    """How many tasks there shall be: settled once, so that a second try asks for the same number."""
    desired, most = _desired(clients, task), int(task.values["max"])
    if desired >= most:
        raise NotPossibleError(f"the service {task.values['service']} has {desired} tasks, and {most} are the most")
    return {"from": desired, "to": min(most, desired + int(task.values["by"]))}


def set_count(clients: Clients, task: Task) -> Result:
    """Never fewer than there are: what somebody has set higher meanwhile stays."""
    service, start, goal = task.values["service"], int(task.plan["from"]), int(task.plan["to"])
    if _desired(clients, task) < goal:
        clients("ecs").update_service(cluster=task.values["cluster"], service=service, desiredCount=goal)
    return Result(state="succeeded", text=f"scaled the service {service} from {start} to {goal} tasks")


def _desired(clients: Clients, task: Task) -> int:
    answer = clients("ecs").describe_services(cluster=task.values["cluster"], services=[task.values["service"]])
    found = [row for row in answer.get("services", ()) if row.get("status") == "ACTIVE"]
    if not found:
        raise NotPossibleError(f"there is no service {task.values['service']} in the cluster {task.values['cluster']}")
    return int(found[0]["desiredCount"])


SERVICE = Way(
    field="service",
    title="tasks of an ECS service",
    intent="give the service $(service) $(by) more tasks, $(max) at most",
    fields={
        "cluster": {"$ref": "#/$defs/name", "description": "Name of the ECS cluster.", "examples": ["crm-$(env)"]},
        "service": {"$ref": "#/$defs/name", "description": "Name of the ECS service.", "examples": ["crm-workers"]},
        "by": {
            "type": "integer",
            "minimum": 1,
            "maximum": 1000,
            "default": 1,
            "description": "How many tasks more.",
            "examples": [2],
        },
        "max": {
            "type": "integer",
            "minimum": 1,
            "maximum": 5000,
            "description": "The most that the service gets. Nothing makes it smaller again.",
            "examples": [10],
        },
    },
    required=("cluster", "service", "max"),
    example={
        "type": "scale",
        "cluster": "crm-$(env)",
        "service": "crm-workers",
        "by": 2,
        "max": 10,
        "alarms": ["ingest.oldest-message"],
    },
    grants=(Grant(purpose="act", actions=("ecs:DescribeServices", "ecs:UpdateService"), resources=(SERVICE_ARN,)),),
    calls=("ecs:DescribeServices", "ecs:UpdateService"),
    twice="The number of tasks is settled before the call and written down: a second call sets the same number.",
    prepare=settle_count,
    start=set_count,
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html",
)

ACTION = Action(
    type="scale",
    title="Scale",
    summary="Raises the desired count of an ECS service. Larger retries of Glue jobs are declared by `retry.scale`.",
    ways=(SERVICE,),
)
