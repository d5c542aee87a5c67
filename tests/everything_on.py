"""Declarations that switch on, or off, whatever there is: one pipeline for each registered technology. A new technology
is in them by standing in the folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.registry import technologies
from pipewarden.technology import Technology
from pipewarden_plan.declaration import load_project
from pipewarden_plan.example import example_of
from pipewarden_plan.grammar import grammar
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.resolve import resolve

ROUTE = {
    "respond_within": "1h",
    "notify": ["mail", "chat", "pager"],
    "escalate": [{"after": "0m", "to": "mail"}, {"after": "15m", "to": "phone"}],
}
ENVIRONMENT: Mapping[str, Any] = {
    "version": 1,
    "account": "123456789012",
    "region": "us-east-1",
    "protected": True,
    "tracing": {"sampling": "5%", "transaction_search": "1%"},
    "severities": dict.fromkeys(("P0", "P1", "P2", "P3"), ROUTE),
    "channels": {
        "mail": {"type": "email", "address": "data@example.com"},
        "phone": {"type": "sms", "number": "+15555550100"},
        "chat": {"type": "slack", "webhook_secret": "pipewarden/slack"},
        "pager": {"type": "pagerduty", "routing_key_secret": "pipewarden/pagerduty"},
    },
    "maintenance": [{"name": "patch", "cron": "0 1 1 * *", "duration": "2h", "pipelines": ["*"]}],
    "tags": {"cost-center": "data"},
}


def everything_on(root: Path, **environment: Any) -> Plan:
    """The plan of the environment `full`, by way of the files that declare it below `root`: a value for every
    expectation that an alarm is judged by."""
    return _plan(root, "full", {**ENVIRONMENT, **environment}, dict(map(_pipeline, _sorted())))


def everything_off(root: Path) -> Plan:
    """The plan of the environment `bare`: no retries, the services' own keys, nothing protected, and each alarm of
    `everything_on` switched off with a reason."""
    pipelines = dict(map(_pipeline, _sorted()))
    for technology in _sorted():
        off = {f"it.{rule.key}": {"enabled": False, "reason": "watched by another tool"} for rule in technology.alarms}
        pipelines[technology.type]["alarms"] = off
        if technology.retry:
            pipelines[technology.type]["resources"]["it"]["retry"] = {"attempts": 0}
    route = {"respond_within": "1d", "notify": ["mail"]}
    kept = {key: ENVIRONMENT[key] for key in ("version", "account", "region")}
    channels = {"mail": ENVIRONMENT["channels"]["mail"]}
    environment = {**kept, "encryption": "aws-owned", "severities": {"P2": route}, "channels": channels}
    return _plan(root, "bare", environment, pipelines)


def _plan(root: Path, name: str, environment: Mapping[str, Any], pipelines: Mapping[str, Any]) -> Plan:
    declaration = {"version": 1, "owner": "all", "pipelines": pipelines}
    for kind, file, content in (("environments", name, environment), ("pipelines", "all", declaration)):
        folder = root / "config" / kind
        folder.mkdir(parents=True, exist_ok=True)
        # JSON is YAML.
        (folder / f"{file}.yaml").write_text(json.dumps(content, indent=2), encoding="utf-8")
    return make_plan(resolve(load_project(root), name))


def rules() -> list[tuple[str, AlarmRule]]:
    """Every alarm row of every technology, with the technology's type."""
    return [(technology.type, rule) for technology in _sorted() for rule in technology.alarms]


def own_keys() -> list[str]:
    """The alarms over Pipewarden itself that tell somebody."""
    with TemporaryDirectory() as folder:
        return [alarm.key for alarm in everything_on(Path(folder)).core.alarms if alarm.action_topic]


def alarm_of(plan: Plan, type_: str, key: str) -> AlarmPlan:
    """The planned alarm of one row."""
    (found,) = [a for team in plan.teams for a in team.alarms if (a.pipeline, a.key) == (type_, f"it.{key}")]
    return found


def _sorted() -> list[Technology]:
    return [found for _, found in sorted(technologies().items())]


def _pipeline(technology: Technology) -> tuple[str, dict[str, Any]]:
    resource: dict[str, Any] = json.loads(json.dumps(technology.example))
    for rule in technology.alarms:
        _declare(resource, rule.needs, technology.fields)
        if rule.given:
            _declare(resource.setdefault("expect", {}), rule.given, technology.expectations)
        if isinstance(rule.threshold, str):
            _declare(resource.setdefault("expect", {}), rule.threshold, technology.expectations)
    pipeline = {
        "description": technology.summary,
        "runbook": "https://wiki.example.com/runbooks/all",
        "schedule": {"cron": "0 2 * * *", "timezone": "Europe/London"},
        "resources": {"it": resource},
    }
    return technology.type, {**pipeline, "expect": {"finished_by": "06:00"}} if technology.runs else pipeline


def _declare(values: dict[str, Any], path: str, schemas: Mapping[str, Any]) -> None:
    """Put an example at a dotted path, where nothing is declared yet, with what else its mapping cannot do without."""
    if not path:
        return
    *above, last = path.split(".")
    for part in above:
        required = schemas[part].get("required", ())
        schemas = _properties(schemas[part])
        values = values.setdefault(part, {})
        for key in required:
            values.setdefault(key, example_of(schemas[key], grammar().defs))
    values.setdefault(last, example_of(schemas[last], grammar().defs))


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys of a mapping, also of one that has a short form beside it."""
    for form in (schema, *schema.get("anyOf", ())):
        if "properties" in form:
            found: Mapping[str, Any] = form["properties"]
            return found
    raise KeyError(schema)
