"""Which statement is needed for what: `make privilege`, about half an hour.

Deploys an environment on the embedded AWS with IAM enforced and does every exercise. Then each statement of each role
is taken away in turn, without a new deployment: an exercise that used it must go red, and must hold again when it is
given back. Prints a table. Ends with 1 when an exercise fails with every right granted, when no exercise misses a
statement and `not_missed.yaml` does not say why, or when `never_used.yaml` does not fit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipewarden.names import FUNCTIONS
from pipewarden_cli.local.privilege import Granted, give_back, granted, take_away
from tests.e2e.privilege.exercise import EXERCISES, Told, staged, tell, unexplained
from tests.e2e.privilege.stage import Stage

NOT_MISSED = Path(__file__).with_name("not_missed.yaml")
SETTLE_SECONDS = 1.5
SHOWN = 120
CONTROLS = 2


@dataclass(frozen=True)
class Removal:
    """What happened without one statement. `red` is the exercise that missed it, "" when none did."""

    grant: Granted
    used_by: tuple[str, ...]
    red: str = ""
    failure: str = ""

    @property
    def is_needed(self) -> bool:
        return bool(self.red) or not self.used_by


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="ROLE.SID", help="take away only what begins so")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rights-") as folder, staged(Path(folder)) as stage:
        told = [_shown(tell(stage, exercise)) for exercise in EXERCISES]
        if any(each.failure for each in told):
            return 1
        grants = granted(stage.world.local, stage.world.plan.core.stack)
        wanted = [grant for grant in grants if f"{grant.role}.{grant.sid}".startswith(asked.only)]
        removals = [_without(stage, grant, told) for grant in wanted]
    print(render(removals))
    new, stale = unexplained(grants, {right for each in told for right in each.rights})
    missed_by_none = {f"{each.grant.role}.{each.grant.sid}" for each in removals if not each.is_needed}
    reasons = {f"{row['role']}.{row['sid']}" for row in yaml.safe_load(NOT_MISSED.read_text(encoding="utf-8"))}
    judged = {f"{each.grant.role}.{each.grant.sid}" for each in removals}
    silent, idle = sorted(missed_by_none - reasons), sorted(reasons & judged - missed_by_none)
    for problem in (
        *(f"used by no exercise and without a reason: {right}" for right in new),
        *(f"a reason that explains nothing: {row}" for row in stale),
        *(f"nothing misses {name}, and not_missed.yaml has no reason" for name in silent),
        *(f"{name} is missed after all: take it out of not_missed.yaml" for name in idle),
    ):
        print(problem, file=sys.stderr)
    return int(bool(new or stale or silent or idle))


def _without(stage: Stage, grant: Granted, told: Sequence[Told]) -> Removal:
    """Take one statement away and do the exercises that used it, shortest first, until one goes red."""
    rights = {(grant.role_name, grant.sid, action) for action in grant.actions}
    users = sorted((each for each in told if each.rights & rights), key=lambda each: each.seconds)
    removal = Removal(grant, tuple(each.name for each in users))
    for each in users:
        if failure := _red(stage, grant, each):
            removal = Removal(grant, removal.used_by, each.name, failure)
            break
    print(
        f"{grant.role}.{grant.sid}: {removal.failure[:SHOWN] or ('not used' if not users else 'NOT MISSED')}",
        flush=True,
    )
    return removal


def _red(stage: Stage, grant: Granted, usual: Told) -> str:
    """How the exercise fails without the statement; "" when it holds, or fails as well when that is given back: then
    it says nothing. On a busy machine one try more."""
    patience = stage.patience_seconds
    stage.patience_seconds = min(patience, 5.0 + 2.0 * usual.seconds)
    text = take_away(stage.world.local, grant)
    try:
        _settle(stage, grant.role)
        failure = tell(stage, usual.exercise).failure
    finally:
        give_back(stage.world.local, grant, text)
        stage.patience_seconds = patience
        _settle(stage, grant.role)
    if failure and all(tell(stage, usual.exercise).failure for _ in range(CONTROLS)):
        print(f"{usual.name} fails although {grant.role}.{grant.sid} is given back", file=sys.stderr, flush=True)
        return ""
    return failure


def _settle(stage: Stage, role: str) -> None:
    """A function starts anew, for it keeps secrets; and whoever asks IAM now and then has asked again."""
    if role in FUNCTIONS:
        name, functions = stage.world.names.function(role), stage.client("lambda")
        handler = functions.get_function_configuration(FunctionName=name)["Handler"]
        functions.update_function_configuration(FunctionName=name, Handler=handler)
    time.sleep(SETTLE_SECONDS)


def render(removals: Iterable[Removal]) -> str:
    """The table: what each statement is used by, and what goes red without it."""
    lines = ["| Role | Statement | Actions | Used by | Red without it |", "| --- | --- | --- | --- | --- |"]
    for each in removals:
        grant, users = each.grant, each.used_by
        by = f"{len(users)} {'exercise' if len(users) == 1 else 'exercises'}" if users else "none: never_used.yaml"
        cells = (grant.role, grant.sid, ", ".join(grant.actions), by, each.red or "-")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _shown(told: Told) -> Told:
    print(f"{told.name}: {told.failure or f'{told.seconds:.0f} s'}", flush=True)
    return told


if __name__ == "__main__":
    sys.exit(main())
