"""The project of a folder as commands need it: checked, planned, or only the names of one environment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipewarden_cli.errors import CheckFailedError, CommandError, UnknownEnvironmentError
from pipewarden_plan.declaration import Project, load_project
from pipewarden_plan.finding import DeclarationError, Finding, in_order
from pipewarden_plan.nearest import nearest

if TYPE_CHECKING:
    from pipewarden_plan.cost_plan import Bill
    from pipewarden_plan.model import Environment, Model
    from pipewarden_plan.plan import Plan
    from pipewarden_plan.preset import Preset

LOCAL_ENVIRONMENT = "local"


@dataclass(frozen=True)
class Checked:
    """What was looked at, and everything found wrong with it."""

    findings: tuple[Finding, ...]
    files: int
    pipelines: int
    resources: int
    environments: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Warnings do not count."""
        return all(finding.severity != "error" for finding in self.findings)


def check_project(root: Path) -> Checked:
    """Load everything below `root`, resolve and plan each environment, and collect what is wrong with any of it."""
    from pipewarden_plan.every_finding import every_finding

    project = _load(root)
    pipelines = [pipeline for declaration in project.declarations for pipeline in declaration.pipelines]
    return Checked(
        findings=every_finding(project),
        files=len(project.declarations) + len(project.environments),
        pipelines=len(pipelines),
        resources=sum(len(pipeline.resources) for pipeline in pipelines),
        environments=tuple(sorted(project.environments)),
    )


def plan_environment(root: Path, environment: str) -> "Plan":
    """The plan of one environment. Raises CommandError with the findings when there is none."""
    return _planned(root, environment)[1]


def bill_environment(root: Path, environment: str) -> "Bill":
    """What watching one environment costs; a ceiling that it declares is left out, so that what breaks it can be seen.
    Raises CommandError as `plan_environment` does."""
    from pipewarden_plan.cost_plan import plan_costs

    model, plan = _planned(root, environment, monitoring_ceiling=None)
    return plan_costs(plan, model)


def _planned(root: Path, environment: str, **changes: Any) -> "tuple[Model, Plan]":
    project = _load(root)
    if not project.errors and environment not in project.environments:
        raise UnknownEnvironmentError(environment, tuple(sorted(project.environments)))
    try:
        return _plan(project, environment, **changes)
    except DeclarationError as error:
        raise _refused(error.findings) from None


def known_presets(root: Path) -> "Mapping[str, Preset]":
    """The presets that come with Pipewarden and those of the project, which need not be one. Raises CommandError with
    what is wrong with a preset of the project."""
    from pipewarden_plan.declaration import own_presets
    from pipewarden_plan.grammar import grammar
    from pipewarden_plan.preset import Presets

    findings: list[Finding] = []
    own = own_presets(root, grammar(), findings)
    if findings:
        raise _refused(findings)
    return Presets(own, findings).known


def find_environment(root: Path, name: str | None, local: bool = False) -> "Environment":
    """The environment of that name; without one the only one there is (with `local`: the one called `local`).

    Errors in declarations do not matter here: whoever answers an incident must not have to mend a file first.
    """
    from pipewarden_plan.environment import environment_of

    project = _load(root)
    chosen = _chosen(project, name, local)
    reading = project.environments.get(chosen)
    if reading is None or reading.read is None:
        raise _refused(found for found in project.errors if found.mark.file == f"config/environments/{chosen}.yaml")
    return environment_of(reading)


def find_environment_and_incident(
    root: Path, words: Sequence[str], local: bool = False
) -> tuple["Environment", str | None]:
    """What `[ENV] [INCIDENT]` means: a single word that names no environment is an incident of the default one."""
    name, incident = (*words, None, None)[:2]
    known = _load(root).environments
    if name and not incident and name not in known and not nearest(name, known):
        return find_environment(root, None, local), name
    return find_environment(root, name, local), incident


def _load(root: Path) -> Project:
    if not (root / "config").is_dir():
        raise CommandError(
            f"{root.resolve()} holds no folder config (with pipelines and environments); "
            "go to the project's folder, or name it with --root."
        )
    return load_project(root)


def _plan(project: Project, environment: str, **changes: Any) -> "tuple[Model, Plan]":
    """The model, with some of its environment changed, and the plan made of it."""
    from pipewarden_plan.make_plan import make_plan
    from pipewarden_plan.resolve import resolve

    model = resolve(project, environment)
    if changes:
        model = replace(model, environment=replace(model.environment, **changes))
    return model, make_plan(model)


def _chosen(project: Project, environment: str | None, local: bool) -> str:
    known = tuple(sorted(project.environments))
    if environment is None:
        if local and LOCAL_ENVIRONMENT in known:
            return LOCAL_ENVIRONMENT
        if len(known) == 1:
            return known[0]
        raise CommandError(f"Which environment? Name one of: {', '.join(known) or 'none is declared'}.")
    if environment not in known and not _is_broken(project, environment):
        raise UnknownEnvironmentError(environment, known)
    return environment


def _is_broken(project: Project, environment: str) -> bool:
    return any(found.mark.file == f"config/environments/{environment}.yaml" for found in project.errors)


def _refused(findings: Iterable[Finding]) -> CheckFailedError:
    listed = in_order(found for found in findings if found.severity == "error")
    lines = "\n".join(f"  {finding}" for finding in listed)
    return CheckFailedError(f"the declarations have errors; mend them first (pipewarden validate):\n{lines}")
