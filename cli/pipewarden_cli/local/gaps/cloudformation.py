"""CloudFormation types and properties that the emulator refuses or drops."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core.responses import error_response_json, json_response
from ministack.services import budgets, cloudwatch_logs, dynamodb, scheduler
from ministack.services.cloudformation import provisioners

from pipewarden_cli.local import hooks, recorded_types
from pipewarden_cli.local.hooks import Answer, Query

NAME = "CloudFormation"
IMITATED = (
    "X-Ray groups, sampling rules and settings, query definitions, account policies, log anomaly detectors, cost "
    "anomaly monitors and subscriptions, service level objectives, Chatbot channels, Managed Prometheus and Grafana, "
    "notification configurations and Contributor Insights rules are recorded and do nothing; "
    "they are served at GET /_pipewarden/resources, X-Ray's also by GetGroups and GetSamplingRules, query definitions "
    "by DescribeQueryDefinitions. Budgets are kept by the Budgets API and never alert.",
    "Of a recorded type only the presence of required properties is checked, not their values.",
    "A DynamoDB table's time to live, point-in-time recovery and encryption settings are kept; expired items are "
    "removed by the emulator in its own time.",
)


def fill() -> None:
    """Register handlers for recorded types; complete those of tables and schedules."""
    for resource_type in recorded_types.TYPES:
        provisioners._RESOURCE_HANDLERS[resource_type] = _recording(resource_type)
    provisioners._RESOURCE_HANDLERS["AWS::Budgets::Budget"] = _budget_handlers()
    table = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    table["create"] = _with_table_settings(table["create"])
    table["update"] = _with_table_settings(table["update"])
    provisioners._scheduler_schedule_create = _create_schedule
    provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"].update(create=_create_schedule, update=_update_schedule)
    cloudwatch_logs.handle_request = _with_query_definitions(cloudwatch_logs.handle_request)
    app.SERVICE_HANDLERS["xray"] = _answer_xray
    hooks.route("GET", "resources", _list_resources)
    hooks.on_reset(recorded_types.forget_all)


def _list_resources(query: Query) -> Answer:
    wanted = next(iter(query.get("type") or []), None)
    return 200, [record for record in recorded_types.all_records() if wanted in (None, record["Type"])]


def _recording(resource_type: str) -> dict[str, Any]:
    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        record = recorded_types.create(resource_type, logical_id, properties, stack)
        return record["PhysicalId"], record["Attributes"]

    def update(
        physical_id: str, _old: Any, properties: Mapping[str, Any], stack: str, logical_id: str
    ) -> tuple[str, dict[str, str]]:
        record = recorded_types.update(resource_type, physical_id, properties, stack, logical_id)
        return record["PhysicalId"], record["Attributes"]

    def delete(physical_id: str, _properties: Any) -> None:
        recorded_types.delete(resource_type, physical_id)

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _budget_handlers() -> dict[str, Any]:
    recording = _recording("AWS::Budgets::Budget")

    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        name, attributes = recording["create"](logical_id, properties, stack)
        budget = {**properties["Budget"], "BudgetName": name}
        _checked(budgets._create_budget({**properties, "Budget": budget}), "AWS::Budgets::Budget")
        return name, attributes

    def update(
        physical_id: str, old: Any, properties: Mapping[str, Any], stack: str, logical_id: str
    ) -> tuple[str, dict[str, str]]:
        name, attributes = recording["update"](physical_id, old, properties, stack, logical_id)
        budgets._budgets.pop(physical_id, None)
        _checked(
            budgets._create_budget({**properties, "Budget": {**properties["Budget"], "BudgetName": name}}),
            "AWS::Budgets::Budget",
        )
        return name, attributes

    def delete(physical_id: str, properties: Any) -> None:
        recording["delete"](physical_id, properties)
        budgets._delete_budget({"BudgetName": physical_id})

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _with_table_settings(inner: Callable[..., Any]) -> Callable[..., Any]:
    def handle(*args: Any) -> Any:
        name, attributes = inner(*args)
        # create(logical id, properties, stack); update(physical id, old properties, new properties, stack)
        properties = args[2] if isinstance(args[2], Mapping) else args[1]
        _set_time_to_live(name, properties.get("TimeToLiveSpecification"))
        recovery = properties.get("PointInTimeRecoverySpecification")
        if recovery is not None:
            dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": recovery})
        encryption = properties.get("SSESpecification")
        if encryption and encryption.get("SSEEnabled"):
            key = encryption.get("KMSMasterKeyId", "alias/aws/dynamodb")
            described = {"Status": "ENABLED", "SSEType": encryption.get("SSEType", "KMS"), "KMSMasterKeyArn": key}
            dynamodb._tables[name]["SSEDescription"] = described
        return name, attributes

    return handle


def _set_time_to_live(name: str, wanted: Mapping[str, Any] | None) -> None:
    if wanted is None or json.loads(dynamodb._describe_ttl({"TableName": name})[2]).get(
        "TimeToLiveDescription", {}
    ).get("AttributeName") == wanted.get("AttributeName"):
        return
    _checked(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": dict(wanted)}), "AWS::DynamoDB::Table")


def _create_schedule(logical_id: str, properties: Mapping[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    name = properties.get("Name") or provisioners._physical_name(stack, logical_id, max_len=64)
    _checked(scheduler._create_schedule(name, dict(properties)), "AWS::Scheduler::Schedule")
    return name, {"Arn": scheduler._schedule_arn(properties.get("GroupName", "default"), name)}


def _update_schedule(
    physical_id: str, old: Mapping[str, Any], properties: Mapping[str, Any], stack: str
) -> tuple[str, dict[str, str]]:
    group = properties.get("GroupName", "default")
    is_same = properties.get("Name", physical_id) == physical_id and group == old.get("GroupName", "default")
    if not is_same or f"{group}/{physical_id}" not in scheduler._schedules:
        return _create_schedule(physical_id, properties, stack)
    _checked(scheduler._update_schedule(physical_id, dict(properties)), "AWS::Scheduler::Schedule")
    return physical_id, {"Arn": scheduler._schedule_arn(group, physical_id)}


def _checked(answer: Any, resource_type: str) -> None:
    if answer[0] >= 400:
        problem = json.loads(answer[2])
        raise ValueError(f"{resource_type}: {problem.get('message') or problem.get('Message') or problem}")


def _with_query_definitions(inner: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if not headers.get("x-amz-target", "").endswith(".DescribeQueryDefinitions"):
            return await inner(method, path, headers, body, query_params)
        prefix = json.loads(body or b"{}").get("queryDefinitionNamePrefix", "")
        found = [
            {
                "queryDefinitionId": record["PhysicalId"],
                "name": record["Name"],
                "queryString": record["Properties"]["QueryString"],
                "logGroupNames": record["Properties"].get("LogGroupNames", []),
            }
            for record in recorded_types.records("AWS::Logs::QueryDefinition")
            if record["Name"].startswith(prefix)
        ]
        return json_response({"queryDefinitions": found})

    return handle


async def _answer_xray(_method: str, path: str, _headers: Any, body: bytes, _query_params: Any) -> Any:
    given = json.loads(body or b"{}")
    if path == "/Groups":
        return json_response({"Groups": [_group(record) for record in recorded_types.records("AWS::XRay::Group")]})
    if path == "/GetSamplingRules":
        rules = [{"SamplingRule": _rule(record)} for record in recorded_types.records("AWS::XRay::SamplingRule")]
        return json_response({"SamplingRuleRecords": rules})
    if path in ("/TraceSegments", "/TelemetryRecords"):
        # Taken and dropped, so that a function with active tracing works.
        return json_response({"UnprocessedTraceSegments": []} if "TraceSegmentDocuments" in given else {})
    return error_response_json("InvalidRequestException", f"{path} of X-Ray is not imitated")


def _group(record: Mapping[str, Any]) -> dict[str, Any]:
    properties = record["Properties"]
    kept = {key: properties[key] for key in ("FilterExpression", "InsightsConfiguration") if key in properties}
    return {"GroupName": record["Name"], "GroupARN": record["PhysicalId"], **kept}


def _rule(record: Mapping[str, Any]) -> dict[str, Any]:
    return {**record["Properties"].get("SamplingRule", {}), "RuleARN": record["PhysicalId"]}
