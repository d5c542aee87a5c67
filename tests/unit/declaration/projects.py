"""Projects for tests: laid out from the tables below tests/declarations."""

import shutil
from pathlib import Path

from pipewarden_plan.declaration import load_project
from pipewarden_plan.every_finding import every_finding
from pipewarden_plan.finding import Finding

TABLES = Path(__file__).parents[2] / "declarations"


def lay_out(case: Path, root: Path) -> None:
    """Make a project of one case: a whole one, or one file beside the plain files of the other kind."""
    if case.is_dir():
        shutil.copytree(case, root, dirs_exist_ok=True)
        return
    files = {
        "pipelines": TABLES / "pipelines.yaml",
        "environments": TABLES / "environment.yaml",
        case.parent.name: case,
    }
    for kind, label in (("pipelines", "crm"), ("environments", "prod")):
        (root / "config" / kind).mkdir(parents=True)
        shutil.copy(files[kind], root / "config" / kind / f"{label}.yaml")


def all_findings(root: Path) -> tuple[Finding, ...]:
    """What loading finds, and what each environment finds when it is planned."""
    return every_finding(load_project(root))
