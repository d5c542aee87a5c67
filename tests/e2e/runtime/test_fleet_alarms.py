"""One fleet alarm over two pipelines: each fails and recovers by itself, and people hear of it without functions."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipewarden.handlers import responder
from pipewarden.handlers.outset import workplace
from pipewarden.route_settings import Channel, Severity
from pipewarden_cdk.rendering.alarms import render_alarms, render_composites
from pipewarden_cdk.rendering.events import render_rules
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.model import Environment, Mark, Model, Pipeline, Resource
from pipewarden_plan.plan import Plan
from tests.e2e.runtime.conftest import forget

pytestmark = pytest.mark.e2e
HERE = Mark("config/pipelines/crm.yaml", 1)


def fleet_of_two(world: Any) -> Plan:
    """Two pipelines with a Glue job each that must take no longer than a minute."""
    environment = Environment(
        name="test",
        account=world.settings.account,
        region=world.settings.region,
        severities={"P1": Severity(respond_within_seconds=3600, notify=("first",))},
        channels={"first": Channel(type="email", address="first@example.com")},
        alarm_mode="fleet",
        mark=HERE,
    )
    pipelines = [
        Pipeline(
            name=name,
            team="crm",
            owner="crm",
            severity="P1",
            expect={"duration": {"max": 60}},
            resources=(Resource(name="load", type="glue-job", fields={"job_name": f"load-{name}"}, mark=HERE),),
            mark=HERE,
        )
        for name in ("customers", "orders")
    ]
    return make_plan(Model(environment=environment, pipelines=tuple(pipelines)))


def deploy(world: Any, plan: Plan) -> None:
    """What the core stack has of fleets: alarms, the rule that brings their contributors' changes, the composite."""
    names = plan.settings.names
    Path(os.environ["PIPEWARDEN_SETTINGS"]).write_text(plan.settings.to_json())
    forget()
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": names.queue_arn(names.signals_queue())}]}
    world.client("sqs").set_queue_attributes(
        QueueUrl=world.url(names.signals_queue()), Attributes={"Policy": json.dumps(policy)}
    )
    alarms = render_alarms([*plan.core.alarms, *(fleet.alarm for fleet in plan.core.fleets)], names)
    composites = [replace(found, suppressor_wait_seconds=1) for found in plan.core.composites]
    rules = render_rules([rule for rule in plan.core.rules if rule.technology == "fleet"], names)
    resources = {**alarms, **render_composites(composites, names, after=alarms), **rules}
    stacks = world.client("cloudformation")
    stacks.create_stack(StackName="fleet", TemplateBody=json.dumps({"Resources": resources}))
    stacks.get_waiter("stack_create_complete").wait(StackName="fleet", WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def run_for(world: Any, seconds: float, *pipelines: str, at: float = 0.0) -> None:
    data = [
        {
            "MetricName": "RunDurationSeconds",
            "Dimensions": [
                {"Name": name, "Value": value}
                for name, value in (("Environment", "test"), ("Pipeline", pipeline), ("Resource", "load"))
            ],
            "Timestamp": time.time() + at,
            "Value": seconds,
        }
        for pipeline in pipelines
    ]
    world.client("cloudwatch").put_metric_data(Namespace="Pipewarden", MetricData=data)


def respond_until(world: Any, context: Any, states: dict[str, str]) -> None:
    """Let the responder handle what arrives until the incidents are so."""

    def look() -> bool:
        for message in world.receive(world.signals):
            answer = responder.handler({"Records": [world.record(str(message["Body"]))]}, context)
            assert answer["batchItemFailures"] == []
        return {found.pipeline: found.state.value for found in workplace().store.recent()} == states

    world.until(look)


def hear(world: Any, *wanted: str) -> None:
    """Wait for one page each whose subject says so."""
    subjects: list[str] = []

    def look() -> bool:
        subjects.extend(json.loads(message["Body"])["Subject"] for message in world.receive("pages"))
        return all(any(text in subject for subject in subjects) for text in wanted)

    world.until(look)


def test_two_pipelines_under_one_alarm(world: Any, context: Any) -> None:
    plan = fleet_of_two(world)
    (fleet,) = [found for found in plan.core.fleets if found.alarm.key == "glue-job.duration"]
    assert len(fleet.members) == 2
    deploy(world, plan)
    run_for(world, 300, "customers", "stranger")
    respond_until(world, context, {"customers": "paged"})
    run_for(world, 200, "orders")
    respond_until(world, context, {"customers": "paged", "orders": "paged"})
    raised = world.client("cloudwatch").describe_alarm_contributors(AlarmName=fleet.alarm.name)["AlarmContributors"]
    assert {found["ContributorAttributes"]["Pipeline"] for found in raised} == {"customers", "orders", "stranger"}
    # No heartbeat arrives here, so the composite pages as if the responder were dead.
    hear(world, "test/customers: ", "test/orders: ", 'ALARM: "test/pipewarden/fleet/P1"')
    run_for(world, 250, "orders", at=1200)
    world.local.request("POST", "/_pipewarden/alarms/ahead?seconds=1200")
    respond_until(world, context, {"customers": "recovered", "orders": "paged"})
    world.local.request("POST", "/_pipewarden/alarms/ahead?seconds=2400")
    respond_until(world, context, {"customers": "recovered", "orders": "recovered"})
