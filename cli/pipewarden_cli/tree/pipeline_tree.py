"""What one pipeline gets: its resources with their alarms, retries and drains, its deadlines and its neighbours."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipewarden.settings import PipelineSettings, ResourceSettings
from pipewarden_cli.tree.branch import Branch, branch
from pipewarden_cli.tree.words import alarm_words, drain_words, number, retry_words
from pipewarden_plan.plan import AlarmPlan, Plan, TeamPlan


def pipeline_branch(plan: Plan, name: str) -> Branch:
    """The tree of one pipeline of the plan. Raises KeyError when the plan has no such pipeline."""
    pipeline = plan.settings.pipelines[name]
    team = next(team for team in plan.teams if team.team == pipeline.team)
    alarms = [alarm for alarm in team.alarms if alarm.pipeline == name]
    children = [*_facts(pipeline), *_deadlines(team, name)]
    for resource_name, resource in pipeline.resources.items():
        own = [alarm for alarm in alarms if alarm.resource == resource_name]
        children.append(_resource(resource_name, resource, own))
    children += [_alarm(alarm) for alarm in alarms if alarm.resource not in pipeline.resources]
    about = f"{pipeline.severity}, owner {pipeline.owner}, stack {team.stack}"
    return branch(name, about, "title", children)


def _facts(pipeline: PipelineSettings) -> Iterator[Branch]:
    if pipeline.description:
        yield branch("about", pipeline.description, "faint")
    if pipeline.schedule:
        yield branch("runs", _schedule(pipeline.schedule))
    if pipeline.expect:
        yield branch("expects", _pairs(pipeline.expect))
    if pipeline.upstream:
        yield branch("silent below", f"{', '.join(pipeline.upstream)}: a failure there explains one here")
    if pipeline.downstream:
        yield branch("above", ", ".join(pipeline.downstream))
    if pipeline.runbook:
        yield branch("runbook", pipeline.runbook)


def _deadlines(team: TeamPlan, pipeline: str) -> Iterator[Branch]:
    for schedule in team.schedules:
        if schedule.input.get("pipeline") == pipeline:
            text = f"{schedule.expression} {schedule.timezone}"
            yield branch("deadline", f"{text}: {schedule.description}" if schedule.description else text)


def _resource(name: str, resource: ResourceSettings, alarms: list[AlarmPlan]) -> Branch:
    fields = _pairs({key: value for key, value in resource.fields.items() if not isinstance(value, Mapping)})
    return branch(name, f"{resource.type}, {fields}" if fields else resource.type, "name", _inside(resource, alarms))


def _inside(resource: ResourceSettings, alarms: list[AlarmPlan]) -> Iterator[Branch]:
    if resource.within:
        yield branch("within", f"{resource.within}: retried only through it")
    if resource.after:
        yield branch("after", ", ".join(resource.after))
    if resource.expect:
        yield branch("expects", _pairs(resource.expect))
    if resource.retry and not resource.within:
        yield branch("retry", retry_words(resource.retry))
    if resource.drain:
        yield branch("drain", drain_words(resource.drain))
    for group in resource.log_groups:
        yield branch("logs", group, "faint")
    yield from map(_alarm, alarms)


def _alarm(alarm: AlarmPlan) -> Branch:
    if alarm.disabled_reason:
        return branch(f"no alarm {alarm.key}", alarm.disabled_reason, "warn")
    return branch(f"alarm {alarm.key}", alarm_words(alarm))


def _schedule(schedule: Mapping[str, str]) -> str:
    when = schedule.get("cron") or f"every {schedule.get('rate', '')}"
    return f"{when} {schedule.get('timezone', 'UTC')}"


def _pairs(values: Mapping[str, Any]) -> str:
    """`freshness 90000, volume.min 1`: nested names are joined, numbers short."""
    return ", ".join(f"{name} {text}" for name, text in _flat(values, ""))


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            yield f"{prefix}{name}", "yes" if value else "no"
        elif isinstance(value, list | tuple):
            yield f"{prefix}{name}", " ".join(map(str, value))
        else:
            yield f"{prefix}{name}", number(value) if isinstance(value, int | float) else str(value)
