"""CloudFormation types that are recorded and read back, with no service behind them.

``ref`` and ``attributes`` are what Ref and Fn::GetAtt return: the primary identifier and the read-only properties of
the type's resource provider schema. In texts, {name}, {id}, {account}, {region} and {arn} are filled in.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id, get_region, now_iso


@dataclass(frozen=True)
class RecordedType:
    """How one type is named and what a template must give it."""

    arn: str = ""
    ref: str = "{arn}"
    name_property: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


def _arn(service: str, resource: str, *, region: str = "{region}") -> str:
    return f"arn:aws:{service}:{region}:{{account}}:{resource}"


TYPES: dict[str, RecordedType] = {
    "AWS::XRay::Group": RecordedType(
        _arn("xray", "group/{name}/{id}"), "{arn}", "GroupName", {"GroupARN": "{arn}"}, ("GroupName",)
    ),
    "AWS::XRay::SamplingRule": RecordedType(
        _arn("xray", "sampling-rule/{name}"), "{arn}", "SamplingRule.RuleName", {"RuleARN": "{arn}"}
    ),
    "AWS::XRay::TransactionSearchConfig": RecordedType(ref="{account}", attributes={"AccountId": "{account}"}),
    "AWS::XRay::ResourcePolicy": RecordedType(
        ref="{name}", name_property="PolicyName", required=("PolicyName", "PolicyDocument")
    ),
    "AWS::Logs::QueryDefinition": RecordedType(
        ref="{id}", name_property="Name", attributes={"QueryDefinitionId": "{id}"}, required=("Name", "QueryString")
    ),
    "AWS::Logs::AccountPolicy": RecordedType(
        ref="{account}|{name}",
        name_property="PolicyName",
        attributes={"AccountId": "{account}"},
        required=("PolicyName", "PolicyType", "PolicyDocument"),
    ),
    "AWS::Logs::LogAnomalyDetector": RecordedType(
        _arn("logs", "anomaly-detector:{id}"), name_property="DetectorName", attributes={"AnomalyDetectorArn": "{arn}"}
    ),
    "AWS::Budgets::Budget": RecordedType(
        ref="{name}", name_property="Budget.BudgetName", attributes={"Id": "{name}"}, required=("Budget",)
    ),
    "AWS::CE::AnomalyMonitor": RecordedType(
        _arn("ce", "anomalymonitor/{id}", region=""),
        name_property="MonitorName",
        attributes={"MonitorArn": "{arn}", "CreationDate": "{now}", "LastUpdatedDate": "{now}"},
        required=("MonitorName", "MonitorType"),
    ),
    "AWS::CE::AnomalySubscription": RecordedType(
        _arn("ce", "anomalysubscription/{id}", region=""),
        name_property="SubscriptionName",
        attributes={"SubscriptionArn": "{arn}", "AccountId": "{account}"},
        required=("SubscriptionName", "MonitorArnList", "Subscribers", "Frequency"),
    ),
    "AWS::ApplicationSignals::ServiceLevelObjective": RecordedType(
        _arn("application-signals", "slo/{name}"),
        name_property="Name",
        attributes={"Arn": "{arn}", "CreatedTime": "{now}", "LastUpdatedTime": "{now}"},
        required=("Name",),
    ),
    "AWS::ApplicationSignals::Discovery": RecordedType(ref="{account}", attributes={"AccountId": "{account}"}),
    "AWS::Chatbot::SlackChannelConfiguration": RecordedType(
        _arn("chatbot", "chat-configuration/slack-channel/{name}", region=""),
        name_property="ConfigurationName",
        attributes={"Arn": "{arn}"},
        required=("ConfigurationName", "IamRoleArn", "SlackChannelId", "SlackWorkspaceId"),
    ),
    "AWS::Chatbot::MicrosoftTeamsChannelConfiguration": RecordedType(
        _arn("chatbot", "chat-configuration/microsoft-teams-channel/{name}", region=""),
        name_property="ConfigurationName",
        attributes={"Arn": "{arn}"},
        required=("ConfigurationName", "IamRoleArn", "TeamId", "TeamsChannelId", "TeamsTenantId"),
    ),
    "AWS::Chatbot::CustomAction": RecordedType(
        _arn("chatbot", "custom-action/{name}", region=""),
        name_property="ActionName",
        attributes={"CustomActionArn": "{arn}"},
        required=("ActionName", "Definition"),
    ),
    "AWS::APS::Workspace": RecordedType(
        _arn("aps", "workspace/{id}"),
        name_property="Alias",
        attributes={"Arn": "{arn}", "WorkspaceId": "{id}", "PrometheusEndpoint": "http://127.0.0.1/none/{id}/"},
    ),
    "AWS::APS::RuleGroupsNamespace": RecordedType(
        _arn("aps", "rulegroupsnamespace/{id}/{name}"),
        name_property="Name",
        attributes={"Arn": "{arn}"},
        required=("Workspace", "Data", "Name"),
    ),
    "AWS::Grafana::Workspace": RecordedType(
        ref="{id}",
        name_property="Name",
        attributes={"Id": "{id}", "Endpoint": "{id}.grafana-workspace.invalid", "Status": "ACTIVE"},
        required=("AccountAccessType", "AuthenticationProviders", "PermissionType"),
    ),
    "AWS::Notifications::NotificationConfiguration": RecordedType(
        _arn("notifications", "configuration/{id}", region=""),
        name_property="Name",
        attributes={"Arn": "{arn}", "CreationTime": "{now}", "Status": "ACTIVE"},
        required=("Name", "Description"),
    ),
    "AWS::CloudWatch::InsightRule": RecordedType(
        _arn("cloudwatch", "insight-rule/{name}"),
        name_property="RuleName",
        attributes={"Arn": "{arn}"},
        required=("RuleName", "RuleState", "RuleBody"),
    ),
}

Record = dict[str, Any]

_records: list[Record] = []


def records(resource_type: str | None = None) -> list[Record]:
    """What is recorded in the current account and region, of one type or all."""
    scope = (get_account_id(), get_region())
    return [
        record
        for record in _records
        if (record["Account"], record["Region"]) == scope and resource_type in (None, record["Type"])
    ]


def all_records() -> list[Record]:
    """What is recorded in any account and region."""
    return list(_records)


def forget_all() -> None:
    """Empty the record."""
    _records.clear()


def create(resource_type: str, logical_id: str, properties: Mapping[str, Any], stack: str) -> Record:
    """Record a resource; raises ValueError when the template leaves out what the type requires."""
    kind = TYPES[resource_type]
    missing = [name for name in kind.required if name not in properties]
    if missing:
        raise ValueError(f"{resource_type} {logical_id}: required key [{missing[0]}] not found")
    known = {"account": get_account_id(), "region": get_region(), "id": str(uuid.uuid4()), "now": now_iso()}
    known["name"] = _given_name(kind, properties) or f"{stack}-{logical_id}-{secrets.token_hex(6).upper()}"
    known["arn"] = kind.arn.format(**known)
    record: Record = {
        "Type": resource_type,
        "LogicalId": logical_id,
        "Stack": stack,
        "PhysicalId": kind.ref.format(**known),
        "Name": known["name"],
        "Account": known["account"],
        "Region": known["region"],
        "Attributes": {name: text.format(**known) for name, text in kind.attributes.items()},
        "Properties": dict(properties),
    }
    _records.append(record)
    return record


def update(resource_type: str, physical_id: str, properties: Mapping[str, Any], stack: str, logical_id: str) -> Record:
    """Change a record in place; a changed name makes a new one, as replacement does."""
    for record in records(resource_type):
        if record["PhysicalId"] == physical_id:
            if _given_name(TYPES[resource_type], properties) not in ("", record["Name"]):
                break
            record["Properties"] = dict(properties)
            return record
    return create(resource_type, logical_id, properties, stack)


def delete(resource_type: str, physical_id: str) -> None:
    """Remove a record; one that is gone already is no error."""
    for record in records(resource_type):
        if record["PhysicalId"] == physical_id:
            _records.remove(record)


def _given_name(kind: RecordedType, properties: Mapping[str, Any]) -> str:
    value: Any = properties
    for part in filter(None, kind.name_property.split(".")):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
