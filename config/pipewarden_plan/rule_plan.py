"""EventBridge rules: one per technology and kind of event, not one per pipeline."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pipewarden.fleet import CONTRIBUTOR_CHANGED
from pipewarden.names import Names
from pipewarden.technology import EventRule
from pipewarden_plan.limits import PATTERN_CHARACTERS
from pipewarden_plan.planned_alarm import FleetPlan
from pipewarden_plan.planned_delivery import RulePlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.watched import Watched


def plan_rules(everything: Iterable[Watched], names: Names, remarks: Remarks) -> tuple[RulePlan, ...]:
    """Rules for the technologies that are declared. A pattern names the declared resources while it fits; beyond that
    it is open, and the responder drops (and counts) what nobody declared."""
    identities: dict[tuple[str, str], set[str]] = {}
    rules: dict[tuple[str, str], EventRule] = {}
    for watched in everything:
        for rule in watched.technology.events:
            key = (watched.technology.type, rule.kind)
            rules[key] = rule
            identities.setdefault(key, set()).add(watched.fill(rule.identity))
    return tuple(_rule(*key, rules[key], sorted(identities[key]), names, remarks) for key in sorted(rules))


def plan_fleet_rules(fleets: Sequence[FleetPlan], names: Names) -> tuple[RulePlan, ...]:
    """What a contributor of a fleet alarm became, which its actions do not tell in any documented form (the user
    guide's "Alarm events and EventBridge" does; delivery is durable)."""
    if not fleets:
        return ()
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": [CONTRIBUTOR_CHANGED],
        "detail": {"alarmName": [{"prefix": names.fleet_prefix()}]},
    }
    return (RulePlan(name=names.rule("fleet", "contributor"), technology="fleet", kind="contributor", pattern=pattern),)


def _rule(
    technology: str, kind: str, rule: EventRule, identities: list[str], names: Names, remarks: Remarks
) -> RulePlan:
    name = names.rule(technology, kind)
    pattern = event_pattern(rule, identities)
    characters = len(json.dumps(pattern, separators=(",", ":")))
    is_open = characters > PATTERN_CHARACTERS
    if is_open:
        remarks.notice(
            f"Rule {name} names no resources: {len(identities)} of them make a pattern of {characters} characters, "
            f"EventBridge takes {PATTERN_CHARACTERS}. The responder drops events of undeclared resources."
        )
        pattern = event_pattern(rule, [])
    return RulePlan(name=name, technology=technology, kind=kind, pattern=pattern, open_pattern=is_open)


def event_pattern(rule: EventRule, identities: list[str]) -> dict[str, Any]:
    """The pattern of a rule for these resources; without any, for all resources of the technology."""
    pattern: dict[str, Any] = {"source": list(rule.source), "detail-type": list(rule.detail_type)}
    if rule.detail:
        pattern["detail"] = json.loads(json.dumps(rule.detail))
    if identities:
        *parents, last = rule.identity_path.split(".")
        place = pattern
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = [{"prefix": found} for found in identities] if rule.prefix else identities
    return pattern
