"""One composite alarm per pipeline, from the declared graph: its state for people and machines, and its own path to
people while the responder does not answer (docs/adr/0011-pipeline-composites.md)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from pipewarden.names import Names
from pipewarden_plan.composite_plan import RESPONDING, nest, plan_composites
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.mute_plan import PAGED_ANYHOW
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.settings_plan import closure

GRACE_SECONDS = 300
"""One period of most default alarms: as long the failure of a pipeline above may come after what it causes below, and
as long what hangs below may take to clear after it."""


def plan_team_composites(
    team: str, pipelines: Sequence[Pipeline], alarms: Iterable[AlarmPlan], environment: Environment, names: Names
) -> tuple[CompositePlan, ...]:
    """Children before parents. Where the environment has composites per pipeline, those act in place of the team's, so
    that nobody is paged twice; one over them is the team's state and acts on nothing."""
    if not environment.pipeline_composites:
        return plan_composites(team, alarms, names)
    own: dict[str, list[AlarmPlan]] = {}
    for alarm in alarms:
        if alarm.deployed:
            own.setdefault(alarm.pipeline, []).append(alarm)
    above = closure({pipeline.name: pipeline.depends_on for pipeline in pipelines})
    found = list(
        chain.from_iterable(
            _of_pipeline(pipeline, own[pipeline.name], [name for name in above[pipeline.name] if name in own], names)
            for pipeline in _upstream_first(pipelines)
            if pipeline.name in own
        )
    )
    return (*found, *_of_team(team, [one.name for one in found if one.action_topic], names))


def notice_pipeline_composites(
    pipelines: Sequence[Pipeline], composites: Iterable[CompositePlan], environment: Environment, remarks: Remarks
) -> None:
    """Say where the graph ends: CloudWatch refuses to delete an alarm that another one names, so no composite names one
    of another stack; and a pipeline that only fleet alarms watch has none."""
    if not environment.pipeline_composites:
        return
    have = {composite.pipeline for composite in composites}
    if without := [pipeline.name for pipeline in pipelines if pipeline.name not in have]:
        remarks.notice(f"No composite alarm, because no alarm of their own: {', '.join(without)}.")
    teams = {pipeline.name: pipeline.team for pipeline in pipelines}
    above = closure({pipeline.name: pipeline.depends_on for pipeline in pipelines})
    for pipeline in pipelines:
        others = [name for name in above[pipeline.name] if teams.get(name) != pipeline.team]
        if others:
            remarks.notice(
                f"{pipeline.mark}: the composite alarm of {pipeline.name} is not held back by {', '.join(others)}: "
                "another stack has those. The responder holds its pages back all the same."
            )


def _of_pipeline(
    pipeline: Pipeline, alarms: Sequence[AlarmPlan], above: Sequence[str], names: Names
) -> list[CompositePlan]:
    """It acts as severely as its gravest alarm: once it is raised, no further alarm of the pipeline is told."""
    name = names.pipeline_composite(pipeline.team, pipeline.name)
    severity = min(alarm.severity for alarm in alarms)
    parts, children = nest(name, [alarm.name for alarm in alarms])
    held = [] if severity == PAGED_ANYHOW else _held_back(pipeline, name, above, names)
    composite = CompositePlan(
        name=name,
        description=_description(pipeline, severity, above if held else ()),
        children=tuple(children),
        action_topic=names.page_topic(severity),
        suppressor=names.own_alarm(RESPONDING),
    )
    if held:
        composite = replace(
            composite,
            suppressor=held[-1].name,
            suppressor_wait_seconds=GRACE_SECONDS,
            suppressor_extension_seconds=GRACE_SECONDS,
        )
    return [replace(found, pipeline=pipeline.name) for found in (*parts, *held, composite)]


def _held_back(pipeline: Pipeline, name: str, above: Sequence[str], names: Names) -> list[CompositePlan]:
    """In ALARM while the composite must not act: the responder answers, or a pipeline above is raised."""
    if not above:
        return []
    raised = [names.pipeline_composite(pipeline.team, upstream) for upstream in above]
    parts, children = nest(f"{name}/held-back", [names.own_alarm(RESPONDING), *raised])
    text = f"{pipeline.name} is silent while Pipewarden responds, or while {', '.join(above)} is raised."
    return [*parts, CompositePlan(name=f"{name}/held-back", description=text, children=tuple(children))]


def _of_team(team: str, heads: Sequence[str], names: Names) -> list[CompositePlan]:
    if not heads:
        return []
    name = names.team_composite(team)
    parts, children = nest(name, heads)
    text = f"**An alarm of a pipeline of team {team} is raised.** It acts on nothing: those of the pipelines do."
    return [*parts, CompositePlan(name=name, description=text, children=tuple(children), overview=True)]


def _description(pipeline: Pipeline, severity: str, above: Sequence[str]) -> str:
    lines = [
        f"**An alarm of pipeline {pipeline.name} is raised.** Those in ALARM are listed below it in the console.",
        f"It pages as {severity}, the gravest severity among them, and only while Pipewarden does not respond to "
        "alarms; nothing is retried then.",
    ]
    if above:
        lines.append(f"It is silent while a pipeline above is raised: {', '.join(above)}.")
    lines += [f"Runbook: {pipeline.runbook}"] if pipeline.runbook else []
    return "\n\n".join([*lines, f"Owner: {pipeline.owner}"])


def _upstream_first(pipelines: Sequence[Pipeline]) -> list[Pipeline]:
    """Those that others name as their suppressor before these."""
    above = closure({pipeline.name: pipeline.depends_on for pipeline in pipelines})
    return sorted(pipelines, key=lambda pipeline: len(above[pipeline.name]))
