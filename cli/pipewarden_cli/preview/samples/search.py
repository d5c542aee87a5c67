"""Metrics for searches: what is declared, and where that has nothing, examples of what a search looks for."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.evaluator.search import parse_search
from pipewarden_cli.preview.samples.world import World, metric_of
from pipewarden_cli.preview.shorthand import expand
from pipewarden_cli.preview.unit import catalogued

EXAMPLES = ("a", "b", "c")
MOST = 60
_SCHEMA = re.compile(r"\{([^}]*)\}")
_NAMED = re.compile(r"(\w+)\s*=\s*(?:\(([^)]*)\)|\"((?:[^\"\\]|\\.)*)\"|([^\s()\"]+))")
_WORD = re.compile(r"\"([^\"]+)\"|([^\s()\"=]+)")
_FIXED = {
    "JobRunId": "ALL",
    "Type": "gauge",
    "ObservabilityGroup": "resource_utilization",
    "StorageType": "StandardStorage",
}


def declared_metrics(world: World) -> set[Metric]:
    """The metrics of alarms, and those that the technologies' graphs show."""
    found = {metric_of(alarm) for alarm in world.alarms.values()}
    bodies = [dashboard.body for team in (world.plan.teams if world.plan else ()) for dashboard in team.dashboards]
    for body in bodies:
        for widget in body["widgets"]:
            for *names, _ in expand(widget["properties"].get("metrics", ())):
                if names:
                    found.add(Metric.of(names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True))))
    return found


def found_metrics(text: str, known: Iterable[Metric]) -> list[Metric]:
    """The known metrics that a search finds, or examples that it would find. Raises EvaluatorError."""
    search = parse_search(text)
    return search.find(known)[:MOST] or search.find(itertools.islice(_examples(text, known), 2000))[:MOST]


def searches_in(expression: str) -> list[str]:
    """The texts of the searches of an expression."""
    return [
        match[2] for match in re.finditer(r"SEARCH\(\s*(['\"])(.*?)\1\s*,", expression, re.DOTALL) if match[2].strip()
    ]


def _examples(text: str, known: Iterable[Metric]) -> Iterator[Metric]:
    schema = _SCHEMA.search(text)
    parts = [part.strip().strip('"') for part in schema[1].split(",")] if schema else []
    terms = text[schema.end() :] if schema else text
    named = [(match[1], _words(match[2] or match[3] or match[4])) for match in _NAMED.finditer(terms)]
    given = {name: words for name, words in named if words}
    namespace = parts[0] if parts else next(iter(given.get("Namespace", ["Custom"])))
    dimensions = parts[1:] or [name for name in given if name not in ("MetricName", "Namespace")]
    values = [_values(name, given, known) for name in dimensions]
    for name in _names(namespace, given, terms, dimensions):
        for chosen in itertools.product(*values):
            yield Metric.of(namespace, name, dict(zip(dimensions, chosen, strict=True)))


def _names(namespace: str, given: dict[str, list[str]], terms: str, dimensions: Sequence[str]) -> list[str]:
    if "MetricName" in given:
        return given["MetricName"]
    bare = [word for word in _words(_NAMED.sub(" ", terms)) if word not in ("AND", "OR", "NOT")]
    fitting = [name for name, sets in catalogued(namespace).items() if sorted(dimensions) in sets]
    return [*bare, *fitting] or ["Example"]


def _values(name: str, given: dict[str, list[str]], known: Iterable[Metric]) -> list[str]:
    if name in given:
        return given[name]
    if name in _FIXED:
        return [_FIXED[name], "count"] if name == "Type" else [_FIXED[name]]
    seen = sorted({value for metric in known for key, value in metric.dimensions if key == name})
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.removesuffix("Name").removesuffix("Id")).lower() or "example"
    return seen[:6] or [f"{stem}-{letter}" for letter in EXAMPLES]


def _words(text: str) -> list[str]:
    return [match[1] or match[2] for match in _WORD.finditer(text) if (match[1] or match[2]) not in ("OR", "AND")]
