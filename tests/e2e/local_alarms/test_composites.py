"""Composite alarms, suppressors and mute rules of the embedded AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.local import control

pytestmark = pytest.mark.e2e

RULE = {
    "Namespace": "Pipe",
    "MetricName": "Failed",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "ignore",
}


@pytest.fixture
def child(local: control.LocalAws, name: str) -> Callable[[str], str]:
    """Create a metric alarm that keeps whatever state it is set to; its name."""

    def create(suffix: str) -> str:
        alarm = f"{name}-{suffix}"
        pair = {"Name": "Alarm", "Value": alarm}
        local.client("cloudwatch").put_metric_alarm(AlarmName=alarm, Dimensions=[pair], **RULE)
        return alarm

    return create


def set_state(cw: Any, alarm: str, value: str) -> None:
    cw.set_alarm_state(AlarmName=alarm, StateValue=value, StateReason="set")


def composite(cw: Any, alarm: str) -> dict[str, Any]:
    (found,) = cw.describe_alarms(AlarmNames=[alarm], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return dict(found)


def test_a_composite_follows_its_children_and_says_which(
    local: control.LocalAws, name: str, child: Callable[[str], str], topic: Any, events: Any
) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    one, two = child("one"), child("two")
    inner, outer = f"{name}-inner", f"{name}-outer"
    cw.put_composite_alarm(AlarmName=inner, AlarmRule=f'ALARM("{one}") AND NOT ALARM("{two}")')
    cw.put_composite_alarm(AlarmName=outer, AlarmRule=f"AT_LEAST(1, ALARM, ({inner}, {two}))", AlarmActions=[arn])
    assert composite(cw, outer)["StateValue"] == "OK"
    set_state(cw, one, "ALARM")
    assert composite(cw, inner)["StateValue"] == "ALARM"
    assert composite(cw, outer)["StateValue"] == "ALARM"
    message = json.loads(inbox.wait()[0]["Message"])
    assert message["AlarmRule"] == f"AT_LEAST(1, ALARM, ({inner}, {two}))"
    assert "Trigger" not in message
    (trigger,) = message["TriggeringChildren"]
    assert trigger["Arn"].endswith(f":alarm:{inner}")
    assert trigger["State"]["Value"] == "ALARM"
    assert f":alarm:{inner} transitioned to ALARM at " in message["NewStateReason"]
    set_state(cw, two, "ALARM")
    assert composite(cw, inner)["StateValue"] == "OK"
    assert composite(cw, outer)["StateValue"] == "ALARM"
    changed = [event["detail"] for event in events.wait(6) if event["detail"]["alarmName"] == outer]
    assert changed[-1]["configuration"] == {"alarmRule": message["AlarmRule"]}
    assert json.loads(changed[-1]["state"]["reasonData"])["triggeringAlarms"][0]["arn"] == trigger["Arn"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [("ALARM(nobody)", r"alarms \[.*:alarm:nobody\] in the alarm rule do not exist"), ("ALARM(", "name of an alarm")],
    ids=["unknown child", "not a rule"],
)
def test_wrong_rules_are_refused(local: control.LocalAws, name: str, rule: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        local.client("cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule=rule)


def test_a_suppressor_holds_actions_back_and_its_end_lets_them_run(
    local: control.LocalAws, name: str, child: Callable[[str], str], topic: Any, events: Any, until: Callable[..., Any]
) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    watched, suppressor, alarm = child("watched"), child("suppressor"), f"{name}-team"
    set_state(cw, watched, "OK")
    set_state(cw, suppressor, "ALARM")
    periods = {"ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}
    rule = {"AlarmName": alarm, "AlarmRule": f"ALARM({watched})", "AlarmActions": [arn]}
    cw.put_composite_alarm(**rule, ActionsSuppressor=suppressor, **periods)
    set_state(cw, watched, "ALARM")
    described = composite(cw, alarm)
    assert (described["StateValue"], described["ActionsSuppressedBy"]) == ("ALARM", "Alarm")
    assert described["ActionsSuppressor"] == suppressor
    set_state(cw, suppressor, "OK")
    assert composite(cw, alarm)["ActionsSuppressedBy"] == "ExtensionPeriod"
    assert inbox.messages() == []
    assert [json.loads(one["Message"])["NewStateValue"] for one in inbox.wait()] == ["ALARM"]
    assert "ActionsSuppressedBy" not in composite(cw, alarm)
    raised = [event["detail"] for event in events.wait(6) if event["detail"]["alarmName"] == alarm]
    assert raised[-1]["state"]["actionsSuppressedBy"] == "Alarm"
    assert raised[-1]["configuration"]["actionsSuppressorWaitPeriod"] == 1


def test_a_wait_period_gives_the_suppressor_time(
    local: control.LocalAws, name: str, child: Callable[[str], str], topic: Any
) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    watched, suppressor, alarm = child("watched"), child("suppressor"), f"{name}-team"
    periods = {"ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 0}
    rule = {"AlarmName": alarm, "AlarmRule": f"ALARM({watched})", "AlarmActions": [arn]}
    cw.put_composite_alarm(**rule, ActionsSuppressor=suppressor, **periods)
    set_state(cw, watched, "ALARM")
    assert composite(cw, alarm)["ActionsSuppressedReason"] == "Actions suppressed by WaitPeriod"
    assert len(inbox.wait()) == 1


def mute(cw: Any, name: str, alarm: str, seconds: float | None = None) -> None:
    now = datetime.now(UTC)
    schedule = {"Expression": f"at({now:%Y-%m-%dT%H:%M})", "Duration": "PT1H"}
    bounds = {"ExpireDate": time.time() + seconds} if seconds else {}
    cw.put_alarm_mute_rule(Name=name, Rule={"Schedule": schedule}, MuteTargets={"AlarmNames": [alarm]}, **bounds)


def test_a_mute_rule_holds_actions_back_until_its_window_ends(
    local: control.LocalAws, name: str, child: Callable[[str], str], topic: Any, events: Any
) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    alarm = child("muted")
    pair = {"Name": "Alarm", "Value": alarm}
    cw.put_metric_alarm(AlarmName=alarm, Dimensions=[pair], AlarmActions=[arn], OKActions=[arn], **RULE)
    mute(cw, name, alarm, seconds=2)
    set_state(cw, alarm, "OK")
    set_state(cw, alarm, "ALARM")
    detail = events.wait(2)[-1]["detail"]
    assert detail["state"]["value"] == "ALARM"
    assert detail["muteDetail"]["mutedByArn"].endswith(f":alarm-mute-rule:{name}")
    assert inbox.messages() == []
    assert [json.loads(one["Message"])["NewStateValue"] for one in inbox.wait()] == ["ALARM"]


def test_actions_of_a_state_that_has_passed_are_not_made_up_for(
    local: control.LocalAws, name: str, child: Callable[[str], str], topic: Any
) -> None:
    cw, (arn, inbox) = local.client("cloudwatch"), topic
    alarm = child("muted")
    pair = {"Name": "Alarm", "Value": alarm}
    cw.put_metric_alarm(AlarmName=alarm, Dimensions=[pair], AlarmActions=[arn], **RULE)
    mute(cw, name, alarm)
    set_state(cw, alarm, "ALARM")
    set_state(cw, alarm, "OK")
    cw.delete_alarm_mute_rule(AlarmMuteRuleName=name)
    time.sleep(1.5)  # longer than the emulator takes to notice that the window is gone
    assert inbox.messages() == []
    set_state(cw, alarm, "ALARM")
    assert len(inbox.wait()) == 1


def test_mute_rules_are_described_listed_and_deleted(local: control.LocalAws, name: str) -> None:
    cw = local.client("cloudwatch")
    mute(cw, name, "some-alarm", seconds=3600)
    found = cw.get_alarm_mute_rule(AlarmMuteRuleName=name)
    assert (found["Status"], found["MuteTargets"]) == ("ACTIVE", {"AlarmNames": ["some-alarm"]})
    assert found["Rule"]["Schedule"]["Duration"] == "PT1H"
    listed = cw.list_alarm_mute_rules(AlarmName="some-alarm")["AlarmMuteRuleSummaries"]
    assert found["AlarmMuteRuleArn"] in [one["AlarmMuteRuleArn"] for one in listed]
    cw.delete_alarm_mute_rule(AlarmMuteRuleName=name)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        cw.get_alarm_mute_rule(AlarmMuteRuleName=name)
    schedule = {"Expression": "rate(5 minutes)", "Duration": "PT1H"}
    with pytest.raises(ClientError, match="must have 5 fields"):
        cw.put_alarm_mute_rule(Name=name, Rule={"Schedule": schedule})


def test_an_alarm_on_the_events_of_alarms_is_judged_after_the_change(
    local: control.LocalAws, name: str, child: Callable[[str], str], events: Any, until: Callable[..., Any]
) -> None:
    cw, alarm = local.client("cloudwatch"), f"{name}-busy"
    rule = {**RULE, "Namespace": "AWS/Events", "MetricName": "TriggeredRules", "Threshold": 1}
    cw.put_metric_alarm(AlarmName=alarm, Dimensions=[{"Name": "RuleName", "Value": name}], **rule)
    watched = child("watched")
    set_state(cw, watched, "OK")
    set_state(cw, watched, "ALARM")
    until(lambda: cw.describe_alarms(AlarmNames=[alarm])["MetricAlarms"][0]["StateValue"] == "ALARM")
    assert [one["detail"]["alarmName"] for one in events.wait(3)].count(watched) == 2
