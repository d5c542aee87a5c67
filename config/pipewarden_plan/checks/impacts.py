"""Impacts say something, and those who are told of them are told once each."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipewarden.impact import say_usd
from pipewarden_plan.checks.channels import makes_cases
from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.reading import PipelineReading

AMOUNTS = frozenset({"once", "per_hour"})


def check_impacts(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        impact = (pipeline.read or {}).get("impact", {})
        if impact.get("after") and not AMOUNTS & impact.keys():
            message = "says when it begins to cost something, but not what"
            yield pipeline.finding("PW270", ("impact", "after"), message, cure="add once or per_hour")


def check_stakeholders(environment: EnvironmentReading, pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    rows = (environment.read or {}).get("stakeholders", ())
    for place, (lower, upper) in enumerate(pairwise(rows), 1):
        if upper["above"] <= lower["above"]:
            path = f"stakeholders[{place}].above"
            before, got = say_usd(lower["above"]), say_usd(upper["above"])
            message = f"{path} must be more than {before}, the row before, got {got}"
            mark = environment.place("stakeholders", place, "above")
            yield finding("PW323", mark, message, path=path, cure="list the amounts from the lowest on, each once")
    for row, stakeholders in enumerate(rows):
        for place, channel in enumerate(stakeholders["notify"]):
            if makes_cases(environment, channel):
                path = f"stakeholders[{row}].notify[{place}]"
                message = f"{path} names {channel}, which makes a case of what it is told; here nobody has to act"
                mark = environment.place("stakeholders", row, "notify", place)
                yield finding("PW324", mark, message, path=path, cure="name a mail address, a chat or a webhook")
    priced = any(AMOUNTS & (pipeline.read or {}).get("impact", {}).keys() for pipeline in pipelines)
    if rows and not priced:
        message = "stakeholders are never told: no pipeline has an impact in money"
        cure = "declare impact: {per_hour: ...} on the pipelines that cost something while they fail"
        yield finding("PW325", environment.place("stakeholders"), message, path="stakeholders", cure=cure)
