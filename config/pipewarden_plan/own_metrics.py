"""Our own metrics, from the catalogue, by what there is one of each for."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipewarden.technology import Technology
from pipewarden.template import look_up
from pipewarden_plan.model import Pipeline, Resource

Per = Literal[
    "environment",
    "pipeline",
    "run",
    "target",
    "usage",
    "score",
    "requests",
    "dataset",
    "change",
    "queue",
    "stack",
    "table",
    "action",
]

CATALOGUE = Path(__file__).with_name("metric_catalogue.json")


class Kind(NamedTuple):
    """What there is one set of metrics for: in words, and whether a resource with these expectations is one. Those of
    `at` "run" have data in the hours of runs only, those of "event" when something rare happens."""

    meaning: str
    at: Literal["always", "run", "event"] = "always"
    applies: Callable[[Technology, Resource, Mapping[str, Any]], object] = lambda *_: False


KINDS: Mapping[Per, Kind] = {
    "environment": Kind("The environment"),
    "pipeline": Kind("Each pipeline", "event"),
    "run": Kind("Each resource that ends well or badly", "run", lambda kind, *_: _ends(kind)),
    "target": Kind("Each resource with an `slo`", "run", lambda kind, _, expect: kind.runs and expect.get("slo")),
    "usage": Kind("Each resource whose runs are billed: one of them", "run", lambda kind, *_: kind.usage),
    "score": Kind("Each resource whose runs have a score", "run", lambda kind, *_: kind.scores),
    "requests": Kind(
        "Each resource with an `slo` over requests, and what those of the line above have",
        applies=lambda kind, _, expect: kind.requests and expect.get("slo"),
    ),
    "dataset": Kind("Each dataset of which something is expected", applies=lambda *found: _is_probed(*found)),
    "change": Kind(
        "Each dataset with `volume.change`",
        applies=lambda kind, resource, expect: (
            _is_probed(kind, resource, expect) and look_up(expect, "volume.change") is not None
        ),
    ),
    "queue": Kind(
        "Each dead-letter queue that is drained",
        "event",
        lambda _, resource, __: look_up(resource.fields, "dead_letter.drain"),
    ),
    "stack": Kind("Each stack", "event", lambda kind, *_: "deployed" in kind.kinds_of_events),
    "action": Kind("Each resource with actions", "event", lambda _, resource, __: resource.actions),
    "table": Kind("Each table", "event", lambda kind, *_: "changed" in kind.kinds_of_events),
}


@cache
def own_metrics(per: Per) -> tuple[str, ...]:
    """Names of the metrics that Pipewarden writes once for each such thing."""
    rows = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return tuple(row["metric"] for row in rows if row["namespace"] == "Pipewarden" and row["per"] == per)


def metrics_of(resource: Resource, pipeline: Pipeline, technology: Technology) -> Iterable[tuple[Per, int]]:
    """How many metrics of ours a declared resource gets, by what they are for."""
    inherited = pipeline.expect if technology.runs and not resource.within else {}
    expect = {**inherited, **resource.expect}
    for per, kind in KINDS.items():
        if kind.applies(technology, resource, expect):
            yield per, _number(per)


def _number(per: Per) -> int:
    """The runs of one resource are billed in one unit; a target over requests has the metrics of every target too."""
    if per == "usage":
        return 1
    return len(own_metrics(per)) + (len(own_metrics("target")) if per == "requests" else 0)


def _ends(technology: Technology) -> bool:
    """Whether it does something that ends well or not; a stack only says that it was deployed."""
    return not technology.kinds_of_events.isdisjoint(("failed", "succeeded"))


def _is_probed(technology: Technology, resource: Resource, _: Mapping[str, Any]) -> bool:
    """Whether the probe lists it: some technologies say so, and then only where something is expected of it."""
    return bool(resource.expect) and any(grant.purpose == "probe" for grant in technology.grants)
