"""Messages that are no pages, on real APIs: a run that succeeded, and an impact that passes a bound and ends."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipewarden.handlers import escalator, outset, responder
from pipewarden.impact import Impact
from pipewarden.route_settings import Stakeholders

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
