"""The declarations whose rights are exercised end to end (tests/e2e/privilege) give every kind of right there is."""

from collections.abc import Iterator
from pathlib import Path

from pipewarden_plan.declaration import load_project
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.plan import Plan
from pipewarden_plan.resolve import resolve
from tests.everything_on import everything_on

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "tests" / "e2e" / "privilege" / "project"


def rights(plan: Plan) -> set[tuple[str, str]]:
    """(role, action) of everything that is granted."""
    return set(_rights(plan))


def _rights(plan: Plan) -> Iterator[tuple[str, str]]:
    for function in plan.core.functions:
        for statement in (*function.statements, *(row for policy in function.managed for row in policy)):
            yield from ((function.role, action) for action in statement.actions)
    for statement in plan.core.scheduler_statements:
        yield from (("scheduler", action) for action in statement.actions)


def _examples(folder: Path) -> Iterator[Plan]:
    yield everything_on(folder)
    for project in (ROOT, *sorted((ROOT / "tests" / "declarations" / "valid").iterdir())):
        for environment in sorted((project / "config" / "environments").glob("*.yaml")):
            yield make_plan(resolve(load_project(project), environment.stem))


def test_whatever_can_be_granted_is_granted_there(tmp_path: Path) -> None:
    exercised = rights(make_plan(resolve(load_project(PROJECT), "rights")))
    missing = set().union(*(rights(plan) for plan in _examples(tmp_path))) - exercised
    assert sorted(missing) == [], "declare it in tests/e2e/privilege/project, and write an exercise that uses it"
