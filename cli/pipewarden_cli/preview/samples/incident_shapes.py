"""Metrics of Pipewarden itself: incidents, pages, and how fast people and retries were."""

from datetime import UTC, datetime

from pipewarden.window import open_windows
from pipewarden_cli.preview.samples.chance import share
from pipewarden_cli.preview.samples.shape import Ask, Point
from pipewarden_cli.preview.timeframe import DAY

EARLIER = 14
"""Days over which a few older incidents are spread."""


def opened(ask: Ask) -> list[Point]:
    return [(float(since), 1.0) for since, _ in _incidents(ask)]


def paged(ask: Ask) -> list[Point]:
    return [(since + 60.0, 1.0) for since, until in _incidents(ask) if until is None or until - since > 3000]


def closed(ask: Ask) -> list[Point]:
    return [(float(until), 1.0) for _, until in _incidents(ask) if until is not None]


def deployed(ask: Ask) -> list[Point]:
    """Every other day or so; and where something fails now, shortly before it began."""
    pipeline = dict(ask.metric.dimensions).get("Pipeline", "")
    trouble, resource = ask.world.troubles.get(pipeline, ("", ""))
    last = next((run.start for run in reversed(ask.world.runs(pipeline, resource)) if run.attempt == 1), ask.world.now)
    moments = [last - 1500] if trouble == "failing" else []
    moments += [
        ask.world.now - day * DAY + int(DAY * 0.3 * share("hour", pipeline, day))
        for day in range(1, EARLIER + 1)
        if share("deployed", pipeline, day) < 0.4
    ]
    return [(float(at), 1.0) for at in sorted(moments) if ask.start <= at < ask.end]


def breaker_open(ask: Ask) -> list[Point]:
    """Open from the second failure in a row, closed by the next success; the environment's stays closed."""
    pipeline = dict(ask.metric.dimensions).get("Pipeline", "")
    _, resource = ask.world.troubles.get(pipeline, ("", ""))
    runs = ask.world.runs(pipeline, resource) if resource else []
    retries = [run for run in runs if run.attempt > 1 and ask.start <= run.end < ask.end]
    return [(float(ask.start), 0.0), *((float(run.end), 0.0 if run.succeeded else 1.0) for run in retries)]


def in_maintenance(ask: Ask) -> list[Point]:
    windows = ask.world.plan.settings.maintenance if ask.world.plan else ()
    pipeline = dict(ask.metric.dimensions).get("Pipeline", "")
    covering = tuple(window for window in windows if not pipeline or window.covers(pipeline))
    return [(float(at), 1.0) for at in ask.times if open_windows(covering, datetime.fromtimestamp(at, UTC))]


def seconds_to_acknowledge(ask: Ask) -> list[Point]:
    return [(at + 240.0, 150 + 600 * share("acknowledge", at)) for at, _ in paged(ask)]


def seconds_to_recover(ask: Ask) -> list[Point]:
    return [(float(until), float(until - since)) for since, until in _incidents(ask) if until is not None]


def _incidents(ask: Ask) -> list[tuple[int, int | None]]:
    now = ask.world.now
    older = []
    for day in range(2, EARLIER + 1):
        if share("older incident", day) < 0.45:
            since = now - day * DAY + int(DAY * 0.6 * share("hour", day))
            older.append((since, since + 900 + int(5400 * share("length", day))))
    found = [*older, *ask.world.incidents]
    return [(since, until) for since, until in sorted(found, key=lambda span: span[0]) if ask.start <= since < ask.end]
