"""Nightly, hourly and weekly runs that are missing, late or stuck, on the embedded AWS; the test sets the clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipewarden.handlers.outset import workplace
from pipewarden.reconciler import reconcile
from pipewarden.responder import Responder
from pipewarden.signal import Signal
from pipewarden.transport import read_event
from pipewarden.workplace import Workplace

pytestmark = pytest.mark.e2e

SLEEPING = "import time\ntime.sleep(60)\n"


def nightly(due: datetime) -> str:
    return f"{due:%M} {due:%H} * * *"


def hourly(due: datetime) -> str:
    return f"{due:%M} * * * *"


def weekly(due: datetime) -> str:
    return f"{due:%M} {due:%H} * * {due:%a}"


CRONS = [pytest.param(cron, id=cron.__name__) for cron in (nightly, hourly, weekly)]
"""What comes at a given time, as often as that."""


@dataclass
class Clock:
    """The time that the functions see."""

    time: datetime

    def __call__(self) -> datetime:
        return self.time


def declared(clock: Clock, schedule: Mapping[str, str], **expect: Any) -> Workplace:
    """The job `extract` alone, with this schedule and these expectations and no retries."""
    place = workplace()
    pipeline = place.settings.pipelines["import"]
    job = replace(pipeline.resources["extract"], retry=None)
    changed = replace(pipeline, schedule=schedule, expect=expect, resources={"extract": job})
    return replace(place, now=clock, settings=replace(place.settings, pipelines={"import": changed}))


def a_pass(world: Any, place: Workplace, clock: Clock, moment: datetime) -> list[str]:
    """One pass of the reconciler at that time; what the responder did about what it fed in."""
    clock.time = moment
    reconcile(place, moment + timedelta(minutes=5))
    bodies = [str(message["Body"]) for message in world.receive(world.signals)]
    return [Responder(place).handle(Signal.from_json(body), moment + timedelta(minutes=1)) for body in bodies]


def told(world: Any) -> list[str]:
    """First lines of the pages that people got."""
    found = [json.loads(message["Body"]) for message in world.receive("pages")]
    return [row["Message"].splitlines()[0] for row in found if row["TopicArn"].endswith("-page-P1")]


@pytest.mark.parametrize(
    ("schedule", "first", "in_time", "missed", "named"),
    [
        pytest.param(
            {"cron": "30 2 * * *", "timezone": "Europe/London"},
            "2026-03-28T12:00",
            "2026-03-29T02:01",
            "2026-03-29T02:03",
            "2026-03-29 02:30 Europe/London",
            id="nightly, on the night of the change",
        ),
        pytest.param(
            {"cron": "15 * * * *", "timezone": "UTC"},
            "2026-03-28T12:20",
            "2026-03-28T13:46",
            "2026-03-28T13:48",
            "2026-03-28 13:15 UTC",
            id="hourly",
        ),
        pytest.param(
            {"cron": "30 6 * * MON", "timezone": "America/New_York"},
            "2026-03-06T12:00",
            "2026-03-09T11:01",
            "2026-03-09T11:03",
            "2026-03-09 06:30 America/New_York",
            id="weekly, a day after the change",
        ),
    ],
)
def test_missing(world: Any, schedule: dict[str, str], first: str, in_time: str, missed: str, named: str) -> None:
    clock = Clock(at(first))
    place = declared(clock, schedule)
    assert a_pass(world, place, clock, at(first)) == []
    assert a_pass(world, place, clock, at(in_time)) == []
    assert a_pass(world, place, clock, at(missed)) == ["page"]
    assert a_pass(world, place, clock, at(missed) + timedelta(minutes=5)) == []
    (page,) = world.until(lambda: told(world))
    assert f"extract has not started: its run of {named} was due 30m ago" in page


@pytest.mark.parametrize("cron_at", CRONS)
def test_late(world: Any, cron_at: Callable[[datetime], str]) -> None:
    """A real run that starts 40 minutes after its time: paged before, over with its success."""
    started = datetime.now(UTC)
    due = (started - timedelta(minutes=40)).replace(second=0, microsecond=0)
    clock = Clock(due - timedelta(minutes=10))
    place = declared(clock, {"cron": cron_at(due), "timezone": "UTC"})
    a_pass(world, place, clock, clock.time)
    assert a_pass(world, place, clock, due + timedelta(minutes=34)) == ["page"]
    assert world.run_job("good")["detail"]["state"] == "SUCCEEDED"
    assert a_pass(world, place, clock, datetime.now(UTC) + timedelta(minutes=3)) == ["clear"]
    assert [incident.state for incident in place.store.recent()] == ["recovered"]


@pytest.mark.parametrize("cron_at", CRONS)
def test_in_time(world: Any, cron_at: Callable[[datetime], str]) -> None:
    """A real run that starts at its time and ends well: nobody hears of it."""
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    clock = Clock(due - timedelta(minutes=10))
    place = declared(clock, {"cron": cron_at(due), "timezone": "UTC"})
    a_pass(world, place, clock, clock.time)
    assert world.run_job("good")["detail"]["state"] == "SUCCEEDED"
    for minutes in (10, 34, 50):
        assert set(a_pass(world, place, clock, due + timedelta(minutes=minutes))) <= {"ignore"}
    assert told(world) == []
    assert list(place.store.recent()) == []


@pytest.mark.parametrize(
    ("cron_at", "expect", "seconds"),
    [
        pytest.param(None, {"duration": {"max": 2700}}, 2_700, id="45m"),
        pytest.param(None, {"duration": {"max": 43_200}}, 43_200, id="12h"),
        pytest.param(nightly, {}, 86_400, id="nightly, no limit declared"),
        pytest.param(hourly, {}, 3_600, id="hourly, no limit declared"),
        pytest.param(weekly, {}, 604_800, id="weekly, no limit declared"),
    ],
)
def test_stuck(world: Any, cron_at: Callable[[datetime], str] | None, expect: dict[str, Any], seconds: float) -> None:
    """A real run that goes on: paged when it has taken too long by the clock, over when somebody stops it."""
    world.client("s3").put_object(Bucket="runtime-data", Key="scripts/job.py", Body=SLEEPING.encode())
    clock, limit = Clock(datetime.now(UTC)), timedelta(seconds=seconds)
    place = declared(clock, {"cron": cron_at(clock.time), "timezone": "UTC"} if cron_at else {}, **expect)
    a_pass(world, place, clock, clock.time)
    glue = world.client("glue")
    run_id = glue.start_job_run(JobName="extract", Arguments={"--bucket": "runtime-data"})["JobRunId"]
    assert a_pass(world, place, clock, clock.time + limit) == []
    assert a_pass(world, place, clock, clock.time + timedelta(minutes=4)) == ["page"]
    assert "extract is still running since" in world.until(lambda: told(world))[0]
    glue.batch_stop_job_run(JobName="extract", JobRunIds=[run_id])
    world.until(lambda: glue.get_job_run(JobName="extract", RunId=run_id)["JobRun"]["JobRunState"] == "STOPPED")
    detail = {"jobName": "extract", "jobRunId": run_id, "state": "STOPPED"}
    event = {"source": "aws.glue", "detail-type": "Glue Job State Change", "time": clock.time.isoformat()}
    signal = read_event({**event, "detail": detail}, place.technologies.values()).signal
    assert signal
    assert Responder(place).handle(signal, clock.time + timedelta(minutes=1)) == "clear"
    assert [incident.state for incident in place.store.recent()] == ["recovered"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
