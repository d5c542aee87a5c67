"""Metrics of runs: a point for each run, or values while one goes on."""

from collections.abc import Iterable

from pipewarden_cli.preview.samples.chance import generator
from pipewarden_cli.preview.samples.runs import Run
from pipewarden_cli.preview.samples.shape import Ask, Point


def succeeded(ask: Ask) -> list[Point]:
    return [(run.end, 1.0) for run in ask.runs if run.succeeded]


def failed(ask: Ask) -> list[Point]:
    return [(run.end, 1.0) for run in ask.runs if not run.succeeded]


def started(ask: Ask) -> list[Point]:
    return [(run.start, 1.0) for run in ask.runs]


def retried(ask: Ask) -> list[Point]:
    return [(run.start, 1.0) for run in ask.runs if run.attempt > 1]


def duration_seconds(ask: Ask) -> list[Point]:
    return [(run.end, float(run.end - run.start)) for run in ask.runs]


def duration_milliseconds(ask: Ask) -> list[Point]:
    return [(run.end, (run.end - run.start) * 1000.0 + 7 * (run.start % 97)) for run in ask.runs]


def dpu_hours(ask: Ask) -> list[Point]:
    """As ten workers of one DPU are billed."""
    return [(run.end, 10 * (run.end - run.start) / 3600) for run in ask.runs]


def duration_ratio(ask: Ask) -> list[Point]:
    return [(run.end, (run.end - run.start) / run.expected) for run in ask.runs if run.succeeded and run.expected]


def success_rate(ask: Ask) -> list[Point]:
    """Of the last thirty runs; where one had to be retried last night, one was missed twelve runs earlier, so that part
    of the budget is spent."""
    if ask.subject is None:
        return []
    runs = ask.world.runs(ask.subject.pipeline, ask.subject.resource)
    ends = _final(runs)
    missed = (
        len(ends) - 12 if ask.world.troubles.get(ask.subject.pipeline) == ("recovered", ask.subject.resource) else -1
    )
    rates = []
    for number, run in enumerate(ends):
        first = max(0, number - 29)
        good = sum(found.succeeded for found in ends[first : number + 1]) - (first <= missed <= number)
        rates.append((float(run.end), 100.0 * good / (number + 1 - first)))
    return [(at, rate) for at, rate in rates if ask.start <= at < ask.end]


def budget_left(ask: Ask) -> list[Point]:
    """As if one run in twenty might miss: the rate's distance from 95 %, as a part of five."""
    return [(at, 20.0 * (rate - 95.0)) for at, rate in success_rate(ask)]


def data_age(ask: Ask) -> list[Point]:
    """Seconds since the newest object: it falls when a run ends well, and otherwise grows."""
    arrivals = _arrivals(ask)
    points, newest = [], -1
    for at in ask.times:
        while newest + 1 < len(arrivals) and arrivals[newest + 1] <= at:
            newest += 1
        if newest >= 0:
            points.append((float(at), float(at - arrivals[newest])))
    return points


def new_objects(ask: Ask) -> list[Point]:
    usual = 40 + round(200 * ask.scale)
    chance = generator("objects", *ask.metric.dimensions)
    counts = {at: float(round(usual * chance.uniform(0.9, 1.1))) for at in _arrivals(ask)}
    return [(at, count) for at, count in counts.items() if ask.start <= at < ask.end]


def new_bytes(ask: Ask) -> list[Point]:
    return [(at, count * 4.2e6) for at, count in new_objects(ask)]


def during_runs(ask: Ask) -> list[Point]:
    """A gauge that rises and falls with each run, and does not exist between them."""
    share = ask.has(r"percentage|Utilization|utilization|usage|Load|Percent")
    whole = ask.has(r"percentage|Percent")
    top = (100.0 if whole else 1.0) if share else 10 ** (0.7 + 1.2 * ask.scale)
    if ask.has(r"[Bb]ytes"):
        top = 10 ** (8.5 + ask.scale)
    points = []
    for run in ask.runs:
        every = max(30, (run.end - run.start) // 24)
        strain = 0.62 if run.succeeded else 0.9
        for at in range(run.start, run.end, every):
            part = (at - run.start) / max(1, run.end - run.start)
            swell = min(1.0, 4 * part, 4 * (1 - part) + 0.25)
            points.append((float(at), top * strain * swell * ask.chance.uniform(0.85, 1.1)))
    return points if share or ask.has(r"[Bb]ytes") else [(at, float(round(value))) for at, value in points]


def scores(ask: Ask) -> list[Point]:
    """A measure of quality, taken when a run ends (or every hour), on the good side of its threshold."""
    comparison, threshold = ask.limit or (">=", 98.0)
    room = 100 - threshold if threshold <= 100 else threshold * 0.05
    ends = [run.end for run in ask.world.pipeline_runs(ask.subject.pipeline)] if ask.subject else []
    times: Iterable[float] = ends or range(ask.start - ask.start % 3600, min(ask.end, ask.world.now), 3600)
    good = [(float(at), threshold + room * ask.chance.uniform(0.45, 0.9)) for at in times if ask.start <= at < ask.end]
    return good if comparison.startswith("<") or not ask.limit else [(at, threshold * 0.6) for at, _ in good]


def _final(runs: list[Run]) -> list[Run]:
    """The last attempt of each run."""
    return [run for number, run in enumerate(runs) if number + 1 == len(runs) or runs[number + 1].attempt == 1]


def _arrivals(ask: Ask) -> list[int]:
    if ask.subject is None:
        return []
    world, pipeline = ask.world, ask.subject.pipeline
    ends = [run.end for run in world.pipeline_runs(pipeline) if run.succeeded]
    if ends:
        return ends
    threshold = world.most(pipeline, ask.subject.resource, "DataAgeSeconds") or 90_000
    every = int(min(86_400, threshold * 0.96))
    # The producer has stopped: what should have arrived last is missing, so the data is late by now.
    last = world.now - int(threshold) - 5_400
    return [last - number * every for number in range(40)][::-1]
