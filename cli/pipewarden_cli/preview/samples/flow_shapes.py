"""Metrics of what is always there: queues, requests, times to answer, sizes, shares."""

from pipewarden_cli.preview.samples.chance import daily, share
from pipewarden_cli.preview.samples.shape import Ask, Point
from pipewarden_cli.preview.unit import unit_of

UNKNOWN = "Sample"
"""The namespace of the metrics that alarms nobody knows judge."""
UNKNOWN_THRESHOLD = 100.0


def throughput(ask: Ask) -> list[Point]:
    """Something counted: a daily wave, scaled to the step. What goes into a queue comes out of it."""
    of_a_queue = ask.has("NumberOfMessages(Sent|Received|Deleted)")
    scale = share(ask.metric.namespace, *ask.metric.dimensions) if of_a_queue else ask.scale
    a_minute = 10 ** (0.3 + 2.2 * scale)
    minutes = ask.step / 60
    points = []
    for at in ask.times:
        mean = a_minute * minutes * daily(at, 3 * ask.scale)
        points.append(
            (float(at), float(max(0, round(mean + ask.chance.gauss(0, 0.08) * mean + ask.chance.gauss(0, 1)))))
        )
    return points


def size(ask: Ask) -> list[Point]:
    """Bytes handled."""
    top = 10 ** (6 + 3 * ask.scale)
    return [(float(at), top * daily(at) * ask.chance.uniform(0.85, 1.15)) for at in ask.times]


def stored(ask: Ask) -> list[Point]:
    """Something that is kept, and grows slowly."""
    base = 10 ** (8 + 3 * ask.scale) if ask.has(r"[Bb]ytes|Size") else 10 ** (2 + 3 * ask.scale)
    growth = 1 / (60 * 86_400)
    return [(float(at), base * (1 + (at - ask.world.now) * growth)) for at in ask.times]


def percentage(ask: Ask) -> list[Point]:
    """How far something is used, in percent."""
    middle = 22 + 40 * ask.scale
    noise, points = 0.0, []
    for at in ask.times:
        noise = 0.8 * noise + ask.chance.gauss(0, 2.2)
        points.append((float(at), min(97.0, max(1.0, middle * (0.55 + 0.6 * daily(at)) + noise))))
    return points


def latency(ask: Ask) -> list[Point]:
    """Times to answer: several values a step, so that percentiles differ; slower while something is wrong."""
    unit = 1.0 if unit_of(ask.metric) == "Seconds" else 1000.0
    middle = unit * (0.02 + 0.5 * ask.scale**2)
    points = []
    for at in ask.times:
        slow = 2.4 if _in_burst(ask, at) else 1.0
        for part in range(4):
            value = middle * slow * (0.8 + 0.35 * daily(at)) * ask.chance.lognormvariate(0, 0.28)
            points.append((at + part * ask.step / 4, value))
    return points


def waiting(ask: Ask) -> list[Point]:
    """Messages in a queue: a few at any time, many while its consumer fails."""
    usual = 4 + 40 * ask.scale
    points = []
    for at in ask.times:
        many = 9 if _in_burst(ask, at) else 1
        points.append((float(at), float(round(usual * daily(at) * many * ask.chance.uniform(0.5, 1.4)))))
    return points


def oldest(ask: Ask) -> list[Point]:
    """Seconds that the oldest message waits: well below the threshold, above it for a while."""
    threshold = ask.limit[1] if ask.limit else 600.0
    points = []
    for at in ask.times:
        share = ask.chance.uniform(0.03, 0.2) * daily(at)
        if _in_burst(ask, at):
            share = 0.25 + 1.1 * (at - ask.world.burst[0]) / (ask.world.burst[1] - ask.world.burst[0])
        points.append((float(at), threshold * share))
    return points


def dead_letters(ask: Ask) -> list[Point]:
    """Nothing for days, then a burst that the drainer works off but for a few."""
    begin, full = ask.world.burst
    most, left = 60 + round(120 * ask.scale), 6 + round(8 * ask.scale)
    points = []
    for at in ask.times:
        if at < begin:
            value = 0.0
        elif at < full:
            value = most * (at - begin) / (full - begin)
        else:
            value = left + (most - left) * max(0.0, 1 - (at - full) / 3000)
        points.append((float(at), float(round(value))))
    return points


def drained(ask: Ask) -> list[Point]:
    """What left the dead-letter queue after the burst."""
    full = ask.world.burst[1]
    each = 3 + 9 * ask.scale
    return [
        (float(at), float(round(each * ask.chance.uniform(0.7, 1.3))) if full <= at < full + 3000 else 0.0)
        for at in ask.times
    ]


def quarantined(ask: Ask) -> list[Point]:
    full = ask.world.burst[1]
    return [(float(at), 2.0 if full + 2400 <= at < full + 2400 + ask.step else 0.0) for at in ask.times]


def errors(ask: Ask) -> list[Point]:
    """None as a rule, a handful while something is wrong."""
    points = []
    for at in ask.times:
        wrong = _in_burst(ask, at) and ask.subject is None
        few = ask.chance.random() < 0.006 and ask.limit is None
        points.append((float(at), float(ask.chance.randint(2, 9)) if wrong and ask.limit is None else float(few)))
    return points


def nothing(ask: Ask) -> list[Point]:
    return [(float(at), 0.0) for at in ask.times]


def heartbeat(ask: Ask) -> list[Point]:
    """Once a minute, whatever the step."""
    return [(float(at), 1.0) for at in range(ask.start, min(ask.end, ask.world.now), 60)]


def below_the_limit(ask: Ask) -> list[Point]:
    """On the healthy side of the alarm that judges it."""
    comparison, threshold = ask.limit or (">", 1.0)
    middle = threshold * 0.5 if comparison.startswith(">") else threshold * 1.4 + 1
    return [(float(at), middle * ask.chance.uniform(0.8, 1.2)) for at in ask.times]


def of_an_unknown_alarm(ask: Ask) -> list[Point]:
    """Well below the threshold, and above it from the moment that the alarm was raised."""
    since = raised_since(dict(ask.metric.dimensions).get("AlarmName", ""), ask.world.now)
    return [
        (
            float(at),
            UNKNOWN_THRESHOLD * ask.chance.uniform(*((1.1, 1.4) if since and at >= since - 300 else (0.4, 0.7))),
        )
        for at in ask.times
    ]


def raised_since(name: str, now: int) -> int | None:
    """When an alarm that no plan knows went into ALARM; every fifth did."""
    if share("alarm", name) >= 0.2:
        return None
    return (now - 900 - int(7200 * share("since", name))) // 300 * 300


def _in_burst(ask: Ask, at: float) -> bool:
    begin, full = ask.world.burst
    return begin <= at < full + 600
