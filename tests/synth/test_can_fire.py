"""The can-it-fire check once more, on what is deployed: CloudFormation's own properties say what the plan says."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan

Templates = dict[str, dict[str, Any]]
ALARMS = ("Alarm", "LogAlarm", "CompositeAlarm")
CLOUDWATCH = "cloudwatch.amazonaws.com"


def of_type(templates: Templates, kind: str) -> list[dict[str, Any]]:
    return [
        row["Properties"]
        for found in templates.values()
        for row in found["Resources"].values()
        if row["Type"] == f"AWS::{kind}"
    ]


def deployed(plan: Plan) -> list[AlarmPlan]:
    return [alarm for part in (plan.core, *plan.teams) for alarm in part.alarms if not alarm.disabled_reason]


def admits_cloudwatch(document: dict[str, Any], action: str) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and CLOUDWATCH in _listed(statement["Principal"].get("Service", []))
        and any(found in (action, action.partition(":")[0] + ":*") for found in _listed(statement["Action"]))
        for statement in document["Statement"]
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(params=["example", "bare", "full", "off"])
def case(request: pytest.FixtureRequest) -> tuple[Plan, Templates]:
    """A plan beside its templates."""
    return request.getfixturevalue(f"{request.param}_plan"), request.getfixturevalue(request.param)


def test_periods_thresholds_and_dimensions_are_those_of_the_plan(case: tuple[Plan, Templates]) -> None:
    plan, templates = case
    rendered = {row["AlarmName"]: row for row in of_type(templates, "CloudWatch::Alarm")}
    judging = [alarm for alarm in deployed(plan) if not alarm.asks]
    assert rendered.keys() == {alarm.name for alarm in judging}
    for alarm in judging:
        row = rendered[alarm.name]
        measured = [query["MetricStat"] for query in row.get("Metrics", []) if "MetricStat" in query]
        periods = {found["Period"] for found in measured} or {row["Period"]}
        assert periods == {alarm.period_seconds}, alarm.name
        places = [found["Metric"] for found in measured] or [row]
        assert sorted(map(_measured, places)) == sorted(
            (metric.namespace, metric.name, sorted(metric.dimensions.items())) for metric in alarm.metrics
        )
        looked_at = (row["EvaluationPeriods"], row["DatapointsToAlarm"], row["TreatMissingData"])
        assert looked_at == (alarm.periods, alarm.datapoints, alarm.missing)


def test_log_alarms_ask_what_the_plan_says(case: tuple[Plan, Templates]) -> None:
    plan, templates = case
    rendered = {row["AlarmName"]: row for row in of_type(templates, "CloudWatch::LogAlarm")}
    asking = {alarm.name: alarm for alarm in deployed(plan) if alarm.asks}
    assert rendered.keys() == asking.keys()
    for name, alarm in asking.items():
        row, question = rendered[name], alarm.asks
        asked = row["ScheduledQueryConfiguration"]
        assert question is not None
        assert (asked["QueryString"], asked["LogGroupIdentifiers"]) == (question.query, list(question.log_groups))
        looked_at = (row["QueryResultsToEvaluate"], row["QueryResultsToAlarm"], row["TreatMissingData"])
        assert looked_at == (alarm.periods, alarm.datapoints, alarm.missing)


def _measured(place: Mapping[str, Any]) -> tuple[str, str, list[tuple[str, str]]]:
    dimensions = sorted((dimension["Name"], dimension["Value"]) for dimension in place.get("Dimensions", []))
    return place["Namespace"], place["MetricName"], dimensions


def test_every_alarm_acts_on_a_topic_that_admits_cloudwatch(case: tuple[Plan, Templates]) -> None:
    _, templates = case
    topics = {row["TopicName"]: row for row in of_type(templates, "SNS::Topic")}
    policies = {
        json.dumps(topic): row["PolicyDocument"]
        for row in of_type(templates, "SNS::TopicPolicy")
        for topic in row["Topics"]
    }
    keys = [row["KeyPolicy"] for row in of_type(templates, "KMS::Key")]
    acted_on = {
        action.rpartition(":")[2]
        for kind in ALARMS
        for row in of_type(templates, f"CloudWatch::{kind}")
        for action in row.get("AlarmActions", [])
    }
    assert acted_on <= topics.keys()
    for name in acted_on:
        documents = [document for topic, document in policies.items() if name in topic or name in json.dumps(document)]
        assert any(admits_cloudwatch(document, "sns:Publish") for document in documents), name
        if "KmsMasterKeyId" in topics[name]:
            assert [key for key in keys if admits_cloudwatch(key, "kms:Decrypt")], name


def test_every_child_of_a_composite_is_deployed(case: tuple[Plan, Templates]) -> None:
    _, templates = case
    names = {row["AlarmName"] for kind in ALARMS for row in of_type(templates, f"CloudWatch::{kind}")}
    for row in of_type(templates, "CloudWatch::CompositeAlarm"):
        for child in row["AlarmRule"].split('"')[1::2]:
            assert child in names, f"{row['AlarmName']}: {child}"


def test_every_topic_that_alarms_act_on_has_a_listener(case: tuple[Plan, Templates]) -> None:
    plan, templates = case
    listened = json.dumps([row["TopicArn"] for row in of_type(templates, "SNS::Subscription")])
    ids = {
        row["Properties"]["TopicName"]: name
        for found in templates.values()
        for name, row in found["Resources"].items()
        if row["Type"] == "AWS::SNS::Topic"
    }
    for alarm in deployed(plan):
        if alarm.action_topic:
            assert ids[alarm.action_topic] in listened or alarm.action_topic in listened, alarm.name


def test_what_is_switched_off_is_not_deployed_and_keeps_its_reason(off_plan: Plan, off: Templates) -> None:
    alarms = [alarm for team in off_plan.teams for alarm in team.alarms]
    assert len(alarms) > 20
    assert {alarm.disabled_reason for alarm in alarms} == {"watched by another tool"}
    deployed_names = {row["AlarmName"] for kind in ALARMS[:2] for row in of_type(off, f"CloudWatch::{kind}")}
    assert not deployed_names & {alarm.name for alarm in alarms}
    assert deployed_names == {alarm.name for alarm in off_plan.core.alarms}


def test_what_is_switched_on_is_deployed_with_its_tags_and_a_description(full_plan: Plan, full: Templates) -> None:
    rendered = {row["AlarmName"]: row for kind in ALARMS[:2] for row in of_type(full, f"CloudWatch::{kind}")}
    for alarm in (alarm for team in full_plan.teams for alarm in team.alarms):
        row = rendered[alarm.name]
        assert alarm.name == f"full/all/{alarm.pipeline}/{alarm.key}"
        tags = {tag["Key"]: tag["Value"] for tag in row["Tags"]}
        assert tags["pipeline"] == alarm.pipeline
        assert {"owner", "severity", "runbook"} <= tags.keys()
        for part in (f"**{alarm.meaning}**", "First steps:\n1. ", "Runbook: https://", "Owner: all"):
            assert part in row["AlarmDescription"], alarm.name
