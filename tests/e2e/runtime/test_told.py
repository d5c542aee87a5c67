"""Messages that are no pages, on real APIs: a run that succeeded, an impact, the metric of an alarm, an exercise."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipewarden.handlers import escalator, outset, responder
from pipewarden.impact import Impact
from pipewarden.pipeline_settings import AlarmSettings
from pipewarden.route_settings import Stakeholders
from pipewarden_cli.aws import Place
from pipewarden_cli.exercise import send_exercise

pytestmark = pytest.mark.e2e


def declare(world: Any, **changes: Any) -> None:
    """Change what the pipeline declares, and who hears of its impact; the functions read it anew."""
    pipeline = replace(world.settings.pipelines["import"], **changes)
    bounds = (Stakeholders(above_usd=500.0, notify=("second",)),)
    settings = replace(world.settings, pipelines={"import": pipeline}, stakeholders=bounds)
    Path(os.environ["PIPEWARDEN_SETTINGS"]).write_text(settings.to_json())
    outset.settings.cache_clear()
    outset.workplace.cache_clear()


def respond(world: Any, context: Any, body: Any) -> None:
    assert responder.handler({"Records": [world.record(body)]}, context)["batchItemFailures"] == []


def subjects(world: Any) -> list[str]:
    return [json.loads(message["Body"])["Subject"] for message in world.receive("pages")]


def signals(world: Any) -> list[str]:
    return [str(message["Body"]) for message in world.receive(world.signals)]


def test_a_run_that_succeeded_is_told_by_way_of_the_scheduler_once(world: Any, context: Any) -> None:
    declare(world, completion=("first",))
    event = world.run_job("good")
    respond(world, context, event)
    body = world.until(lambda: next((text for text in signals(world) if '"completed"' in text), None))
    respond(world, context, body)
    respond(world, context, body)
    (subject,) = world.until(lambda: subjects(world))
    assert subject.startswith("[finished] test/import: extract finished ")
    assert subjects(world) == []


def test_an_impact_is_told_when_it_passes_the_bound_and_when_it_ends(world: Any, context: Any) -> None:
    declare(world, impact=Impact(once_usd=600.0, customers=3))
    failed = world.run_job("deterministic")
    respond(world, context, failed)
    group = world.settings.names.schedule_group()
    scheduler = world.client("scheduler")
    names = [row["Name"] for row in scheduler.list_schedules(GroupName=group)["Schedules"]]
    bound = next(name for name in names if "-above-500" in name)
    target = scheduler.get_schedule(GroupName=group, Name=bound)["Target"]
    assert target["Arn"] == world.settings.names.function_arn("escalator")
    assert escalator.handler(json.loads(target["Input"]), context) == {"done": "informed"}
    assert escalator.handler(json.loads(target["Input"]), context) == {"done": "it was told already"}
    told = world.until(lambda: [line for line in subjects(world) if line.startswith("[impact]")])
    assert [line.partition(" in ")[0] for line in told] == ["[impact] test/import: about 600 USD"]
    respond(world, context, world.run_job("good"))
    assert world.until(lambda: [line for line in subjects(world) if line.startswith("[impact over]")])


def alarm_topic(world: Any) -> str:
    """The topic that alarms of P1 act on; the signals queue listens."""
    names, sns = world.settings.names, world.client("sns")
    topic = str(sns.create_topic(Name=names.alarm_topic("P1"))["TopicArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=names.queue_arn(world.signals))
    sender = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**sender, "Resource": names.queue_arn(world.signals)}]}
    attributes = {"Policy": json.dumps(policy)}
    world.client("sqs").set_queue_attributes(QueueUrl=world.url(world.signals), Attributes=attributes)
    return topic


def test_the_page_of_an_alarm_shows_what_its_metric_has_been(world: Any, context: Any) -> None:
    topic, cloudwatch = alarm_topic(world), world.client("cloudwatch")
    alarm = AlarmSettings(
        pipeline="import", resource="data", key="data.age", severity="P1", role="health", meaning="Old.", unit="Seconds"
    )
    settings = replace(world.settings, alarms={"test/crm/import/data.age": alarm})
    Path(os.environ["PIPEWARDEN_SETTINGS"]).write_text(settings.to_json())
    outset.settings.cache_clear()
    outset.workplace.cache_clear()
    moment = datetime.now(UTC) - timedelta(minutes=2)
    point = {"MetricName": "DataAgeSeconds", "Timestamp": moment, "Value": 7_300.0, "Unit": "Seconds"}
    cloudwatch.put_metric_data(Namespace="Pipewarden", MetricData=[point])
    cloudwatch.put_metric_alarm(
        AlarmName="test/crm/import/data.age",
        Namespace="Pipewarden",
        MetricName="DataAgeSeconds",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=5,
        DatapointsToAlarm=1,
        Threshold=3_600,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[topic],
    )
    body = world.until(lambda: next((text for text in signals(world) if "NewStateValue" in text), None))
    respond(world, context, body)
    page = world.until(lambda: next((json.loads(m["Body"])["Message"] for m in world.receive("pages")), None))
    block = page.partition("\nMETRIC\n")[2].partition("\n\n")[0]
    assert block.startswith("  Pipewarden DataAgeSeconds, Maximum of each 1m\n  2h 1m at ")
    assert block.endswith(" 2h 1m to 2h 1m in 1 of 5 periods; limit: more than 1h")


def test_an_exercise_comes_by_topic_queue_and_responder(world: Any, context: Any) -> None:
    alarm_topic(world)

    def respond_instead(_seconds: float) -> None:
        for body in signals(world):
            respond(world, context, body)

    waited = send_exercise(Place(world.settings.names, world.client), "P1", "ada", 20.0, sleep=respond_instead)
    assert waited is not None
    told = world.until(lambda: [line for line in subjects(world) if line.startswith("[exercise]")])
    assert told == ["[exercise] test: an alarm of P1 reaches you"]
