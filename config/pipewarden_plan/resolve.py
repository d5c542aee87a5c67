"""Declaration and environment → Model: overrides merged, defaults applied, interpolations filled, base units."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from pipewarden.impact import Impact
from pipewarden.retry_policy import RetryPolicy, TimeWindow
from pipewarden.run import Scale
from pipewarden.technology import Technology
from pipewarden_plan.action_plan import declared_actions
from pipewarden_plan.checks.table import check_environments, check_pipelines
from pipewarden_plan.collector import collector_at_rest
from pipewarden_plan.declaration import Declaration, Project
from pipewarden_plan.environment import breaker_of, environment_of
from pipewarden_plan.error_patterns import declared_patterns
from pipewarden_plan.files import no_environment
from pipewarden_plan.finding import DeclarationError, Finding
from pipewarden_plan.interpolation import Fill, UnfitError
from pipewarden_plan.model import AlarmOverride, Mark, Model, Pipeline, Resource, Schedule
from pipewarden_plan.overrides import lay_over
from pipewarden_plan.reading import PipelineReading, ResourceReading

COMMON = frozenset({"type", "after", "within", "retry", "actions", "error_patterns", "expect"})


def resolve(project: Project, environment_name: str) -> Model:
    """The model of one environment. Raises DeclarationError with every error that keeps it from being one; errors in
    the files of other environments do not count."""
    with collector_at_rest():
        return _resolve(project, environment_name)


def _resolve(project: Project, environment_name: str) -> Model:
    if environment_name not in project.environments and not _is_broken(project, environment_name):
        raise DeclarationError([no_environment(environment_name, list(project.environments))])
    _refuse(_errors_for(project, environment_name))
    environment = project.environments[environment_name]
    laid = lay_over(environment, project.declarations, project.grammar, everything=True)
    _refuse(laid.findings)
    _refuse([*check_pipelines(laid.pipelines), *check_environments(environment, laid.pipelines)])
    files = {declaration.team: _file(project, declaration, environment.fill) for declaration in project.declarations}
    ordered = sorted(laid.pipelines, key=lambda pipeline: pipeline.team)
    pipelines = tuple(_pipeline(pipeline, files[pipeline.team]) for pipeline in ordered)
    return Model(environment=environment_of(environment), pipelines=pipelines)


def resolve_sound(project: Project, environment_name: str, findings: Iterable[Finding]) -> Model | None:
    """The model of those pipelines and resources of which nothing is among the findings: what looks at one resource by
    itself can go on beside the errors of others. None where there are none, or the environment itself has errors."""
    errors = [found for found in findings if found.severity == "error"]
    environment = project.environments[environment_name]
    if environment.read is None or any(found.mark.file == environment.file for found in errors):
        return None
    broken = {".".join(found.path.split(".")[: 4 if ".resources." in found.path else 2]) for found in errors}
    files, pipelines = {}, []
    for declaration in project.declarations:
        with suppress(UnfitError):  # what is wrong with the file itself is among the findings
            files[declaration.team] = _file(project, declaration, environment.fill)
    for reading in lay_over(environment, project.declarations, project.grammar, everything=True).pipelines:
        path = f"pipelines.{reading.name}"
        sound = {
            key: row for key, row in reading.resources.items() if row.read and f"{path}.resources.{key}" not in broken
        }
        if reading.team in files and reading.read and path not in broken and sound:
            pipelines.append(_pipeline(replace(reading, resources=sound), files[reading.team]))
    return Model(environment=environment_of(environment), pipelines=tuple(pipelines)) if pipelines else None


class _File(NamedTuple):
    """What one file says about all of its pipelines."""

    owner: str
    runbook: str
    retry: RetryPolicy
    log_retention_days: int | None
    error_patterns: list[dict[str, Any]]


def _file(project: Project, declaration: Declaration, fill: Fill) -> _File:
    read = project.grammar.reader("declaration")(declaration.raw, fill)
    defaults = read.get("defaults", {})
    retry = defaults.get("retry") or project.grammar.reader("retry")({}, fill)
    return _File(
        owner=read["owner"],
        runbook=defaults.get("runbook", ""),
        retry=_retry(retry),
        log_retention_days=defaults.get("log_retention"),
        error_patterns=defaults.get("error_patterns", []),
    )


def _is_broken(project: Project, environment_name: str) -> bool:
    """Whether the environment has a file that could not be read at all."""
    return any(found.mark.file == f"config/environments/{environment_name}.yaml" for found in project.errors)


def _errors_for(project: Project, environment_name: str) -> list[Finding]:
    others = {reading.file for name, reading in project.environments.items() if name != environment_name}
    own = f"config/environments/{environment_name}.yaml"
    errors = [found for found in project.errors if found.mark.file not in others]
    return [
        found for found in errors if not found.mark.file.startswith("config/environments/") or found.mark.file == own
    ]


def _refuse(findings: list[Finding]) -> None:
    if errors := [found for found in findings if found.severity == "error"]:
        raise DeclarationError(errors)


def _retry(read: dict[str, Any]) -> RetryPolicy:
    cost, window, scale = read["cost_per_day"], read.get("window"), read.get("scale")
    return RetryPolicy(
        attempts=read["attempts"],
        backoff_seconds=read["backoff"],
        classes=tuple(read["classes"]),
        cooldown_seconds=read["cooldown"],
        cost_per_day={"dpu_hours": cost["dpu_hours"], "seconds": cost["run_time"]},
        breaker=breaker_of(read["breaker"]),
        window=TimeWindow(begin=window["from"], end=window["to"], timezone=window["timezone"]) if window else None,
        alone=read["alone"],
        one_at_a_time=read["one_at_a_time"],
        owned=read["owned"],
        scale=_scale(scale) if scale else None,
    )


def _scale(read: dict[str, Any]) -> Scale:
    (of,) = read.keys() - {"max"}
    return Scale(of=of, factor=read[of], most=read["max"])


def _scalable(policy: RetryPolicy, technology: Technology) -> RetryPolicy:
    """A scale of the file's defaults holds for resources that can have more of it, and says nothing about others."""
    known = technology.retry.scalable if technology.retry else ()
    return replace(policy, scale=None) if policy.scale and policy.scale.of not in known else policy


def _pipeline(reading: PipelineReading, file: _File) -> Pipeline:
    read = reading.read or {}
    patterns = [read.get("error_patterns", []), file.error_patterns]
    return Pipeline(
        name=reading.name,
        team=reading.team,
        owner=file.owner,
        severity=reading.severity,
        description=read.get("description", ""),
        runbook=read.get("runbook", file.runbook),
        schedule=_schedule(read["schedule"]) if "schedule" in read else None,
        depends_on=tuple(read.get("depends_on", ())),
        log_retention_days=read.get("log_retention", file.log_retention_days),
        expect=read.get("expect", {}),
        completion=tuple(read["completion"].get("notify", ())) if "completion" in read else None,
        impact=_impact(read["impact"]) if "impact" in read else None,
        resources=tuple(_resource(resource, file.retry, patterns) for resource in reading.resources.values()),
        alarms={key: _alarm(row, reading.place("alarms", key)) for key, row in read.get("alarms", {}).items()},
        mark=reading.mark,
    )


def _schedule(read: dict[str, Any]) -> Schedule:
    return Schedule(cron=read.get("cron", ""), rate_seconds=read.get("rate", 0), timezone=read["timezone"])


def _impact(read: dict[str, Any]) -> Impact:
    return Impact(
        text=read.get("text", ""),
        once_usd=read.get("once", 0.0),
        per_hour_usd=read.get("per_hour", 0.0),
        after_seconds=float(read["after"]),
        customers=read.get("customers", 0),
    )


def _resource(reading: ResourceReading, retry: RetryPolicy, patterns: list[list[dict[str, Any]]]) -> Resource:
    read, technology = reading.read, reading.technology
    if read is None or technology is None:
        raise TypeError(f"{reading.mark}: resource {reading.name} does not fit and was not refused")
    within = read.get("within", "")
    policy = _retry(read["retry"]) if "retry" in read else retry
    return Resource(
        name=reading.name,
        type=technology.type,
        fields={key: value for key, value in read.items() if key not in COMMON},
        after=tuple(read.get("after", ())),
        within=within,
        retry=_scalable(policy, technology) if technology.retry and not within else None,
        actions=declared_actions(reading.name, read.get("actions", {}), policy),
        error_patterns=declared_patterns(read.get("error_patterns", []), *patterns) if technology.describe_run else (),
        expect=read.get("expect", {}),
        mark=reading.mark,
    )


def _alarm(read: dict[str, Any], mark: Mark) -> AlarmOverride:
    return AlarmOverride(
        enabled=read["enabled"],
        reason=read.get("reason", ""),
        severity=read.get("severity"),
        threshold=read.get("threshold"),
        period_seconds=read.get("period"),
        periods=read.get("periods"),
        datapoints=read.get("datapoints"),
        missing=read.get("missing"),
        statistic=read.get("statistic"),
        low_samples=read.get("low_samples"),
        meaning=read.get("meaning"),
        steps=tuple(read.get("steps", ())),
        runbook=read.get("runbook", ""),
        mark=mark,
    )
