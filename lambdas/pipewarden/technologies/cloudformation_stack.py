"""CloudFormation stacks that deploy what a pipeline consists of: when it was changed.

Events: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge.html. Only changes that stayed count:
a rollback leaves things as they were, and its page is whoever deployed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipewarden.run_alarms import DIMENSIONS, NAMESPACE
from pipewarden.signal import Signal, SignalKind
from pipewarden.technology import EventRule, Technology

TYPE = "cloudformation-stack"
DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")


def read_event(event: Mapping[str, Any]) -> Signal | None:
    detail = event["detail"]
    status = detail["status-details"]["status"]
    if status not in DEPLOYED:
        return None
    return Signal(
        kind=SignalKind.DEPLOYED,
        time=datetime.fromisoformat(event["time"]).astimezone(UTC),
        technology=TYPE,
        identity=detail["stack-id"].split("/")[1],
        state=status,
    )


TECHNOLOGY = Technology(
    type=TYPE,
    title="CloudFormation stack",
    summary="The stack that deploys the pipeline's code: each deployment is a mark on the pipeline's graphs.",
    example={"type": TYPE, "stack": "customer-jobs-$(env)"},
    fields={
        "stack": {
            "type": "string",
            "title": "the name of a CloudFormation stack",
            "pattern": "^[A-Za-z][A-Za-z0-9-]{0,127}$",
            "description": "Name of the stack.",
        },
    },
    required=("stack",),
    identity="stack",
    arn="arn:$(partition):cloudformation:$(region):$(account):stack/$(stack)/*",
    marks=((NAMESPACE, "Deployments", DIMENSIONS, "Sum", "deployed"),),
    events=(
        EventRule(
            kind="deployed",
            source=("aws.cloudformation",),
            detail_type=("CloudFormation Stack Status Change",),
            detail={"status-details": {"status": list(DEPLOYED)}},
            identity_path="detail.stack-id",
            identity="arn:$(partition):cloudformation:$(region):$(account):stack/$(stack)/",
            prefix=True,
        ),
    ),
    read_event=read_event,
    console="https://$(region).$(console)/cloudformation/home?region=$(region)#/stacks?filteringText=$(stack)",
)
