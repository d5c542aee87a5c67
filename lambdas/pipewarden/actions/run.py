"""Something of the user's own: a Lambda function, or a Systems Manager Automation document."""

import json
from collections.abc import Mapping
from typing import Any

from pipewarden.action import Action, Result, ResultState, Task, Way, nothing_to_settle
from pipewarden.technology import Clients, Grant

DOCUMENTS_OF_AWS = "AWS"
"""The documents that AWS publishes begin so (`AWS-RestartEC2Instance`); their ARNs name no account."""
STATES: Mapping[str, ResultState] = {
    **dict.fromkeys(("Success", "CompletedWithSuccess"), "succeeded"),
    **dict.fromkeys(("TimedOut", "Cancelled", "Failed", "Rejected", "CompletedWithFailure", "Exited"), "failed"),
    "ChangeCalendarOverrideRejected": "failed",
}
"""What is not listed goes on (AutomationExecutionStatus of the SSM API)."""
ROLE_PARAMETER = "AutomationAssumeRole"


def invoke(clients: Clients, task: Task) -> Result:
    """Give the event to Lambda's queue of asynchronous events. Lambda knows no client token: the event's `id` is the
    same when an interrupted call is repeated."""
    function = str(task.values["function"])
    event = {"id": task.token, **task.facts}
    clients("lambda").invoke(
        FunctionName=task.values["function_arn"], InvocationType="Event", Payload=json.dumps(event).encode()
    )
    return Result(state="succeeded", text=f"called the function {function.rpartition(':')[2]}", id=task.token)


def start_document(clients: Clients, task: Task) -> Result:
    """Start the automation, or find the one that an earlier call with this token has started."""
    document = str(task.values["document"])
    declared = {name: [str(value)] for name, value in task.values.get("parameters", {}).items()}
    request: dict[str, Any] = {"DocumentName": document, "ClientToken": task.uuid}
    if version := task.values.get("version"):
        request["DocumentVersion"] = str(version)
    answer = clients("ssm").start_automation_execution(
        **request, Parameters={**declared, ROLE_PARAMETER: [task.values["role_arn"]]}
    )
    return Result(state="running", text=f"started the document {_name(document)}", id=answer["AutomationExecutionId"])


def look_at_document(clients: Clients, task: Task, execution: str) -> Result:
    found = clients("ssm").get_automation_execution(AutomationExecutionId=execution)["AutomationExecution"]
    status = str(found["AutomationExecutionStatus"])
    state, document = STATES.get(status, "running"), _name(str(task.values["document"]))
    words = {
        "running": f"is running the document {document} ({status})",
        "succeeded": f"ran the document {document}",
        "failed": f"the document {document} ended as {status}: {found.get('FailureMessage', 'it says no more')}",
    }
    return Result(state=state, text=words[state], id=execution)


def derive_function(values: Mapping[str, Any]) -> Mapping[str, Any]:
    function, place = str(values["function"]), "arn:{partition}:lambda:{region}:{account}:function:"
    return {"function_arn": function if function.startswith("arn:") else place.format(**values) + function}


def derive_document(values: Mapping[str, Any]) -> Mapping[str, Any]:
    document, role = str(values["document"]), str(values["role"])
    account = "" if document.startswith(DOCUMENTS_OF_AWS) else values["account"]
    named = f"arn:{values['partition']}:ssm:{values['region']}:{account}:document/{document}"
    return {
        "document_arn": document if document.startswith("arn:") else named,
        "role_arn": role
        if role.startswith("arn:")
        else f"arn:{values['partition']}:iam::{values['account']}:role/{role}",
    }


def _name(document: str) -> str:
    return document.rpartition("/")[2]


FUNCTION = Way(
    field="function",
    title="a Lambda function",
    intent="call the function $(function)",
    fields={
        "function": {
            "type": "string",
            "title": "the name or the ARN of a Lambda function",
            "pattern": r"^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?"
            r"[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]{1,128})?$",
            "description": "Called asynchronously, with an event that names the incident. `NAME:ALIAS` calls an alias.",
            "examples": ["crm-mend-$(env)"],
        },
    },
    required=(),
    example={"type": "run", "function": "crm-mend-$(env)", "classes": ["deterministic"], "then": "retry"},
    grants=(Grant(purpose="act", actions=("lambda:InvokeFunction",), resources=("$(function_arn)",)),),
    calls=("lambda:InvokeFunction",),
    twice="Lambda has no client token: the function may be called twice when our process dies between the call and its "
    "record. Both calls carry the same `id`, by which the function can tell.",
    prepare=nothing_to_settle,
    start=invoke,
    derive=derive_function,
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html",
)
DOCUMENT = Way(
    field="document",
    title="a Systems Manager Automation document",
    intent="run the document $(document)",
    fields={
        "document": {
            "type": "string",
            "title": "the name or the ARN of a Systems Manager Automation document",
            "pattern": r"^(arn:aws[a-z-]*:ssm:[a-z0-9-]+:(\d{12})?:document/)?[A-Za-z0-9_.-]{3,128}$",
            "description": f"Needs a parameter `{ROLE_PARAMETER}`, as the documents of AWS have.",
            "examples": ["AWS-RestartEC2Instance"],
        },
        "version": {
            "type": "string",
            "pattern": r"^(\$DEFAULT|\$LATEST|\d{1,6})$",
            "title": "a version such as 3",
            "description": "Of the document; its default version where none is given.",
            "examples": ["3"],
        },
        "parameters": {
            "type": "object",
            "description": "What the document is told, as text.",
            "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 512},
            "examples": [{"InstanceId": "i-0123456789abcdef0"}],
        },
        "role": {
            "type": "string",
            "title": "the name or the ARN of a role",
            "pattern": r"^(arn:aws[a-z-]*:iam::\d{12}:role/)?[A-Za-z0-9+=,.@_/-]{1,512}$",
            "description": "What the document acts as; without one it would act with the rights of our function.",
            "examples": ["crm-restart-$(env)"],
        },
    },
    required=("role",),
    example={
        "type": "run",
        "document": "AWS-RestartEC2Instance",
        "parameters": {"InstanceId": "i-0123456789abcdef0"},
        "role": "crm-restart-$(env)",
        "alarms": ["api.latency"],
    },
    grants=(
        Grant(
            purpose="act",
            actions=("ssm:StartAutomationExecution",),
            resources=("$(document_arn)", "arn:$(partition):ssm:$(region):$(account):automation-execution/*"),
        ),
        Grant(
            purpose="act",
            actions=("ssm:GetAutomationExecution",),
            resources=("arn:$(partition):ssm:$(region):$(account):automation-execution/*",),
        ),
        Grant(
            purpose="act",
            actions=("iam:PassRole",),
            resources=("$(role_arn)",),
            conditions={"StringEquals": {"iam:PassedToService": ("ssm.amazonaws.com",)}},
        ),
    ),
    calls=("ssm:StartAutomationExecution", "ssm:GetAutomationExecution"),
    twice="Systems Manager starts one execution for a client token.",
    prepare=nothing_to_settle,
    start=start_document,
    look=look_at_document,
    derive=derive_document,
    source="https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html",
)

ACTION = Action(
    type="run",
    title="Run",
    summary="Calls a Lambda function, or runs a Systems Manager Automation document and waits for its end.",
    ways=(FUNCTION, DOCUMENT),
)
