"""CloudFormation types that the emulator refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core.responses import error_response_json, json_response
from ministack.services import budgets, cloudwatch_logs
from ministack.services.cloudformation import provisioners

from pipewarden_cli.local import hooks, recorded_types
from pipewarden_cli.local.hooks import Answer, Query

NAME = "CloudFormation types"
IMITATED = (
    "X-Ray groups, sampling rules and settings, query definitions, account policies, log anomaly detectors, cost "
    "anomaly monitors and subscriptions, service level objectives, Chatbot channels, Managed Prometheus and Grafana, "
    "notification configurations and Contributor Insights rules are recorded and do nothing; "
    "they are served at GET /_pipewarden/resources, X-Ray's also by GetGroups and GetSamplingRules, query definitions "
    "by DescribeQueryDefinitions. Budgets are kept by the Budgets API and never alert.",
    "Of a recorded type only the presence of required properties is checked, not their values.",
)


def fill() -> None:
    """Register handlers for recorded types, and serve what is recorded."""
    for resource_type in recorded_types.TYPES:
        provisioners._RESOURCE_HANDLERS[resource_type] = _recording(resource_type)
    provisioners._RESOURCE_HANDLERS["AWS::Budgets::Budget"] = _budget_handlers()
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
