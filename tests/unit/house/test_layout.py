"""The rules of the layout that no linter knows."""

import ast
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOTS = {"config": "pipewarden_plan", "constructs": "pipewarden_cdk", "lambdas": "pipewarden", "cli": "pipewarden_cli"}
BELOW = {
    "pipewarden": {"pipewarden_plan", "pipewarden_cdk", "pipewarden_cli", "stacks", "yaml", "aws_cdk", "constructs"},
    "pipewarden_plan": {"pipewarden_cdk", "pipewarden_cli", "stacks", "aws_cdk", "constructs", "boto3", "botocore"},
    "pipewarden_cdk": {"pipewarden_cli", "stacks", "boto3", "botocore"},
    "pipewarden_cli": {"stacks", "aws_cdk", "constructs", "pipewarden_cdk"},
}
LONGEST_FILE = 400


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize("folder", ["constructs", "config", "lambdas", "cli", "stacks"])
def test_a_source_root_is_no_package(folder: str) -> None:
    """`constructs/__init__.py` would shadow the package that aws-cdk-lib imports."""
    assert not (ROOT / folder / "__init__.py").exists() or folder == "stacks"


def test_no_package_under_tests() -> None:
    assert [path for path in (ROOT / "tests").rglob("__init__.py") if "__pycache__" not in path.parts] == []


def test_the_name_constructs_is_the_one_from_pypi() -> None:
    import constructs

    assert "site-packages" in str(constructs.__file__)


@pytest.mark.parametrize(("root", "package"), ROOTS.items(), ids=lambda value: value)
def test_imports_run_one_way(root: str, package: str) -> None:
    files = [file for file in tracked(f"{root}/{package}/*.py") if "workload" not in file.parts]
    wrong = {str(file.relative_to(ROOT)): names for file in files if (names := imported(file) & BELOW[package])}
    assert wrong == {}


def test_clients_are_made_in_handlers_only() -> None:
    files = [file for file in tracked("lambdas/pipewarden/*.py") if "handlers" not in file.parts]
    assert [str(file) for file in files if imported(file) & {"boto3"}] == []


def test_packages_hold_a_docstring_only() -> None:
    for package in ROOTS.items():
        tree = ast.parse((ROOT / Path(*package) / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), package
        assert len(tree.body) == 1, package


def test_files_stay_readable() -> None:
    long = {
        str(file): lines for file in tracked("*.py") if (lines := len(file.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_lock_files_pin_versions_and_name_no_address() -> None:
    for file in tracked("constraints.txt", "package-lock.json", "*requirements*.txt"):
        assert not re.search(r"https?://(?!opencollective|github)", _without_prose(file.read_text())), file
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^ ]+", line) for line in pins)


def _without_prose(text: str) -> str:
    return re.sub(r'"(url|funding|license)": *"[^"]*"', "", text)


def test_the_wheel_overwrites_nobody(tmp_path: Path) -> None:
    """Built as users get it: four packages, no `constructs`, no tests, and the command's entry point."""
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOTS.values())
    assert any(name.endswith("entry_points.txt") for name in names)
