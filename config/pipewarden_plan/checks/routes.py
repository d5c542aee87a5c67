"""Every severity that is used has a route, and rungs go up in time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipewarden.listener import heard_by_sns
from pipewarden_plan.checks.grades import graded_limits
from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.marked import dotted
from pipewarden_plan.reading import PipelineReading
from pipewarden_plan.vocabulary import show_duration

AT_ANY_HOUR = ("P0", "P1")
SEVERITIES = frozenset({"P0", "P1", "P2", "P3"})


def check_routes(environment: EnvironmentReading, pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    routes = (environment.read or {}).get("severities", {})
    users: dict[str, str] = {}
    for pipeline in pipelines:
        read = pipeline.read or {}
        if pipeline.severity in SEVERITIES:
            users.setdefault(pipeline.severity, f"{pipeline.path[0]}.{pipeline.name} ({pipeline.mark})")
        for key, row in read.get("alarms", {}).items():
            if "severity" in row:
                where = pipeline.place("alarms", key)
                users.setdefault(row["severity"], f"pipelines.{pipeline.name}.alarms.{key} ({where})")
        for below, _, limits in graded_limits(pipeline):
            for severity in limits:
                users.setdefault(severity, f"{dotted((*pipeline.path, *below))} ({pipeline.place(*below)})")
    for severity in sorted(users.keys() - routes.keys()):
        message = f"severities has no route for {severity}, which {users[severity]} uses: nobody would hear of it"
        cure = f"e.g. {severity}: {{respond_within: 4h, notify: [{next(iter(environment.channels), 'data-email')}]}}"
        yield finding("PW302", environment.place("severities"), message, path="severities", cure=cure)
    yield from _check_listeners(environment)
    yield from _check_times(environment)
    for severity, route in routes.items():
        rungs = route.get("escalate", [])
        for place, (lower, upper) in enumerate(pairwise(rungs), 1):
            if upper["after"] < lower["after"]:
                path = f"severities.{severity}.escalate[{place}].after"
                earlier = show_duration(lower["after"])
                message = (
                    f"{path} must not be less than {earlier}, the rung before, got {show_duration(upper['after'])}"
                )
                mark = environment.place("severities", severity, "escalate", place, "after")
                yield finding(
                    "PW304", mark, message, path=path, cure="list the rungs in the order in which they are called"
                )


def _check_times(environment: EnvironmentReading) -> Iterator[Finding]:
    """Repeats that a scheduler can keep, and quiet hours for what can wait."""
    for severity, route in (environment.read or {}).get("severities", {}).items():
        path = f"severities.{severity}"
        if "repeat" in route and not 60 <= route["repeat"]["every"] <= 86_400:
            message = f"{path}.repeat.every must be 1m to 24h, got {show_duration(route['repeat']['every'])}"
            yield finding("PW312", environment.place("severities", severity, "repeat", "every"), message, path=path)
        if "quiet_hours" not in route:
            continue
        mark, hours = environment.place("severities", severity, "quiet_hours"), route["quiet_hours"]
        if severity in AT_ANY_HOUR:
            message = f"{path} must not have quiet_hours: {severity} asks for a person at any hour"
            yield finding("PW319", mark, message, path=path, cure="give what can wait the severity P2 or P3")
        elif hours["from"] == hours["to"]:
            message = f"{path}.quiet_hours must end at another time than they begin, got {hours['to']} for both"
            yield finding("PW319", mark, message, path=path)


def _check_listeners(environment: EnvironmentReading) -> Iterator[Finding]:
    """Somebody hears of each severity without any Lambda of ours."""
    types = {name: row["type"] for name, row in environment.channels.items() if row}
    for severity, route in (environment.read or {}).get("severities", {}).items():
        named = [*route["notify"], *(rung["to"] for rung in route.get("escalate", ()))]
        known = [name for name in named if name in types]
        if len(known) == len(named) and not any(heard_by_sns(types[name]) for name in known):
            path = f"severities.{severity}"
            message = (
                f"{path} names no channel that SNS reaches by itself: nobody would hear when the functions are dead"
            )
            yield finding("PW315", environment.place("severities", severity), message, path=path)
