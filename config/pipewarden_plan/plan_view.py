"""The plan for readers: as JSON, and as what each pipeline gets."""

import json
from collections.abc import Mapping
from typing import Any

from pipewarden_plan.plan import Plan, TeamPlan
from pipewarden_plan.planned_alarm import AlarmPlan, FleetPlan


def plan_as_json(plan: Plan) -> str:
    """The whole plan, sorted and indented; the same plan gives the same bytes."""
    return json.dumps(plan, default=_plain, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def describe(plan: Plan) -> dict[str, Any]:
    """What each team and pipeline gets, in plain mappings and lists: the tree that the command line prints."""
    core = plan.core
    return {
        "environment": plan.environment.name,
        "account": plan.environment.account,
        "region": plan.environment.region,
        "core": {
            "stack": core.stack,
            "topics": [topic.name for topic in core.topics],
            "queues": [queue.name for queue in core.queues],
            "rules": [rule.name for rule in core.rules],
            "schedules": [f"{schedule.name}: {schedule.expression}" for schedule in core.schedules],
            "functions": [function.name for function in core.functions],
            "alarms": [_alarm(alarm) for alarm in core.alarms],
            **({"fleets": [_fleet(fleet) for fleet in core.fleets]} if core.fleets else {}),
            "dashboards": [dashboard.name for dashboard in core.dashboards],
            "log_groups": sum(len(kept.groups) for kept in core.retention),
            "retention_days": {str(kept.days): len(kept.groups) for kept in core.retention},
        },
        "teams": [_team(team, plan) for team in plan.teams],
        "counts": _counts(plan),
        "notices": list(plan.notices),
        "monthly_usd": dict(plan.monthly_usd),
    }


def _team(team: TeamPlan, plan: Plan) -> dict[str, Any]:
    alarms: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for alarm in team.alarms:
        alarms.setdefault((alarm.pipeline, alarm.resource), []).append(_alarm(alarm))
    return {
        "team": team.team,
        "stack": team.stack,
        "owner": team.owner,
        "composites": [composite.name for composite in team.composites],
        "dashboards": [dashboard.name for dashboard in team.dashboards],
        "schedules": [f"{schedule.name}: {schedule.expression} {schedule.timezone}" for schedule in team.schedules],
        "pipelines": [
            {
                "name": name,
                "severity": pipeline.severity,
                "description": pipeline.description,
                "resources": [
                    {
                        "name": resource_name,
                        "type": resource.type,
                        "retry": resource.retry.attempts if resource.retry and not resource.within else 0,
                        "drain": resource.drain.to if resource.drain else "",
                        "alarms": alarms.get((name, resource_name), []),
                    }
                    for resource_name, resource in pipeline.resources.items()
                ],
            }
            for name, pipeline in plan.settings.pipelines.items()
            if pipeline.team == team.team
        ],
    }


def _alarm(alarm: AlarmPlan) -> dict[str, Any]:
    return {
        "name": alarm.name,
        "key": alarm.key,
        "severity": alarm.severity,
        "meaning": alarm.meaning,
        "condition": condition(alarm),
        "first_steps": list(alarm.first_steps),
        "disabled": alarm.disabled_reason,
        **{name: value for name in ("fleet", "stays", "reason", "runbook") if (value := getattr(alarm, name))},
    }


def _fleet(fleet: FleetPlan) -> dict[str, Any]:
    return {**_alarm(fleet.alarm), "query": fleet.alarm.query, "stands_for": list(fleet.members)}


def condition(alarm: AlarmPlan) -> str:
    """What is compared, in one line: `Sum of RunsFailed >= 1 in 1 of 1 periods of 300 s`."""
    metric = alarm.expression or f"{alarm.metric.statistic} of {'its query' if alarm.asks else alarm.metric.name}"
    if alarm.comparison == "outside-band":
        what = f"{metric} outside {alarm.threshold:g} standard deviations"
    else:
        what = f"{metric} {alarm.comparison} {alarm.threshold:g}"
    return f"{what} in {alarm.datapoints} of {alarm.periods} periods of {alarm.period_seconds} s"


def _counts(plan: Plan) -> dict[str, int]:
    fleets = (fleet.alarm for fleet in plan.core.fleets)
    every = [*plan.core.alarms, *fleets, *(alarm for team in plan.teams for alarm in team.alarms)]
    return {
        "pipelines": len(plan.settings.pipelines),
        "resources": sum(len(pipeline.resources) for pipeline in plan.settings.pipelines.values()),
        "alarms": sum(alarm.deployed for alarm in every),
        "composites": len(plan.core.composites) + sum(len(team.composites) for team in plan.teams),
        "dashboards": len(plan.core.dashboards) + sum(len(team.dashboards) for team in plan.teams),
        "rules": len(plan.core.rules),
    }


def _plain(value: Any) -> Any:
    """dataclasses.asdict copies everything deeply; the encoder asks for one level at a time."""
    if isinstance(value, Mapping):
        return dict(value)
    return {name: found for name, found in vars(value).items() if not name.startswith("_")}
