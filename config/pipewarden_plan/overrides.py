"""What an environment says about pipelines, laid over what their files say."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.grammar import Grammar
from pipewarden_plan.marked import MarkedDict, dotted
from pipewarden_plan.merge import merge
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading, Reading

if TYPE_CHECKING:
    from pipewarden_plan.declaration import Declaration


@dataclass(frozen=True)
class Laid:
    """All pipelines as one environment has them; `changed` is True when overrides changed any."""

    pipelines: list[PipelineReading]
    changed: bool
    findings: list[Finding]


def lay_over(
    environment: EnvironmentReading,
    declarations: "Sequence[Declaration]",
    rules: Grammar,
    *,
    everything: bool = False,
    without: Collection[str] = (),
) -> Laid:
    """The pipelines with this environment's overrides, except those of the pipelines `without`. With `everything`,
    those that interpolate are read again with its values; otherwise they stay as they were read with samples."""
    reading = Reading(rules, environment.fill)
    overrides = environment.overrides
    pipelines, changed = [], False
    for declaration in declarations:
        for pipeline in declaration.pipelines:
            over = overrides.get(pipeline.name) if pipeline.name not in without else None
            if isinstance(over, MarkedDict) and isinstance(pipeline.raw, MarkedDict):
                changed = True
                raw = merge(pipeline.raw, over)
                pipeline = reading.pipeline(pipeline.name, pipeline.team, raw, pipeline.mark, declaration.defaults)
            elif everything and not pipeline.fixed:
                pipeline = reading.pipeline(
                    pipeline.name, pipeline.team, pipeline.raw, pipeline.mark, declaration.defaults
                )
            pipelines.append(pipeline)
    return Laid(pipelines, changed, reading.findings)


def broken_overrides(findings: Iterable[Finding]) -> set[str]:
    """The pipelines whose overrides have findings: merging them would only say the same again."""
    return {found.path.split(".")[1] for found in findings if found.path.startswith("overrides.")}


def check_overrides(
    environment: EnvironmentReading, pipelines: Sequence[PipelineReading], rules: Grammar
) -> Iterator[Finding]:
    """What is wrong with the overrides themselves: unknown pipelines, resources without a type, and their shape."""
    reading = Reading(rules, environment.fill)
    known = {pipeline.name: pipeline for pipeline in pipelines}
    overrides = environment.overrides
    for name, over in overrides.items():
        mark = overrides.marks[name]
        path = ("overrides", name)
        if name not in known:
            whole = dotted(path)
            yield finding("PW308", mark, f"{whole}: there is no such pipeline", path=whole, cure=cure_for(name, known))
        reading.read("override", over, over, path, mark)
        resources = over.get("resources") if isinstance(over, MarkedDict) else None
        if isinstance(resources, MarkedDict) and name in known:
            yield from _check_resources(known[name], resources, reading)
    yield from reading.findings


def _check_resources(pipeline: PipelineReading, resources: MarkedDict, reading: Reading) -> Iterator[Finding]:
    for name, over in resources.items():
        path = ("overrides", pipeline.name, "resources", name)
        mark = resources.marks[name]
        base = pipeline.resources.get(name)
        kind = over.get("type") if isinstance(over, MarkedDict) else None
        if base is None and kind is None:
            whole = dotted(path)
            message = f"{whole}: pipeline {pipeline.name} has no such resource"
            yield finding("PW309", mark, message, path=whole, cure=cure_for(name, pipeline.resources))
            continue
        technology = base.technology if base and kind is None else reading.grammar.technologies.get(str(kind))
        if technology:
            reading.read(f"override.resource.{technology.type}", over, over, path, mark)
        elif kind is not None:
            reading.read("resource", over, over, path, mark)
