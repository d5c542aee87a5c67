"""Every exercise, and which permission each of them uses: by the record of the embedded AWS, which enforces IAM."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from pipewarden_cli.local.privilege import Call, Granted, calls
from tests.e2e.deployed import deployed, planned
from tests.e2e.privilege import action_exercises, drain_exercises, page_exercises, run_exercises, watch_exercises
from tests.e2e.privilege.stage import Stage, deploy_workload

PROJECT = Path(__file__).with_name("project")
ENVIRONMENT = "rights"
NEVER_USED = Path(__file__).with_name("never_used.yaml")
EXERCISES = (
    *run_exercises.EXERCISES,
    *page_exercises.EXERCISES,
    *drain_exercises.EXERCISES,
    *watch_exercises.EXERCISES,
    *action_exercises.EXERCISES,
)

Exercise = Callable[[Stage], None]
Right = tuple[str, str, str]
"""A role's name, a statement's Sid and an action."""


@dataclass(frozen=True)
class Told:
    """How one exercise went: `failure` is "" where it held; `rights` is what was used meanwhile."""

    exercise: Exercise
    seconds: float
    failure: str
    rights: frozenset[Right]

    @property
    def name(self) -> str:
        return self.exercise.__name__.replace("_", " ")


@contextmanager
def staged(folder: Path, patience_seconds: float = 60.0) -> Iterator[Stage]:
    """The environment of the exercises, deployed with the team's workload."""
    with deployed(folder, planned(PROJECT, ENVIRONMENT)) as world:
        deploy_workload(world)
        yield Stage(world, patience_seconds)


def tell(stage: Stage, exercise: Exercise) -> Told:
    """Do one exercise from a clean start."""
    stage.begin()
    before, began = _times(recorded(stage)), time.monotonic()
    try:
        exercise(stage)
        failure = ""
    except Exception as reason:  # noqa: BLE001 (whatever went wrong, the exercise did not hold)
        failure = f"{type(reason).__name__}: {reason}"
    seconds = time.monotonic() - began
    return Told(exercise, seconds, failure, frozenset(_times(recorded(stage)) - before))


def recorded(stage: Stage) -> list[Call]:
    return calls(stage.world.local, stage.world.plan.core.stack)


def unexplained(grants: Sequence[Granted], used: Iterable[Right]) -> tuple[list[str], list[str]]:
    """What is granted, was not used and stands in no row of `never_used.yaml`; and the rows that explain nothing."""
    rows: list[dict[str, Any]] = yaml.safe_load(NEVER_USED.read_text(encoding="utf-8"))
    known = set(used)
    unused = [
        (grant.role, grant.sid, action)
        for grant in grants
        for action in grant.actions
        if (grant.role_name, grant.sid, action) not in known
    ]
    new = [".".join(right) for right in unused if not any(explains(row, right) for row in rows)]
    everything = [(grant.role, grant.sid, action) for grant in grants for action in grant.actions]
    stale = [
        str(row)
        for row in rows
        if not any(explains(row, right) for right in (everything if row.get("sometimes") else unused))
    ]
    return new, stale


def explains(row: dict[str, Any], right: Right) -> bool:
    """Whether the row is about that action of that statement."""
    role, sid, action = right
    named = fnmatchcase(role, row["role"]) and fnmatchcase(sid, row["sid"])
    return named and any(fnmatchcase(action, pattern) for pattern in row["actions"])


def _times(done: Iterable[Call]) -> Counter[Right]:
    times: Counter[Right] = Counter()
    for call in done:
        if call.sid:
            times[call.role_name, call.sid, call.action] += call.times
    return times
