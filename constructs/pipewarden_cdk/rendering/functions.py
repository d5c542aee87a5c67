"""Lambda functions with their roles, log groups and sources."""

from collections.abc import Iterable
from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, attribute, kept_when, reference, resource
from pipewarden_cdk.rendering.policies import role_document, trust
from pipewarden_plan.planned_function import ACKNOWLEDGE_URL, FunctionPlan

ASSET_BUCKET = "AssetBucket"
ASSET_KEY = "AssetKey"
RUNTIME = "python3.13"
ARCHITECTURE = "arm64"
CALLED_ASYNCHRONOUSLY = ("drainer", "escalator", "probe", "reconciler")
ATTEMPTS_AGAIN = 2
OLDEST_CALL_SECONDS = 3_600
SIGNALS_AT_ONCE = 10
RESPONDERS_AT_ONCE = 10
"""A storm of signals waits in the queue instead of taking the account's concurrency from the pipelines themselves."""


INDEXED_FIELDS = {"responder": ["pipeline", "run_id", "incident"]}
"""What the saved queries and the dashboards look for in the log of a function; a query skips what has another value."""


def render_functions(
    functions: Iterable[FunctionPlan], names: Names, log_days: int, *, has_key: bool, protected: bool
) -> Fragment:
    fragment: Fragment = {}
    for function in functions:
        logical = function.role.capitalize()
        fragment[f"{logical}Logs"] = _log_group(function, log_days, protected=protected)
        fragment.update(_role(logical, function, has_key=has_key))
        fragment[logical] = resource("AWS::Lambda::Function", _function(logical, function))
        if function.role in CALLED_ASYNCHRONOUSLY:
            fragment[f"{logical}Calls"] = _asynchronous_calls(logical, names)
    fragment.update(_signals_source(names))
    fragment.update(_acknowledge_url())
    return fragment


def _log_group(function: FunctionPlan, days: int, *, protected: bool) -> dict[str, Any]:
    """Where everything is protected, nobody deletes the record of what was decided, by whatever tool."""
    fields = INDEXED_FIELDS.get(function.role)
    properties = {
        "LogGroupName": f"/aws/lambda/{function.name}",
        "RetentionInDays": days,
        "DeletionProtectionEnabled": protected or None,
        "FieldIndexPolicies": [{"Fields": fields}] if fields else None,
    }
    return resource("AWS::Logs::LogGroup", properties, **kept_when(protected))


def _role(logical: str, function: FunctionPlan, *, has_key: bool) -> Fragment:
    """Managed policies come before the role, so that a function never runs with half of its permissions."""
    managed = {
        f"{logical}Policy{number}": resource(
            "AWS::IAM::ManagedPolicy",
            {
                "Description": f"What {function.name} may do on declared resources, part {number}",
                "PolicyDocument": role_document(statements, has_key=has_key),
            },
        )
        for number, statements in enumerate(function.managed, 1)
    }
    inline = {"PolicyName": "own", "PolicyDocument": role_document(function.statements, has_key=has_key)}
    role = {
        "Description": f"Of {function.name}",
        "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
        "Policies": [inline],
        "ManagedPolicyArns": [reference(policy) for policy in managed],
    }
    return {**managed, f"{logical}Role": resource("AWS::IAM::Role", role)}


def _function(logical: str, function: FunctionPlan) -> dict[str, Any]:
    url = attribute("AcknowledgeUrl", "FunctionUrl")
    variables = {key: url if value == ACKNOWLEDGE_URL else value for key, value in function.environment.items()}
    return {
        "FunctionName": function.name,
        "Description": function.description,
        "Handler": function.handler,
        "Runtime": RUNTIME,
        "Architectures": [ARCHITECTURE],
        "Code": {"S3Bucket": reference(ASSET_BUCKET), "S3Key": reference(ASSET_KEY)},
        "Role": attribute(f"{logical}Role", "Arn"),
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout_seconds,
        "Environment": {"Variables": variables},
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {"LogGroup": reference(f"{logical}Logs")},
        "ReservedConcurrentExecutions": function.reserved_concurrency,
    }


def _asynchronous_calls(logical: str, names: Names) -> dict[str, Any]:
    """Lambda itself tries a failed call again; what fails for good lands in a queue that an alarm watches."""
    target = names.queue_arn(names.signals_dead_letters())
    properties = {
        "FunctionName": reference(logical),
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": ATTEMPTS_AGAIN,
        "MaximumEventAgeInSeconds": OLDEST_CALL_SECONDS,
        "DestinationConfig": {"OnFailure": {"Destination": target}},
    }
    return resource("AWS::Lambda::EventInvokeConfig", properties)


def _signals_source(names: Names) -> Fragment:
    properties = {
        "EventSourceArn": names.queue_arn(names.signals_queue()),
        "FunctionName": reference("Responder"),
        "BatchSize": SIGNALS_AT_ONCE,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": RESPONDERS_AT_ONCE},
    }
    return {"ResponderSource": resource("AWS::Lambda::EventSourceMapping", properties)}


def _acknowledge_url() -> Fragment:
    """The address in every page. It is open: the link's signature is what lets a person in. A function URL needs both
    permissions (Lambda guide, "Control access to Lambda function URLs")."""
    anyone = {"FunctionName": reference("Acknowledge"), "Principal": "*"}
    url = {"TargetFunctionArn": reference("Acknowledge"), "AuthType": "NONE"}
    by_url = {**anyone, "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
    invoke = {**anyone, "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}
    return {
        "AcknowledgeUrl": resource("AWS::Lambda::Url", url),
        "AcknowledgeUrlPermission": resource("AWS::Lambda::Permission", by_url),
        "AcknowledgeInvokePermission": resource("AWS::Lambda::Permission", invoke),
    }
