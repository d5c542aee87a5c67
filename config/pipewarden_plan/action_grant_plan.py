"""What the responder may do for declared actions: on what they name, and nothing where none is declared."""

import json
from collections.abc import Iterable

from pipewarden.action import declares
from pipewarden.names import Names
from pipewarden.registry import actions
from pipewarden.template import fill
from pipewarden_plan.planned_function import StatementPlan
from pipewarden_plan.watched import Watched

Key = tuple[str, tuple[str, ...], str]


def action_statements(everything: Iterable[Watched], names: Names) -> list[StatementPlan]:
    """One statement for each kind of action, set of operations and condition, on the ARNs of all that declare it."""
    arns: dict[Key, set[str]] = {}
    for watched in everything:
        for policy in watched.resource.actions.values():
            action = actions()[policy.type]
            values, way = action.values(policy.fields, names), action.way(policy.fields)
            for grant in way.grants if way else ():
                if declares(values, grant.needs):
                    conditions = {
                        operator: {key: [fill(value, values) for value in found] for key, found in rows.items()}
                        for operator, rows in grant.conditions.items()
                    }
                    key = (policy.type, tuple(sorted(grant.actions)), json.dumps(conditions, sort_keys=True))
                    arns.setdefault(key, set()).update(fill(resource, values) for resource in grant.resources)
    return _numbered(arns)


def _numbered(arns: dict[Key, set[str]]) -> list[StatementPlan]:
    statements, numbers = [], dict[str, int]()
    for (kind, operations, conditions), resources in sorted(arns.items()):
        sid = f"Act{''.join(word.capitalize() for word in kind.split('_'))}"
        numbers[sid] = numbers.get(sid, 0) + 1
        statements.append(
            StatementPlan(
                sid=f"{sid}{numbers[sid]}" if numbers[sid] > 1 else sid,
                reason=f"declared actions of type {kind}",
                actions=operations,
                resources=tuple(sorted(resources)),
                conditions=json.loads(conditions),
                exact=True,
            )
        )
    return statements
