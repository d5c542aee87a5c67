"""Saved queries of a team: over the responder's decisions, by technology, and by pipeline, as far as quotas go."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from pipewarden.names import Names
from pipewarden_plan.limits import QUERY_CHARACTERS, QUERY_DEFINITIONS, QUERY_LOG_GROUPS
from pipewarden_plan.log_widget import responder_log
from pipewarden_plan.plan import QueryPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.settings_plan import log_groups_of
from pipewarden_plan.watched import Watched

TABLE = Path(__file__).with_name("queries.json")
MOST_OF_A_TEAM = 40
"""Twenty-five teams fill a region's quota then."""


def plan_queries(
    team: str, everything: Sequence[Watched], room: int, names: Names, remarks: Remarks
) -> tuple[QueryPlan, ...]:
    """The queries that fit into `room` resources of the stack and the team's part of the quota, the most general
    first."""
    queries = [*_of_team(team, everything, names), *_of_technologies(team, everything, names)]
    queries += _of_pipelines(team, everything, names)
    most = max(0, min(MOST_OF_A_TEAM, room))
    if len(queries) > most:
        remarks.notice(
            f"Team {team} gets {most} of {len(queries)} saved queries: a region takes {QUERY_DEFINITIONS:,}, a team "
            f"{MOST_OF_A_TEAM}, and a stack what its alarms leave. Those of single pipelines are left out first."
        )
    return tuple(queries[:most])


def _of_team(team: str, everything: Iterable[Watched], names: Names) -> list[QueryPlan]:
    pipelines = ", ".join(f"'{name}'" for name in dict.fromkeys(watched.pipeline.name for watched in everything))
    values = {"{environment}": names.environment, "{pipelines}": pipelines}
    found = []
    for name, text in _rows("team"):
        for key, value in values.items():
            text = text.replace(key, value)
        if len(text) <= QUERY_CHARACTERS:
            found.append(_query(names, team, name, text, [responder_log(names)]))
    return found


def _of_technologies(team: str, everything: Iterable[Watched], names: Names) -> list[QueryPlan]:
    groups: dict[str, dict[str, None]] = {}
    own: dict[str, tuple[tuple[str, str], ...]] = {}
    for watched in everything:
        of_resource = log_groups_of(watched)
        if of_resource:
            groups.setdefault(watched.technology.type, {}).update(dict.fromkeys(of_resource))
            own[watched.technology.type] = watched.technology.queries
    return [
        _query(names, f"{team}/{kind}", name, text, list(found))
        for kind, found in sorted(groups.items())
        for name, text in (*own[kind], *_rows("technology"))
    ]


def _of_pipelines(team: str, everything: Iterable[Watched], names: Names) -> list[QueryPlan]:
    groups: dict[str, dict[str, None]] = {}
    for watched in everything:
        of_resource = log_groups_of(watched)
        if of_resource:
            groups.setdefault(watched.pipeline.name, {}).update(dict.fromkeys(of_resource))
    return [
        _query(names, f"{team}/{pipeline}", name, text, list(found))
        for pipeline, found in groups.items()
        for name, text in _rows("pipeline")
    ]


def _query(names: Names, whose: str, name: str, text: str, groups: Sequence[str]) -> QueryPlan:
    """The console shows each part before a slash as a folder."""
    return QueryPlan(
        name=f"pipewarden/{names.environment}/{whose}/{name}", text=text, log_groups=tuple(groups[:QUERY_LOG_GROUPS])
    )


@cache
def _table() -> dict[str, list[dict[str, str]]]:
    read: dict[str, list[dict[str, str]]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return read


def _rows(of: str) -> list[tuple[str, str]]:
    return [(row["name"], row["query"]) for row in _table()[of]]
