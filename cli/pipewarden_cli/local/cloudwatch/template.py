"""CloudFormation's handlers of composite alarms, mute rules and anomaly detectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from pipewarden_cli.local.cloudwatch import detector, memory, mutes, request

Properties = Mapping[str, Any]
Provisioned = tuple[str, dict[str, Any]]

_LONGEST_NAME = 255


def _name(properties: Properties, key: str, stack: str, logical_id: str) -> str:
    return str(properties.get(key) or provisioners._physical_name(stack, logical_id, max_len=_LONGEST_NAME))


def create_composite(logical_id: str, properties: Properties, stack: str) -> Provisioned:
    """Create the alarm; Ref is its name."""
    return _put_composite(_name(properties, "AlarmName", stack, logical_id), properties)


def update_composite(
    physical_id: str, _old: Properties, properties: Properties, _stack: str, _logical_id: str
) -> Provisioned:
    """Update the alarm in place, or replace it when its name changed."""
    name = str(properties.get("AlarmName") or physical_id)
    provisioned = _put_composite(name, properties)
    if name != physical_id:
        delete_composite(physical_id, properties)
    return provisioned


def _put_composite(name: str, properties: Properties) -> Provisioned:
    alarm = request.composite_alarm_record(name, properties)
    request.store_composite_alarm(alarm)
    tags = properties.get("Tags") or ()
    cloudwatch._resource_tags[alarm["AlarmArn"]] = {tag["Key"]: tag.get("Value", "") for tag in tags}
    return name, {"Arn": alarm["AlarmArn"]}


def delete_composite(physical_id: str, _properties: Properties) -> None:
    """Delete the alarm, unless another composite still needs it."""
    if any(physical_id in cloudwatch._composite_children(parent) for parent in cloudwatch._composite_alarms.values()):
        raise ValueError(f"Cannot delete {physical_id} as there are composite alarm(s) depending on it.")
    alarm = cloudwatch._composite_alarms.pop(physical_id, None)
    cloudwatch._composite_triggers.pop(physical_id, None)
    memory.forget(physical_id)
    if alarm:
        cloudwatch._resource_tags.pop(alarm["AlarmArn"], None)


def create_mute(logical_id: str, properties: Properties, stack: str) -> Provisioned:
    """Create the rule; Ref is its ARN."""
    return _put_mute(_name(properties, "Name", stack, logical_id), properties)


def update_mute(
    physical_id: str, _old: Properties, properties: Properties, _stack: str, _logical_id: str
) -> Provisioned:
    """Update the rule in place, or replace it when its name changed."""
    old_name = physical_id.rpartition(":")[2]
    name = str(properties.get("Name") or old_name)
    provisioned = _put_mute(name, properties)
    if name != old_name:
        mutes.delete_rule(old_name)
    return provisioned


def _put_mute(name: str, properties: Properties) -> Provisioned:
    mutes.put_rule({**properties, "Name": name})
    described = mutes.describe_rule(name) or {}
    moment = cloudwatch._ts_iso(described["LastUpdatedTimestamp"])
    attributes = {"Arn": mutes.rule_arn(name), "Status": described["Status"], "MuteType": described["MuteType"]}
    return mutes.rule_arn(name), {**attributes, "LastUpdatedTimestamp": moment}


def delete_mute(physical_id: str, _properties: Properties) -> None:
    """Delete the rule."""
    mutes.delete_rule(physical_id.rpartition(":")[2])


def create_detector(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
    """Create the detector; Ref is its id."""
    identity = detector.put_detector(properties)
    return identity, {"Id": identity}


def update_detector(
    physical_id: str, _old: Properties, properties: Properties, _stack: str, _logical_id: str
) -> Provisioned:
    """Update the detector, or replace it when it watches something else."""
    identity = detector.put_detector(properties)
    if identity != physical_id:
        detector.delete_detector({"AnomalyDetectorId": physical_id})
    return identity, {"Id": identity}


def delete_detector(physical_id: str, _properties: Properties) -> None:
    """Delete the detector."""
    detector.delete_detector({"AnomalyDetectorId": physical_id})


HANDLERS: dict[str, dict[str, Any]] = {
    "AWS::CloudWatch::CompositeAlarm": {
        "create": create_composite,
        "update": update_composite,
        "update_with_logical_id": True,
        "delete": delete_composite,
    },
    "AWS::CloudWatch::AlarmMuteRule": {
        "create": create_mute,
        "update": update_mute,
        "update_with_logical_id": True,
        "delete": delete_mute,
    },
    "AWS::CloudWatch::AnomalyDetector": {
        "create": create_detector,
        "update": update_detector,
        "update_with_logical_id": True,
        "delete": delete_detector,
    },
}
