"""Every kind of message that people get, as a day in memory sends it: what docs/operating.md shows."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipewarden.acknowledgement import acknowledge
from pipewarden.exercise import exercise_notification
from pipewarden.impact import Impact
from pipewarden.retry_policy import BreakerPolicy, RetryPolicy
from pipewarden.route_settings import Stakeholders
from pipewarden.signal import Signal, SignalKind
from pipewarden.transport import read_alarm
from pipewarden.window import Maintenance, QuietHours
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.world import World

PATCH = (Maintenance(name="patch", cron="0 4 * * *", duration_seconds=3_600),)
BREAKER = BreakerPolicy(failures=99, within_seconds=21_600.0, open_seconds=1_800.0)


def _world(**more: Any) -> World:
    retry = RetryPolicy(attempts=2, backoff_seconds=(60.0, 900.0), breaker=BREAKER)
    return World(retry=retry, **more)


def _fail(world: World, name: str, error: str) -> World:
    run = world.begin(name)
    world.end(name, run, "failed", error)
    world.go_on(world.time + timedelta(minutes=1))
    return world


def _retried(outcome: str, error: str = "") -> Scene:
    world = _fail(_world(), "extract", "transient: 503")
    for _ in range(2):
        world.go_on(world.time + timedelta(minutes=20))
        for name, run in world.going_on:
            world.end(name, run, outcome, error)
        world.go_on(world.time + timedelta(minutes=1))
    return world


def _switched(mode: str) -> Scene:
    world = _world()
    world.switch(mode)
    return _fail(world, "extract", "transient: 503")


def _held() -> Scene:
    world = _fail(_world(), "top", "deterministic: bad row")
    _fail(world, "extract", "deterministic: no input")
    run = world.begin("top")
    world.time += timedelta(minutes=10)
    world.end("top", run, "succeeded", "")
    world.go_on(world.time + timedelta(minutes=40))
    return world


def _in_window(seconds: int) -> Scene:
    world = _world(maintenance=PATCH)
    start = datetime(2026, 3, 1, 4, tzinfo=UTC)
    world.time = start
    world.handle(Signal(kind=SignalKind.MAINTENANCE_STARTED, time=start, state="patch"))
    _fail(world, "extract", "deterministic: bad row")
    world.go_on(start + timedelta(seconds=seconds))
    return world


def _quiet() -> Scene:
    world = _world(quiet=QuietHours(start="02:00", end="06:00"))
    pipelines: Any = world.workplace.settings.pipelines
    pipelines["later"] = replace(pipelines["later"], upstream=())
    _fail(world, "later", "deterministic: bad row")
    _fail(world, "top", "deterministic: bad row")
    world.go_on(datetime(2026, 3, 1, 7, tzinfo=UTC))
    return world


def _reminded() -> Scene:
    world = _fail(_world(), "extract", "deterministic: bad row")
    acknowledge(world.workplace, world.incidents[0].id, "Ada")
    world.collect()
    world.go_on(world.time + timedelta(minutes=70))
    return world


def _flapping() -> Scene:
    world = _world()
    for _ in range(4):
        world.alarm("stale", raised=True)
        world.go_on(world.time + timedelta(minutes=2))
        world.alarm("stale", raised=False)
        world.go_on(world.time + timedelta(minutes=2))
    world.go_on(world.time + timedelta(minutes=60))
    return world


def _dead_letters() -> Scene:
    scene = Scene()
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="dead"))
    scene.time += timedelta(minutes=3)
    detail = {"received": 43, "replayed": 40, "quarantined": 3, "left": 0, "quarantine": "in-quarantine"}
    about = {"pipeline": "import", "resource": "ingest", "incident": scene.incident.id}
    scene.handle(Signal(kind=SignalKind.DRAIN_FINISHED, time=scene.time, detail=detail, **about))
    return scene


def _costly(minutes: int) -> Scene:
    impact = Impact(text="The morning report is late.", per_hour_usd=1_200.0, after_seconds=600.0, customers=300)
    world = _world(stakeholders=(Stakeholders(above_usd=1_000.0, notify=("board",)),))
    pipelines: Any = world.workplace.settings.pipelines
    pipelines["down"] = replace(pipelines["down"], impact=impact)
    _fail(world, "extract", "deterministic: bad row")
    world.go_on(world.time + timedelta(minutes=minutes))
    world.end("extract", world.begin("extract"), "succeeded", "")
    return _after(world, 5)


class Points:
    """CloudWatch with five values of every metric."""

    def get_metric_data(self, **query: Any) -> dict[str, Any]:
        times = [query["EndTime"] - timedelta(minutes=minutes) for minutes in range(1, 6)]
        return {
            "MetricDataResults": [
                {"Id": "m", "Timestamps": times, "Values": [95_000.0, 91_400.0, 87_800.0, 84_200.0, 80_600.0]}
            ]
        }


def _stale() -> Scene:
    world = _world()
    world.aws.services["cloudwatch"] = Points()
    alarms: Any = world.workplace.settings.alarms
    alarms["stale"] = replace(alarms["stale"], unit="Seconds")
    rule = {"comparison": "GreaterThanThreshold", "threshold": 90_000.0}
    watched = {"namespace": "Pipewarden", "metric": "DataAgeSeconds", "dimensions": {"Pipeline": "down"}, **rule}
    reason = "Threshold Crossed: 1 datapoint [95000.0 (01/03/26 02:05:00)] was greater than the threshold (90000.0)."
    judged = {**watched, "statistic": "Maximum", "period": 300, "periods": 1}
    detail = {**rule, "watched": judged, "reason": reason}
    world.handle(Signal(kind=SignalKind.ALARM_RAISED, time=world.time, alarm="stale", detail=detail))
    return world


def _exercised() -> Scene:
    world = _world()
    names = world.workplace.settings.names
    signal = read_alarm(exercise_notification(names, "P1", "Ada", world.time)).signal
    assert signal
    world.time += timedelta(seconds=3)
    world.handle(signal)
    return world


def _finished() -> Scene:
    world = _world()
    pipelines: Any = world.workplace.settings.pipelines
    pipelines["top"] = replace(pipelines["top"], completion=("board",))
    for minutes in (38, 41):
        run = world.begin("top")
        world.time += timedelta(minutes=minutes)
        world.end("top", run, "succeeded", "")
        world.go_on(world.time + timedelta(minutes=1))
    return world


DAYS: dict[str, tuple[Callable[[], Scene], str]] = {
    "page": (lambda: _fail(_world(), "extract", "deterministic: bad row"), "[P1]"),
    "exhausted": (lambda: _retried("failed", "transient: 503"), "[P1]"),
    "recovered": (lambda: _retried("succeeded"), "[recovered]"),
    "off": (lambda: _switched("off"), "[P1]"),
    "observe": (lambda: _switched("observe"), "[P1]"),
    "rung": (lambda: _after(_fail(_world(), "extract", "deterministic: bad row"), 20), "Again:"),
    "reminder": (_reminded, "Again:"),
    "held": (_held, "[P1]"),
    "maintenance starts": (lambda: _in_window(600), "[maintenance]"),
    "maintenance ends": (lambda: _in_window(4_000), "[maintenance]"),
    "digest": (_quiet, "[P2] test:"),
    "flapping": (_flapping, "[P2]"),
    "calm": (_flapping, "[recovered]"),
    "impact": (lambda: _costly(65), "[impact]"),
    "impact over": (lambda: _costly(65), "[impact over]"),
    "recovered impact": (lambda: _costly(65), "[recovered]"),
    "alarm": (_stale, "[P2]"),
    "exercise": (_exercised, "[exercise]"),
    "finished": (_finished, "[finished]"),
    "dead letters": (_dead_letters, "[P1]"),
}


def _after(world: World, minutes: int) -> World:
    world.go_on(world.time + timedelta(minutes=minutes))
    return world


def shown(name: str) -> str:
    """The last message of that kind on the page topic, as its subject and text."""
    day, begin = DAYS[name]
    rows = [row for row in day().aws.sns.published if row["subject"].startswith(begin)]
    assert rows, f"no message begins with {begin}"
    text = f"Subject: {rows[-1]['subject']}\n\n{rows[-1]['default']}"
    return re.sub(r"\?t=\S+", "?t=...", text).strip()
