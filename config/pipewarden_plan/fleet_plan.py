"""Fleet alarms: one Metrics Insights alarm per rule over all pipelines, in place of one alarm per pipeline and rule.

Each time series of its query is a contributor that changes by itself; the responder finds the pipeline by the labels of
the contributor. The alarm has no action of its own: a composite of its severity acts where the responder does not
(`plan_fleet_composites`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipewarden.names import Names
from pipewarden.run_alarms import NAMESPACE
from pipewarden_plan.fleet_query import FUNCTIONS, Series, grouping, query_text, series_of
from pipewarden_plan.limits import (
    DESCRIPTION_CHARACTERS,
    INSIGHTS_ALARMS,
    INSIGHTS_RANGE_SECONDS,
    INSIGHTS_SERIES,
)
from pipewarden_plan.model import Environment
from pipewarden_plan.planned_alarm import AlarmPlan, FleetPlan, MetricPlan
from pipewarden_plan.watched import Watched

ALONE = "it is the only alarm of its kind"
INDISTINCT = "no query watches its kind without watching other declared resources too"
Space = tuple[str, str, tuple[str, ...]]
"""Namespace, metric and names of the dimensions: what SCHEMA selects."""


class Kind(NamedTuple):
    """What alarms of one fleet have in common."""

    key: str
    space: Space
    statistic: str
    comparison: str
    threshold: float
    period_seconds: int
    periods: int
    datapoints: int
    role: str


class Fleets(NamedTuple):
    """The fleets, and for each alarm by its name which fleet watches it or why none does."""

    fleets: tuple[FleetPlan, ...] = ()
    watched_by: Mapping[str, str] = {}
    stays: Mapping[str, str] = {}

    def mark(self, alarms: Iterable[AlarmPlan]) -> tuple[AlarmPlan, ...]:
        """The alarms, each with what became of it."""
        concerned = self.watched_by.keys() | self.stays.keys()
        return tuple(
            replace(alarm, fleet=self.watched_by.get(alarm.name, ""), stays=self.stays.get(alarm.name, ""))
            if alarm.name in concerned
            else alarm
            for alarm in alarms
        )


def plan_fleets(
    alarms: Iterable[AlarmPlan], everything: Sequence[Watched], environment: Environment, names: Names
) -> Fleets:
    """The fleets of an environment that wants them; the 200 largest, because a region takes no more."""
    if environment.alarm_mode != "fleet":
        return Fleets()
    stays: dict[str, str] = {}
    kinds: dict[Kind, dict[Series, AlarmPlan]] = {}
    for alarm in (found for found in alarms if not found.disabled_reason):
        if why := why_alone(alarm, whole_account=environment.whole_account):
            stays[alarm.name] = why
        elif kinds.setdefault(_kind(alarm), {}).setdefault(series_of(alarm), alarm) is not alarm:
            stays[alarm.name] = "another alarm judges the same metric in the same way"
    declared = _declared(everything)
    found: list[tuple[Kind, Mapping[Series, AlarmPlan], str]] = []
    for kind, alike in sorted(kinds.items()):
        found += [(kind, part, text) for part, text in _parts(alike, declared.get(kind.space, set()), stays)]
    found.sort(key=lambda row: -len(row[1]))
    for _, members, _ in found[INSIGHTS_ALARMS:]:
        stays |= {alarm.name: f"a region takes {INSIGHTS_ALARMS} fleet alarms" for alarm in members.values()}
    return _named(found[:INSIGHTS_ALARMS], everything, stays, names)


def why_alone(alarm: AlarmPlan, *, whole_account: bool) -> str:
    """Why an alarm cannot be one of a fleet; "" where it can."""
    seconds = alarm.period_seconds * alarm.periods
    reasons: dict[str, bool] = {
        "it judges metric math": bool(alarm.expression),
        "it judges a query of logs": bool(alarm.asks),
        "it judges a band": alarm.comparison == "outside-band",
        f"a query has no {alarm.metric.statistic}": alarm.metric.statistic not in FUNCTIONS,
        "it minds missing data, and a time series that ends is OK in a fleet": alarm.missing != "notBreaching",
        f"it looks back {seconds:,} s, and a fleet 3 hours": seconds > INSIGHTS_RANGE_SECONDS,
        "its period is under a minute": bool(alarm.period_seconds % 60),
        "its metric has no dimensions": not alarm.metric.dimensions,
        "a query would watch every resource of the account (`alarms.whole_account` says that all are declared)": (
            alarm.metric.namespace != NAMESPACE and not whole_account
        ),
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _kind(alarm: AlarmPlan) -> Kind:
    metric = alarm.metric
    return Kind(
        key=alarm.key.partition(".")[2],
        space=(metric.namespace, metric.name, tuple(sorted(metric.dimensions))),
        statistic=metric.statistic,
        comparison=alarm.comparison,
        threshold=alarm.threshold,
        period_seconds=alarm.period_seconds,
        periods=alarm.periods,
        datapoints=alarm.datapoints,
        role=alarm.role,
    )


def _declared(everything: Iterable[Watched]) -> dict[Space, set[Series]]:
    """Every series of a declared resource that a default alarm could look at, whether or not one does."""
    found: dict[Space, set[Series]] = {}
    for watched in everything:
        for rule in watched.technology.alarms:
            if watched.declares(rule.needs):
                dimensions = watched.dimensions(rule.dimensions)
                space = (watched.fill(rule.namespace), watched.fill(rule.metric), tuple(sorted(dimensions)))
                found.setdefault(space, set()).add(tuple(sorted(dimensions.items())))
    return found


def _parts(
    members: Mapping[Series, AlarmPlan], declared: set[Series], stays: dict[str, str]
) -> list[tuple[Mapping[Series, AlarmPlan], str]]:
    """By severity where queries tell the severities apart, else all together under the gravest of them."""
    by_severity: dict[str, dict[Series, AlarmPlan]] = {}
    for series, alarm in members.items():
        by_severity.setdefault(alarm.severity, {})[series] = alarm
    several = [part for _, part in sorted(by_severity.items()) if 1 < len(part) <= INSIGHTS_SERIES]
    for parts in (several, [members] if 1 < len(members) <= INSIGHTS_SERIES else []):
        texts = [query_text(next(iter(part.values())), sorted(part), declared) for part in parts]
        if texts and all(texts):
            kept = {series for part in parts for series in part}
            stays |= {alarm.name: ALONE for series, alarm in members.items() if series not in kept}
            return list(zip(parts, texts, strict=True))
    many = f"CloudWatch looks at {INSIGHTS_SERIES} series, and {len(members)} are of its kind"
    why = ALONE if len(members) == 1 else many if len(members) > INSIGHTS_SERIES else INDISTINCT
    stays |= {alarm.name: why for alarm in members.values()}
    return []


def _named(
    found: Sequence[tuple[Kind, Mapping[Series, AlarmPlan], str]],
    everything: Iterable[Watched],
    stays: Mapping[str, str],
    names: Names,
) -> Fleets:
    types = {(watched.pipeline.name, watched.resource.name): watched.technology.type for watched in everything}
    titles = [(min(alarm.severity for alarm in members.values()), _title(members, types)) for _, members, _ in found]
    often = Counter(titles)
    fleets: list[FleetPlan] = []
    watched_by: dict[str, str] = {}
    for (severity, title), (kind, members, text) in zip(titles, found, strict=True):
        # One rule with several thresholds or windows: what differs is part of the name.
        own = f"-{hashlib.sha256(repr(kind).encode()).hexdigest()[:6]}" if often[severity, title] > 1 else ""
        fleet = _fleet(names.fleet_alarm(severity, title + own), title, severity, kind, members, text)
        fleets.append(fleet)
        watched_by |= dict.fromkeys(fleet.members, fleet.alarm.name)
    return Fleets(tuple(sorted(fleets, key=lambda fleet: fleet.alarm.name)), watched_by, stays)


def _title(members: Mapping[Series, AlarmPlan], types: Mapping[tuple[str, str], str]) -> str:
    """`glue-job.failed`, or `failed` where several technologies have the rule in common."""
    found = {types[alarm.pipeline, alarm.resource] for alarm in members.values()}
    key = next(iter(members.values())).key.partition(".")[2]
    return f"{found.pop()}.{key}" if len(found) == 1 else key


def _fleet(
    name: str, title: str, severity: str, kind: Kind, members: Mapping[Series, AlarmPlan], text: str
) -> FleetPlan:
    group_by = grouping(sorted(members))
    first = next(iter(members.values()))
    metric = MetricPlan(
        namespace=kind.space[0], name=kind.space[1], dimensions={}, statistic=kind.statistic, unit=first.metric.unit
    )
    alarm = replace(
        first,
        name=name,
        key=title,
        team="",
        pipeline="",
        resource="",
        severity=severity,
        meaning=f"{title}: {len(members)} metrics in one alarm.",
        description=_description(title, severity, members, group_by),
        metric=metric,
        query=text,
        action_topic="",
        tags={"severity": severity},
        where="",
    )
    by_alarm = {alarm.name: dict(series) for series, alarm in members.items()}
    values = {name: tuple(found[label] for label in group_by) for name, found in sorted(by_alarm.items())}
    return FleetPlan(alarm=alarm, group_by=group_by, members=values)


def _description(title: str, severity: str, members: Mapping[Series, AlarmPlan], group_by: Sequence[str]) -> str:
    pipelines = len({alarm.pipeline for alarm in members.values()})
    gravest = sum(alarm.severity == severity for alarm in members.values())
    mixed = "" if gravest == len(members) else f", the severity of {gravest} of them"
    return (
        f"**{title} of {len(members)} resources in {pipelines} pipelines**, {severity}{mixed}.\n\n"
        f"Each contributor is one of them: its labels {', '.join(f'`{label}`' for label in group_by)} say which. "
        "Pipewarden opens an incident for the pipeline of the contributor, with its first steps and runbook.\n\n"
        "First steps:\n1. Open the tab Contributors.\n2. Look for the pipeline's page or incident."
    )[:DESCRIPTION_CHARACTERS]
