"""A deployment of a pipeline's own stack, from CloudFormation's event to the mark on its graphs."""

import json
from datetime import UTC, datetime, timedelta

from pipewarden_cli.demo.world import World

STACK = "invoices-jobs-local"
WAIT_SECONDS = 20.0
POLL_SECONDS = 0.1


def deploy(world: World, retention_days: int) -> None:
    """Create or update the stack that `invoices` declares as its code."""
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": retention_days}}
    body = json.dumps({"Resources": {"Logs": group}})
    stacks = world.client("cloudformation")
    exists = STACK in {stack["StackName"] for stack in stacks.describe_stacks()["Stacks"]}
    (stacks.update_stack if exists else stacks.create_stack)(StackName=STACK, TemplateBody=body)
    waiter = stacks.get_waiter("stack_update_complete" if exists else "stack_create_complete")
    waiter.wait(StackName=STACK, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})


def deployments(world: World) -> float:
    """How many the metric that the dashboards draw has counted."""
    place = {"Environment": "local", "Pipeline": "invoices", "Resource": "code"}
    now = datetime.now(UTC)
    points = world.client("cloudwatch").get_metric_statistics(
        Namespace="Pipewarden",
        MetricName="Deployments",
        Dimensions=[{"Name": name, "Value": value} for name, value in place.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))
