"""What the functions may do on declared resources, packed into policies that IAM takes."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from pipewarden.ownership import possible_owners
from pipewarden.registry import technologies
from pipewarden.technology import Grant
from pipewarden_plan.limits import INLINE_POLICY_CHARACTERS, MANAGED_POLICIES, MANAGED_POLICY_CHARACTERS
from pipewarden_plan.model import Pipeline
from pipewarden_plan.planned_function import KEY, StatementPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.watched import Watched

ENVELOPE = len('{"Version":"2012-10-17","Statement":[]}')
KEY_ARN_CHARACTERS = 110  # longer than any KMS key ARN
FEWEST_RESOURCES_WORTH_WIDENING = 2

Packed = tuple[tuple[StatementPlan, ...], tuple[tuple[StatementPlan, ...], ...]]


def declared_statements(everything: Iterable[Watched], purposes: Sequence[str]) -> list[StatementPlan]:
    """The technologies' grants for these purposes, on the ARNs of the declared resources and on nothing else.

    Starting a run is granted only where the declaration asks for retries, asking who started one only where the
    declaration leaves that open.
    """
    arns: dict[tuple[str, str, tuple[str, ...], str], set[str]] = {}
    for watched in everything:
        for grant in watched.technology.grants:
            if grant.purpose in purposes and watched.declares(grant.needs):
                if grant.purpose == "retry" and not watched.is_retried:
                    continue
                if grant.purpose == "owner" and not may_own(watched.pipeline, watched.resource.name):
                    continue
                key = (
                    grant.purpose,
                    watched.technology.type,
                    tuple(sorted(grant.actions)),
                    _conditions(grant, watched),
                )
                arns.setdefault(key, set()).update(watched.fill(resource) for resource in grant.resources)
    numbers: dict[str, int] = {}
    statements = []
    for (purpose, technology, actions, conditions), resources in sorted(arns.items()):
        sid = "".join(word.capitalize() for word in f"{purpose}-{technology}".split("-"))
        numbers[sid] = numbers.get(sid, 0) + 1
        statements.append(
            StatementPlan(
                sid=f"{sid}{numbers[sid]}" if numbers[sid] > 1 else sid,
                reason=f"{purpose} of declared {technology} resources",
                actions=actions,
                resources=tuple(sorted(resources)),
                conditions=json.loads(conditions),
            )
        )
    return statements


def may_own(pipeline: Pipeline, name: str) -> bool:
    """Whether a resource may have started runs of others that would be retried by themselves."""
    resources = {resource.name: resource for resource in pipeline.resources}
    return any(
        name in possible_owners(resources, technologies(), other.name)
        for other in pipeline.resources
        if other.retry and other.retry.attempts and not other.retry.owned
    )


def _conditions(grant: Grant, watched: Watched) -> str:
    if not grant.conditions:
        return "{}"
    filled = {
        operator: {key: [watched.fill(value) for value in values] for key, values in rows.items()}
        for operator, rows in grant.conditions.items()
    }
    return json.dumps(filled, sort_keys=True)


def pack(function: str, statements: Sequence[StatementPlan], remarks: Remarks) -> Packed:
    """Inline statements and managed policies.

    Everything goes inline while it fits; then long lists of resources move into managed policies; and when the role's
    ten do not suffice either, the longest list is widened to one pattern, with a notice. The same statements give the
    same policies.
    """
    ordered = list(statements)
    while _policy_size(ordered) > INLINE_POLICY_CHARACTERS:
        inline, rest = _longest_out(ordered)
        managed = _bins(rest)
        if len(managed) <= MANAGED_POLICIES:
            return tuple(inline), tuple(tuple(policy) for policy in managed)
        ordered = _widened(function, ordered, remarks)
    return tuple(ordered), ()


def as_iam(statement: StatementPlan) -> dict[str, object]:
    """The statement in IAM's words; `KEY` still stands for the key's ARN."""
    rendered: dict[str, object] = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": list(statement.actions),
        "Resource": list(statement.resources),
    }
    return {**rendered, "Condition": dict(statement.conditions)} if statement.conditions else rendered


def _size(statement: StatementPlan) -> int:
    """Characters as IAM counts them: without white space."""
    keys = sum(KEY_ARN_CHARACTERS for resource in statement.resources if KEY in resource)
    return len(json.dumps(as_iam(statement), separators=(",", ":"))) + 1 + keys


def _policy_size(statements: Iterable[StatementPlan]) -> int:
    return ENVELOPE + sum(map(_size, statements))


def _longest_out(statements: Sequence[StatementPlan]) -> tuple[list[StatementPlan], list[StatementPlan]]:
    """Take the statements with the longest lists out until the rest fits inline; both keep their order."""
    sizes = [_size(statement) for statement in statements]
    left = ENVELOPE + sum(sizes)
    taken: set[int] = set()
    for at in sorted(range(len(statements)), key=lambda at: (-sizes[at], statements[at].sid)):
        if left <= INLINE_POLICY_CHARACTERS:
            break
        taken.add(at)
        left -= sizes[at]
    inline = [statement for at, statement in enumerate(statements) if at not in taken]
    return inline, [statements[at] for at in sorted(taken)]


def _bins(statements: Iterable[StatementPlan]) -> list[list[StatementPlan]]:
    """Fill managed policies one after the other, cutting lists of resources where a policy is full."""
    bins: list[list[StatementPlan]] = [[]]
    used = ENVELOPE
    for statement in statements:
        bare = _size(_with(statement, statement.sid, ()))
        for number, chunk in enumerate(
            _chunks(statement.resources, MANAGED_POLICY_CHARACTERS - ENVELOPE - bare - 8), 1
        ):
            part = _with(statement, statement.sid if number == 1 else f"{statement.sid}Part{number}", chunk)
            if used + _size(part) > MANAGED_POLICY_CHARACTERS:
                bins.append([])
                used = ENVELOPE
            bins[-1].append(part)
            used += _size(part)
    return [policy for policy in bins if policy]


def _chunks(resources: Sequence[str], characters: int) -> list[tuple[str, ...]]:
    chunks: list[list[str]] = [[]]
    used = 0
    for resource in resources:
        if used + len(resource) + 3 > characters and chunks[-1]:
            chunks.append([])
            used = 0
        chunks[-1].append(resource)
        used += len(resource) + 3
    return [tuple(chunk) for chunk in chunks]


def _widened(function: str, statements: list[StatementPlan], remarks: Remarks) -> list[StatementPlan]:
    """Replace the statements of the same actions that gain most by one that names patterns instead of resources."""
    same: dict[tuple[str, tuple[str, ...]], list[StatementPlan]] = {}
    for statement in statements:
        if not statement.exact:
            same.setdefault(_family(statement), []).append(statement)
    wide = {family: _as_patterns(found) for family, found in same.items()}
    gains = {family: sum(map(_size, found)) - _size(wide[family]) for family, found in same.items()}
    most = max(gains, key=lambda family: (gains[family], family), default=None)
    if most is None or gains[most] <= 0:
        raise ValueError(f"the {function}'s permissions do not fit into a role, not even as patterns")
    declared = sum(len(statement.resources) for statement in same[most])
    remarks.notice(
        f"The {function} may {', '.join(wide[most].actions)} on {', '.join(wide[most].resources)}: the {declared} ARNs "
        f"declared take {sum(map(_size, same[most]))} characters, and a role takes {INLINE_POLICY_CHARACTERS} inline "
        f"and {MANAGED_POLICIES} policies of {MANAGED_POLICY_CHARACTERS}."
    )
    first = same[most][0]
    return [wide[most] if found is first else found for found in statements if found is first or _family(found) != most]


def _family(statement: StatementPlan) -> tuple[str, tuple[str, ...]]:
    """Statements that say the same about different resources."""
    return statement.sid.rstrip("0123456789"), statement.actions


def _as_patterns(statements: Sequence[StatementPlan]) -> StatementPlan:
    """Conditions differ from resource to resource, so a pattern over several resources cannot keep them."""
    patterns = _patterns(tuple(resource for statement in statements for resource in statement.resources))
    conditions = statements[0].conditions if len(statements) == 1 else {}
    first = statements[0]
    return StatementPlan(
        sid=first.sid, reason=first.reason, actions=first.actions, resources=patterns, conditions=conditions
    )


@lru_cache(maxsize=64)
def _patterns(resources: tuple[str, ...]) -> tuple[str, ...]:
    """One pattern per kind of resource: what the ARNs have in common up to a separator, then `*`."""
    kinds: dict[str, list[str]] = {}
    for resource in resources:
        service, region, account, name = (resource.split(":", 5) + [""] * 6)[2:6]
        head = name.split("/")[0] if "/" in name else name.split(":")[0] if ":" in name else ""
        kinds.setdefault(f"{service}:{region}:{account}:{head}", []).append(resource)
    return tuple(sorted(_common(found) for found in kinds.values()))


def _common(resources: Sequence[str]) -> str:
    if len(set(resources)) < FEWEST_RESOURCES_WORTH_WIDENING:
        return resources[0]
    first, last = min(resources), max(resources)
    length = next((at for at, (left, right) in enumerate(zip(first, last, strict=False)) if left != right), len(first))
    return f"{first[:length]}*"


def _with(statement: StatementPlan, sid: str, resources: tuple[str, ...]) -> StatementPlan:
    return StatementPlan(
        sid=sid,
        reason=statement.reason,
        actions=statement.actions,
        resources=resources,
        conditions=statement.conditions,
        exact=statement.exact,
    )
