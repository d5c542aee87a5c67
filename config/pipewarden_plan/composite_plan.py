"""The path to people without our functions: one composite alarm per team and severity."""

from collections.abc import Iterable, Sequence

from pipewarden.names import Names
from pipewarden_plan.limits import COMPOSITE_CHILDREN, COMPOSITE_RULE_CHARACTERS
from pipewarden_plan.parts import split_by_hash
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan, FleetPlan

RESPONDING = "responding"


def plan_composites(team: str, alarms: Iterable[AlarmPlan], names: Names) -> tuple[CompositePlan, ...]:
    """One composite per severity over the deployed alarms of a team, children before parents.

    It acts on the page topic unless the responder is alive and keeps up. Above the limits of one composite the alarms
    go into parts by the hash of their name, so a new alarm changes one part only; parts act on nothing themselves.
    """
    by_severity: dict[str, list[str]] = {}
    for alarm in alarms:
        if alarm.deployed:
            by_severity.setdefault(alarm.severity, []).append(alarm.name)
    composites: list[CompositePlan] = []
    for severity, children in sorted(by_severity.items()):
        composites += _over(names.composite(team, severity), f"of team {team}", severity, children, names)
    return tuple(composites)


def plan_fleet_composites(fleets: Iterable[FleetPlan], names: Names) -> tuple[CompositePlan, ...]:
    """The same for fleet alarms, which belong to no team: one per severity in the core stack. While the responder is
    dead it pages once for all that is raised, whichever pipeline comes next."""
    by_severity: dict[str, list[str]] = {}
    for fleet in fleets:
        by_severity.setdefault(fleet.alarm.severity, []).append(fleet.alarm.name)
    composites: list[CompositePlan] = []
    for severity, children in sorted(by_severity.items()):
        composites += _over(names.fleet_composite(severity), "over all pipelines", severity, children, names)
    return tuple(composites)


def nest(name: str, children: Sequence[str]) -> tuple[list[CompositePlan], list[str]]:
    """The children of one composite of that name and, where one does not take so many, the parts that stand between:
    these act on nothing."""
    parts = _parts(name, children)
    return parts, sorted(_heads(parts) or children)


def rule_text(composite: CompositePlan) -> str:
    """The AlarmRule as CloudWatch reads it."""
    return composite.rule or " OR ".join(f'ALARM("{child}")' for child in composite.children)


def _over(name: str, whose: str, severity: str, children: list[str], names: Names) -> list[CompositePlan]:
    parts, heads = nest(name, children)
    return [*parts, _paging(name, whose, severity, heads, names)]


def _paging(name: str, whose: str, severity: str, children: Sequence[str], names: Names) -> CompositePlan:
    text = f"An alarm of severity {severity} {whose} is raised while Pipewarden does not respond to alarms."
    return CompositePlan(
        name=name,
        description=f"**{text}**\n\nThe alarms in ALARM are listed below it in the console. Nothing is retried.",
        children=tuple(children),
        action_topic=names.page_topic(severity),
        suppressor=names.own_alarm(RESPONDING),
    )


def _parts(name: str, children: Sequence[str]) -> list[CompositePlan]:
    """Composites that act on nothing, as many levels of them as it takes until the last one fits into one composite."""
    parts: list[CompositePlan] = []
    level = ""
    while not _fits(children):
        split = enumerate(split_by_hash(sorted(children), _fits), 1)
        made = [
            CompositePlan(name=f"{name}/{level}{number}", description=f"Part of {name}.", children=tuple(part))
            for number, part in split
            if part
        ]
        parts += made
        children = [part.name for part in made]
        level += "over-"
    return parts


def _heads(parts: Sequence[CompositePlan]) -> list[str]:
    """The parts that stand in no other one."""
    below = {child for part in parts for child in part.children}
    return [part.name for part in parts if part.name not in below]


def _fits(children: Sequence[str]) -> bool:
    characters = sum(len(child) + len('ALARM("") OR ') for child in children)
    return len(children) <= COMPOSITE_CHILDREN and characters <= COMPOSITE_RULE_CHARACTERS
