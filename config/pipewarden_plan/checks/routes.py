"""Every severity that is used has a route, and rungs go up in time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipewarden.settings import SNS_CHANNELS
from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.reading import PipelineReading
from pipewarden_plan.vocabulary import show_duration

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
    for severity in sorted(users.keys() - routes.keys()):
        message = f"severities has no route for {severity}, which {users[severity]} uses: nobody would hear of it"
        cure = f"e.g. {severity}: {{respond_within: 4h, notify: [{next(iter(environment.channels), 'data-email')}]}}"
        yield finding("PW302", environment.place("severities"), message, path="severities", cure=cure)
    yield from _check_listeners(environment)
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


def _check_listeners(environment: EnvironmentReading) -> Iterator[Finding]:
    """Somebody hears of each severity without any Lambda of ours."""
    types = {name: row["type"] for name, row in environment.channels.items() if row}
    for severity, route in (environment.read or {}).get("severities", {}).items():
        named = [*route["notify"], *(rung["to"] for rung in route.get("escalate", ()))]
        known = [name for name in named if name in types]
        if len(known) == len(named) and not any(types[name] in SNS_CHANNELS for name in known):
            path = f"severities.{severity}"
            message = f"{path} names no email or sms channel: nobody would hear when the functions are dead"
            yield finding("PW315", environment.place("severities", severity), message, path=path)
