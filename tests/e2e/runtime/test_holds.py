"""Pages that are held back, on real APIs: a failure above, maintenance with a muted alarm, an alarm that flaps."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipewarden import restraint
from pipewarden.handlers import outset, responder
from pipewarden.handlers.outset import workplace
from pipewarden.pipeline_settings import AlarmSettings, PipelineSettings, ResourceSettings
from pipewarden.route_settings import Flapping
from pipewarden.settings import Settings
from pipewarden.window import Maintenance
from pipewarden_cdk.rendering.alarms import render_mutes
from pipewarden_plan.mute_plan import iso_duration, mute_expression
from pipewarden_plan.planned_alarm import MutePlan

pytestmark = pytest.mark.e2e
ALARM = "test/crm/import/extract.stale"


def respond(world: Any, context: Any, body: Any) -> None:
    answer = responder.handler({"Records": [world.record(body)]}, context)
    assert answer["batchItemFailures"] == []


def declare(world: Any, **changes: Any) -> None:
    """Change what was declared; the functions read it anew."""
    Path(os.environ["PIPEWARDEN_SETTINGS"]).write_text(replace(world.settings, **changes).to_json())
    outset.settings.cache_clear()
    outset.workplace.cache_clear()


def incident_of(pipeline: str) -> Any:
    return next(found for found in workplace().store.recent() if found.pipeline == pipeline)


def subjects(world: Any) -> list[str]:
    return [json.loads(message["Body"])["Subject"] for message in world.receive("pages")]


def next_signal(world: Any, kind: str) -> str:
    """The signal that the scheduler sends at its time."""

    def look() -> str | None:
        bodies = [str(message["Body"]) for message in world.receive(world.signals)]
        return next((body for body in bodies if f'"{kind}"' in body), None)

    return str(world.until(look))


def next_notification(world: Any) -> str:
    """The next notification of the alarm's topic."""

    def look() -> str | None:
        bodies = [str(message["Body"]) for message in world.receive(world.signals)]
        return next((body for body in bodies if "NewStateValue" in body), None)

    return str(world.until(look))


def with_report(settings: Settings) -> dict[str, PipelineSettings]:
    """A second pipeline below the first."""
    above = replace(settings.pipelines["import"], downstream=("report",))
    job = ResourceSettings(type="glue-job", fields={"job_name": "report"}, identities=("report",))
    below = PipelineSettings(team="crm", owner="crm", severity="P1", upstream=("import",), resources={"report": job})
    return {"import": above, "report": below}


def test_a_failure_above_holds_back_the_page_below_until_it_had_time_to_follow(
    world: Any, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restraint, "LOOK_AGAIN", timedelta(seconds=1))
    monkeypatch.setattr(restraint, "GRACE", timedelta(seconds=2))
    declare(world, pipelines=with_report(world.settings))
    respond(world, context, world.run_job("ValueError: bad row"))
    world.until(lambda: subjects(world))
    failed = {"jobName": "report", "jobRunId": "jr_1", "state": "FAILED", "message": "nothing to read"}
    moment = datetime.now(UTC).isoformat()
    event = {"source": "aws.glue", "detail-type": "Glue Job State Change", "time": moment, "detail": failed}
    respond(world, context, event)
    held = incident_of("report")
    assert (held.state, held.hold.by, held.hold.incident) == ("open", "upstream", incident_of("import").id)
    respond(world, context, next_signal(world, "hold-due"))
    assert incident_of("report").state == "open"
    respond(world, context, world.run_job("good"))
    assert incident_of("import").state == "recovered"
    for _ in range(5):
        respond(world, context, next_signal(world, "hold-due"))
        if incident_of("report").state == "paged":
            break
    found: list[str] = []
    world.until(lambda: found.extend(subjects(world)) or any("test/report" in subject for subject in found))
    assert sum(subject.startswith("[P1] test/report") for subject in found) >= 1


def make_alarm(world: Any) -> None:
    """An alarm that acts on a topic which feeds the signals queue."""
    names, sqs, sns = world.settings.names, world.client("sqs"), world.client("sns")
    arn = sns.create_topic(Name=names.alarm_topic("P1"))["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=names.queue_arn(world.signals))
    everyone = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**everyone, "Resource": names.queue_arn(world.signals)}]}
    sqs.set_queue_attributes(QueueUrl=world.url(world.signals), Attributes={"Policy": json.dumps(policy)})
    admitted = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish"}
    policy = {"Version": "2012-10-17", "Statement": [{**admitted, "Resource": arn}]}
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy))
    world.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Namespace="Test",
        MetricName="Age",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[arn],
        OKActions=[arn],
    )


def set_alarm(world: Any, value: str) -> None:
    world.client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue=value, StateReason="set")


def alarm_settings() -> dict[str, AlarmSettings]:
    stale = AlarmSettings(
        pipeline="import", resource="extract", key="extract.stale", severity="P1", role="health", meaning="Stale."
    )
    return {ALARM: stale}


def deploy(world: Any, window: Maintenance) -> None:
    """The mute rule as the team's stack has it."""
    mute = MutePlan(
        name="pipewarden-test-crm-patch",
        description="Maintenance patch",
        expression=mute_expression(window),
        duration=iso_duration(3600),
        timezone=window.timezone,
        alarms=(ALARM,),
    )
    template = {"Resources": render_mutes([mute])}
    cloudformation = world.client("cloudformation")
    cloudformation.create_stack(StackName="mutes", TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="mutes", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )


def test_in_maintenance_alarms_are_muted_runs_are_held_and_what_still_fails_is_paged_at_the_end(
    world: Any, context: Any
) -> None:
    begin = datetime.now(UTC).replace(microsecond=0)
    declared = Maintenance(name="patch", at=f"{begin - timedelta(minutes=1):%Y-%m-%dT%H:%M}", duration_seconds=3600)
    make_alarm(world)
    deploy(world, declared)
    failed = world.run_job("ValueError: bad row")
    length = round((datetime.now(UTC) - begin).total_seconds()) + 6
    # The functions take a window to the second, so that the test need not wait for the minute.
    window = replace(declared, at=f"{begin:%Y-%m-%dT%H:%M:%S}", duration_seconds=length)
    declare(world, alarms=alarm_settings(), maintenance=(window,))
    respond(world, context, failed)
    assert incident_of("import").hold.text.startswith("maintenance patch until ")
    set_alarm(world, "ALARM")
    time.sleep(1)
    assert world.receive(world.signals) == []
    assert subjects(world) == []
    respond(world, context, next_signal(world, "hold-due"))
    world.until(lambda: any("[P1] test/import: extract failed" in subject for subject in subjects(world)))
    world.client("cloudformation").delete_stack(StackName="mutes")
    assert ALARM in next_notification(world)


def test_an_alarm_that_comes_and_goes_is_one_incident(world: Any, context: Any) -> None:
    make_alarm(world)
    rule = Flapping(cycles=2, within_seconds=600, calm_seconds=2)
    declare(world, alarms=alarm_settings(), flapping=rule)
    told: list[str] = []
    for _ in range(4):
        for value in ("ALARM", "OK"):
            set_alarm(world, value)
            respond(world, context, next_notification(world))
        time.sleep(1.1)  # the times of alarms are whole seconds: a second ALARM in one of them is the first one again
    assert len(workplace().store.recent()) == 3
    respond(world, context, next_signal(world, "hold-due"))
    for _ in range(3):
        if incident_of("import").state == "recovered":
            break
        respond(world, context, next_signal(world, "hold-due"))
    world.until(lambda: told.extend(subjects(world)) or any("flapped, 4 times" in subject for subject in told))
    assert incident_of("import").flaps == 4
