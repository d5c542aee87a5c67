"""From the settings to the policy that applies to one signal."""

from collections.abc import Mapping

from pipewarden.action_policy import ActionPolicy, action_name
from pipewarden.completion import completes
from pipewarden.pipeline_settings import AlarmSettings, PipelineSettings, ResourceSettings
from pipewarden.run_rate import runs_in_days
from pipewarden.settings import Settings
from pipewarden.situation import Policy, Slo
from pipewarden.technology import Technology

DEFAULT_RESPOND_SECONDS = 4 * 3600.0
DAY_SECONDS = 86_400.0
RATE_SECONDS = 30 * DAY_SECONDS


def make_policy(
    settings: Settings,
    technologies: Mapping[str, Technology],
    pipeline: str,
    resource: str,
    alarm: AlarmSettings | None = None,
    failure: AlarmSettings | None = None,
) -> Policy:
    """What was declared for one resource; `resource` "" is the pipeline as a whole. `alarm` is what the signal is
    about, `failure` the alarm that repeats what it tells. Raises KeyError for an undeclared one."""
    declared = settings.pipelines[pipeline]
    found = declared.resources[resource] if resource else None
    technology = technologies.get(found.type) if found else None
    said = alarm or failure
    severity = said.severity if said else declared.severity
    route = settings.severities.get(severity)
    return Policy(
        pipeline=pipeline,
        resource=resource,
        severity=severity,
        respond_within_seconds=route.respond_within_seconds if route else DEFAULT_RESPOND_SECONDS,
        mode=settings.mode,
        retries_per_hour=settings.retries_per_hour,
        environment_breaker=settings.breaker,
        retry=found.retry if found else None,
        retryable=bool(technology and technology.retry),
        runs=bool(technology and technology.events),
        independent=bool(technology and technology.events and not technology.runs),
        rate_days=_rate_days(found, declared),
        slo=_slo(found, declared) if technology and technology.runs else None,
        within=found.within if found else "",
        inner=_inner(declared, resource),
        after=_before(declared, resource),
        upstream=declared.upstream,
        flapping=settings.flapping,
        completes=bool(declared.completion and resource and completes(declared, resource, technologies)),
        impact=declared.impact,
        stakeholders=settings.stakeholders,
        maintenance=tuple(window for window in settings.maintenance if window.covers(pipeline)),
        quiet_hours={name: route.quiet_hours for name, route in settings.severities.items() if route.quiet_hours},
        alarm=alarm,
        failure=failure,
        drain=found.drain if found else None,
        actions=_actions(declared, resource, alarm),
        error_patterns=found.error_patterns if found else (),
    )


def _actions(pipeline: PipelineSettings, resource: str, alarm: AlarmSettings | None) -> dict[str, ActionPolicy]:
    """What is done for failures of the resource, and for the alarm whoever declared it."""
    return {
        action_name(owner, name): action
        for owner, found in pipeline.resources.items()
        for name, action in found.actions.items()
        if owner == resource or (alarm and alarm.key in action.alarms)
    }


def _rate_days(resource: ResourceSettings | None, pipeline: PipelineSettings) -> int:
    """The `over:` of the success rate that applies: the resource's own goes first."""
    for expect in (resource.expect if resource else {}, pipeline.expect):
        rate = expect.get("success_rate")
        if rate is not None:
            seconds = rate.get("over") if isinstance(rate, Mapping) else None
            return max(1, round(float(seconds or RATE_SECONDS) / DAY_SECONDS))
    return round(RATE_SECONDS / DAY_SECONDS)


def _slo(resource: ResourceSettings | None, pipeline: PipelineSettings) -> Slo | None:
    """The target that applies: the resource's own goes first."""
    for expect in (resource.expect if resource else {}, pipeline.expect):
        if slo := expect.get("slo"):
            days = max(1, round(float(slo["over"]) / DAY_SECONDS))
            return Slo(target=float(slo["target"]), days=days, runs=runs_in_days(pipeline.schedule, days))
    return None


def _inner(pipeline: PipelineSettings, owner: str) -> tuple[str, ...]:
    """Every resource that runs within the owner, however deep."""
    direct = [name for name, found in pipeline.resources.items() if owner and found.within == owner]
    return tuple(direct) + tuple(inner for name in direct for inner in _inner(pipeline, name))


def _before(pipeline: PipelineSettings, resource: str) -> tuple[str, ...]:
    """Every resource after which this one runs, however far back."""
    found: dict[str, None] = {}
    waiting = list(pipeline.resources[resource].after) if resource else []
    while waiting:
        name = waiting.pop()
        if name not in found and name in pipeline.resources:
            found[name] = None
            waiting.extend(pipeline.resources[name].after)
    return tuple(found)
