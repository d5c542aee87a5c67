"""The settings that travel to the functions: what is declared, in the words of run time."""

from collections.abc import Iterable, Mapping, Sequence

from pipewarden.fleet import FleetSettings
from pipewarden.names import Names
from pipewarden.pipeline_settings import AlarmSettings, PipelineSettings, ResourceSettings
from pipewarden.settings import Settings
from pipewarden_plan.action_plan import with_intent
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.planned_alarm import AlarmPlan, FleetPlan
from pipewarden_plan.route_plan import drain_policy, told_of_success
from pipewarden_plan.run_rate import as_settings
from pipewarden_plan.watched import Watched


def plan_settings(
    environment: Environment,
    pipelines: Sequence[Pipeline],
    everything: Sequence[Watched],
    alarms: Iterable[AlarmPlan],
    fleets: Iterable[FleetPlan],
    dashboards: Mapping[str, str],
    names: Names,
) -> Settings:
    """`dashboards` names the dashboard page of each pipeline."""
    resources: dict[str, dict[str, ResourceSettings]] = {}
    for watched in everything:
        resources.setdefault(watched.pipeline.name, {})[watched.resource.name] = _resource(watched, names)
    upstream = {pipeline.name: pipeline.depends_on for pipeline in pipelines}
    above, below = closure(upstream), closure(turned(upstream))
    return Settings(
        environment=environment.name,
        account=environment.account,
        region=environment.region,
        partition=environment.partition,
        mode=environment.remediation_mode,
        retries_per_hour=environment.retries_per_hour,
        breaker=environment.breaker,
        pipelines={
            pipeline.name: _pipeline(pipeline, environment, resources.get(pipeline.name, {}), above, below, dashboards)
            for pipeline in pipelines
        },
        alarms=_alarms(alarms),
        severities=environment.severities,
        channels=environment.channels,
        maintenance=environment.maintenance,
        flapping=environment.flapping,
        stakeholders=environment.stakeholders,
        fleets={fleet.alarm.name: FleetSettings(group_by=fleet.group_by, members=fleet.members) for fleet in fleets},
    )


def _alarms(alarms: Iterable[AlarmPlan]) -> dict[str, AlarmSettings]:
    return {
        alarm.name: AlarmSettings(
            pipeline=alarm.pipeline,
            resource=alarm.resource,
            key=alarm.key,
            severity=alarm.severity,
            role=alarm.role,
            meaning=alarm.meaning,
            first_steps=alarm.first_steps,
            own_steps=alarm.own_steps,
            runbook=alarm.runbook,
            unit=alarm.metric.unit,
        )
        for alarm in alarms
        if not alarm.disabled_reason
    }


def turned(edges: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """The same edges in the other direction."""
    found: dict[str, list[str]] = {name: [] for name in edges}
    for name, targets in edges.items():
        for target in targets:
            found.setdefault(target, []).append(name)
    return {name: tuple(targets) for name, targets in found.items()}


def closure(edges: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Everything that is reached from each name, sorted; the declaration has no cycles, but one would do no harm."""
    reached: dict[str, tuple[str, ...]] = {}
    for name in edges:
        seen: set[str] = set()
        waiting = list(edges[name])
        while waiting:
            found = waiting.pop()
            if found not in seen:
                seen.add(found)
                waiting.extend(edges.get(found, ()))
        reached[name] = tuple(sorted(seen - {name}))
    return reached


def _pipeline(
    pipeline: Pipeline,
    environment: Environment,
    resources: Mapping[str, ResourceSettings],
    above: Mapping[str, tuple[str, ...]],
    below: Mapping[str, tuple[str, ...]],
    dashboards: Mapping[str, str],
) -> PipelineSettings:
    return PipelineSettings(
        team=pipeline.team,
        owner=pipeline.owner,
        severity=pipeline.severity,
        description=pipeline.description,
        runbook=pipeline.runbook,
        schedule=as_settings(pipeline.schedule),
        expect=pipeline.expect,
        upstream=above[pipeline.name],
        downstream=below[pipeline.name],
        impact=pipeline.impact,
        completion=told_of_success(pipeline, environment),
        dashboard=dashboards.get(pipeline.name, ""),
        resources=resources,
    )


def _resource(watched: Watched, names: Names) -> ResourceSettings:
    resource = watched.resource
    return ResourceSettings(
        type=resource.type,
        fields=resource.fields,
        identities=_identities(watched),
        within=resource.within,
        after=resource.after,
        retry=resource.retry,
        actions={name: with_intent(action, names) for name, action in resource.actions.items()},
        error_patterns=resource.error_patterns,
        drain=drain_policy(watched, names),
        expect=resource.expect,
        log_groups=log_groups_of(watched),
    )


def log_groups_of(watched: Watched) -> tuple[str, ...]:
    """Where the resource writes its logs; the technology's templates name fields that are always there."""
    technology = watched.technology
    declared = watched.values.get(technology.log_groups_field) or () if technology.log_groups_field else ()
    return tuple(dict.fromkeys([*map(watched.fill, technology.log_groups), *declared]))


def _identities(watched: Watched) -> tuple[str, ...]:
    """Every value by which an event may name the resource."""
    declared = watched.values.get(watched.technology.identity)
    by_events = [watched.fill(rule.identity) for rule in watched.technology.events]
    return tuple(dict.fromkeys([*by_events, *([str(declared)] if declared else [])]))
