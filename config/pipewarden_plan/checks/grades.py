"""Limits that are graded by severity warn before they page."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.grading import grades
from pipewarden.template import look_up
from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import Path, PipelineReading

BELOW = ("<", "<=")


def check_grades(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        for path, rule, limits in graded_limits(pipeline):
            for (lighter, early), (graver, late) in pairwise(grades(limits)):
                if early == late or (early > late) != (rule.comparison in BELOW):
                    side = "below" if rule.comparison in BELOW else "above"
                    message = f"must lie {side} {lighter}'s limit, so that the warning comes before the page"
                    yield pipeline.finding("PW246", (*path, graver), message)


def graded_limits(pipeline: PipelineReading) -> Iterator[tuple[Path, AlarmRule, Mapping[str, Any]]]:
    """Each limit of a resource that is graded, with where it stands and one row that it gives alarms to."""
    for resource in pipeline.resources.values():
        expect, seen = (resource.read or {}).get("expect", {}), set()
        for rule in resource.technology.alarms if resource.technology else ():
            name = rule.threshold
            if isinstance(name, str) and name not in seen and isinstance(found := look_up(expect, name), Mapping):
                seen.add(name)
                yield ("resources", resource.name, "expect", *name.split(".")), rule, found
