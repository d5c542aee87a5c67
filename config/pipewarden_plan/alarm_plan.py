"""The alarms of one declared resource: its technology's rows, filled and overridden."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.grading import key_at
from pipewarden.names import Names
from pipewarden_plan.alarm_text import describe_alarm, left_out, own_tags, tags_of, words_of
from pipewarden_plan.can_fire.subject import Subject
from pipewarden_plan.can_fire.table import check_alarm
from pipewarden_plan.log_alarm_plan import question_of
from pipewarden_plan.model import AlarmOverride, Mark, Pipeline
from pipewarden_plan.planned_alarm import AlarmPlan, MetricPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.threshold import PER_BASE_UNIT, thresholds
from pipewarden_plan.watched import Watched

NO_OVERRIDE = AlarmOverride()


def plan_alarms(watched: Watched, names: Names, remarks: Remarks, routed: Collection[str] = ()) -> list[AlarmPlan]:
    """Every alarm that applies to the resource, those switched off by the declaration included.

    A row applies where what it `needs` is declared and where its threshold is a number or an expectation that is
    declared, on the resource or, for something that runs by itself, on its pipeline. `routed` are the severities that
    reach somebody: a row's own severity holds where it is one of them. A limit that is graded by severity gives one
    alarm for each.
    """
    tags = tags_of(watched.pipeline)
    alarms = []
    for rule in watched.technology.alarms:
        usual = rule.severity if rule.severity in routed else watched.pipeline.severity
        for grade, threshold in thresholds(rule, watched) if watched.declares(rule.needs) else ():
            key = key_at(f"{watched.resource.name}.{rule.key}", grade)
            override = watched.pipeline.alarms.get(key, NO_OVERRIDE)
            severity = override.severity or grade or usual
            alarm = _alarm(rule, key, threshold, override, severity, watched, names, tags)
            for sentence in left_out(alarm, override):
                remarks.notice(f"{alarm.where}: {alarm.name}: {sentence}")
            check_alarm(_subject(rule, alarm, override, watched), remarks)
            alarms.append(alarm)
    return alarms


def notice_idle_overrides(pipeline: Pipeline, alarms: list[AlarmPlan], remarks: Remarks) -> None:
    """Say which lines under `alarms:` change nothing because the pipeline has no such alarm."""
    if pipeline.alarms:
        for key in sorted(pipeline.alarms.keys() - {alarm.key for alarm in alarms}):
            known = ", ".join(alarm.key for alarm in alarms) or "none"
            remarks.notice(
                f"{pipeline.mark}: pipelines.{pipeline.name}.alarms.{key} changes nothing: the alarms are {known}"
            )


def _alarm(
    rule: AlarmRule,
    key: str,
    threshold: float,
    override: AlarmOverride,
    severity: str,
    watched: Watched,
    names: Names,
    tags: Mapping[str, str],
) -> AlarmPlan:
    pipeline = watched.pipeline
    periods = override.periods or rule.periods
    words = words_of(rule, override, watched)
    metric = _metric(rule, override, watched)
    period_seconds = override.period_seconds or rule.period_for({**watched.resource.expect, **watched.values})
    return AlarmPlan(
        name=names.alarm(pipeline.team, pipeline.name, key),
        key=key,
        row=rule.key,
        team=pipeline.team,
        pipeline=pipeline.name,
        resource=watched.resource.name,
        severity=severity,
        role=rule.role,
        meaning=words.meaning,
        first_steps=words.steps,
        own_steps=bool(override.steps),
        runbook=override.runbook,
        reason=override.reason,
        description=describe_alarm(words, severity, watched),
        metric=metric,
        expression=watched.fill(rule.expression) or str(watched.values.get(rule.expression_field) or ""),
        inputs=_inputs(rule, watched, metric),
        comparison=rule.comparison,
        threshold=threshold if override.threshold is None else override.threshold * PER_BASE_UNIT.get(rule.unit, 1.0),
        asks=question_of(watched, period_seconds),
        period_seconds=period_seconds,
        periods=periods,
        datapoints=override.datapoints or min(rule.datapoints, periods),
        missing=override.missing or rule.missing,
        low_samples=override.low_samples or "",
        action_topic=names.alarm_topic(severity),
        disabled_reason="" if override.enabled else override.reason or "switched off under `alarms:`",
        tags=own_tags(tags, override, severity, pipeline),
        where=str(_mark(override, watched)),
    )


def _metric(rule: AlarmRule, override: AlarmOverride, watched: Watched) -> MetricPlan:
    return MetricPlan(
        namespace=watched.fill(rule.namespace),
        name=watched.fill(rule.metric),
        dimensions=watched.dimensions(rule.dimensions),
        statistic=override.statistic or watched.fill(rule.statistic),
        unit=rule.unit,
    )


def _inputs(rule: AlarmRule, watched: Watched, metric: MetricPlan) -> dict[str, MetricPlan]:
    declared: Mapping[str, Mapping[str, Any]] = watched.values.get(rule.inputs_field) or {}
    return {name: replace(metric, name=other) for name, other in rule.inputs.items()} | {
        name: replace(
            metric,
            name=row["metric"],
            namespace=row.get("namespace", metric.namespace),
            dimensions=row.get("dimensions", metric.dimensions),
            statistic=row.get("statistic", metric.statistic),
        )
        for name, row in declared.items()
    }


def _mark(override: AlarmOverride, watched: Watched) -> Mark:
    return watched.resource.mark if override is NO_OVERRIDE else override.mark or watched.pipeline.mark


def _subject(rule: AlarmRule, alarm: AlarmPlan, override: AlarmOverride, watched: Watched) -> Subject:
    """A field that the rule `needs` is declared where the alarm exists, so it says that the metric is switched on. What
    another resource starts does not follow the schedule."""
    is_overridden = override is not NO_OVERRIDE
    part = f"alarms.{alarm.key}" if is_overridden else f"resources.{watched.resource.name}"
    return Subject(
        alarm=alarm,
        path=f"pipelines.{alarm.pipeline}.{part}",
        mark=_mark(override, watched),
        emitted=watched.declares("emitted"),
        switched_on=bool(rule.needs),
        schedule=None if watched.resource.within else watched.pipeline.schedule,
    )
