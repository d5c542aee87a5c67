"""What one pipeline gets: its resources with their alarms, retries and drains, its deadlines and its neighbours."""

from collections.abc import Iterator, Mapping

from pipewarden.impact import say_terms, say_usd, seconds_until
from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden.registry import technologies
from pipewarden_cli.report.times import duration
from pipewarden_cli.tree.branch import Branch, branch
from pipewarden_cli.tree.expectation import pipeline_expectations, resource_expectations
from pipewarden_cli.tree.words import action_words, alarm_words, drain_words, guard_words, pattern_words, retry_words
from pipewarden_plan.plan import Plan, TeamPlan
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.text_widget import window_words


def pipeline_branch(plan: Plan, name: str) -> Branch:
    """The tree of one pipeline of the plan. Raises KeyError when the plan has no such pipeline."""
    pipeline = plan.settings.pipelines[name]
    team = next(team for team in plan.teams if team.team == pipeline.team)
    alarms = [alarm for alarm in team.alarms if alarm.pipeline == name]
    children = [*_facts(pipeline), *_stakeholders(plan, pipeline), *_windows(plan, name), *_deadlines(team, name)]
    children += _composites(team, name)
    children.append(branch("costs", f"{plan.monthly_usd.get(name, 0.0):,.2f} USD a month to watch", "faint"))
    kept = {group: found.days for found in plan.core.retention for group in found.groups}
    for resource_name, resource in pipeline.resources.items():
        own = [alarm for alarm in alarms if alarm.resource == resource_name]
        children.append(_resource(resource_name, resource, own, kept))
    children += [_alarm(alarm) for alarm in alarms if alarm.resource not in pipeline.resources]
    about = f"{pipeline.severity}, owner {pipeline.owner}, stack {team.stack}"
    return branch(name, about, "title", children)


def _facts(pipeline: PipelineSettings) -> Iterator[Branch]:
    if pipeline.description:
        yield branch("about", pipeline.description)
    if pipeline.schedule:
        when = (
            pipeline.schedule.get("cron")
            or f"every {duration(float(pipeline.schedule.get('rate', '0s').removesuffix('s')))}"
        )
        yield branch("runs", f"{when} {pipeline.schedule.get('timezone', 'UTC')}")
    if pipeline.expect:
        yield branch("expects", pipeline_expectations(pipeline.expect))
    if pipeline.upstream:
        yield branch("needs", f"{', '.join(pipeline.upstream)}: a failure there holds back the pages of this one")
    if pipeline.downstream:
        yield branch("feeds", ", ".join(pipeline.downstream))
    if pipeline.completion:
        yield branch("tells", f"{', '.join(pipeline.completion)} of each run that succeeded")
    if pipeline.impact:
        yield branch("impact", say_terms(pipeline.impact))
    if pipeline.runbook:
        yield branch("runbook", pipeline.runbook)


def _stakeholders(plan: Plan, pipeline: PipelineSettings) -> Iterator[Branch]:
    for row in plan.settings.stakeholders:
        seconds = seconds_until(pipeline.impact, row.above_usd) if pipeline.impact else None
        if seconds is not None:
            when = f"at {say_usd(row.above_usd)}, after {duration(seconds)}"
            yield branch("stakeholders", f"{', '.join(row.notify)} {when}")


def _composites(team: TeamPlan, pipeline: str) -> Iterator[Branch]:
    """The pipeline's own composite alarm, where the environment has such."""
    for found in team.composites:
        if found.pipeline == pipeline and found.action_topic:
            yield branch("composite", f"{found.name}, to {found.action_topic} unless {found.suppressor} is in ALARM")


def _windows(plan: Plan, pipeline: str) -> Iterator[Branch]:
    for window in plan.settings.maintenance:
        if window.covers(pipeline):
            held = "pages" if window.hold_p0 else "pages but P0"
            retries = "" if window.retries else ", retries wait"
            yield branch("maintenance", f"{window.name}, {window_words(window)}: {held} held back{retries}")


def _deadlines(team: TeamPlan, pipeline: str) -> Iterator[Branch]:
    for schedule in team.schedules:
        if schedule.input.get("pipeline") == pipeline:
            text = f"{schedule.expression} {schedule.timezone}"
            yield branch("deadline", f"{text}: {schedule.description}" if schedule.description else text)


def _resource(name: str, resource: ResourceSettings, alarms: list[AlarmPlan], kept: Mapping[str, int]) -> Branch:
    return branch(name, f"{resource.type} {_identity(resource)}", "name", _inside(resource, alarms, kept))


def _identity(resource: ResourceSettings) -> str:
    """The fields that a declaration of this type cannot do without: they say which resource it is."""
    technology = technologies().get(resource.type)
    names = technology.required if technology else tuple(resource.fields)
    values = (resource.fields.get(name, "") for name in names)
    return " ".join(_said(value) for value in values if value and not isinstance(value, Mapping))


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _layers(resource: ResourceSettings) -> Iterator[Branch]:
    """The retries of the service itself, where there are some."""
    technology = technologies().get(resource.type)
    layers = technology.retry.layers if technology and technology.retry else None
    if layers and resource.retry and (text := layers(resource.fields, resource.retry.attempts)):
        yield branch("layers", text)


def _inside(resource: ResourceSettings, alarms: list[AlarmPlan], kept: Mapping[str, int]) -> Iterator[Branch]:
    if resource.within:
        yield branch("within", f"{resource.within}: retried only through it")
    if resource.after:
        yield branch("after", ", ".join(resource.after))
    if resource.expect:
        yield branch("expects", resource_expectations(resource.type, resource.expect))
    if resource.retry and not resource.within:
        yield branch("retry", retry_words(resource.retry))
        if resource.retry.attempts:
            yield from _layers(resource)
            yield branch("guards", guard_words(resource.retry), "faint")
    for name, action in resource.actions.items():
        yield branch(f"action {name}", action_words(action))
    for pattern in resource.error_patterns:
        yield branch("error", pattern_words(pattern))
    if resource.drain:
        yield branch("drain", drain_words(resource.drain))
    yield from map(_alarm, alarms)
    if resource.log_groups:
        by_days: dict[int, list[str]] = {}
        for group in resource.log_groups:
            by_days.setdefault(kept[group], []).append(group)
        for days, groups in by_days.items():
            yield branch(f"logs kept {days} d", ", ".join(groups), "faint")


def _alarm(alarm: AlarmPlan) -> Branch:
    if alarm.disabled_reason:
        return branch(f"no alarm {alarm.key}", alarm.disabled_reason, "warn")
    words = alarm_words(alarm)
    if alarm.fleet:
        words = f"{words}; by the fleet alarm {alarm.fleet}"
    elif alarm.stays:
        words = f"{words}; in no fleet: {alarm.stays}"
    steps = [
        branch(f"step {number}", step) for number, step in enumerate(alarm.first_steps if alarm.own_steps else (), 1)
    ]
    own = {"because": alarm.reason, "runbook": alarm.runbook}
    return branch(f"alarm {alarm.key}", words, children=[*(branch(*row) for row in own.items() if row[1]), *steps])
