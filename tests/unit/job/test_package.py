"""The library is a distribution of its own: for old Pythons, without dependencies, with nothing else in its wheel."""

import ast
import sys
import zipfile
from pathlib import Path

import pytest

JOBS = Path(__file__).parents[3] / "jobs"
FILES = sorted((JOBS / "pipewarden_job").glob("*.py"))
OLDEST = (3, 9)
WHERE_JOBS_RUN = {"boto3", "botocore"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_python_of_the_oldest_glue_jobs(file: Path) -> None:
    ast.parse(file.read_text(encoding="utf-8"), feature_version=OLDEST)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_imports_the_standard_library_and_boto3_only_when_it_calls(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    everywhere, at_once = _imported(ast.walk(tree)), _imported(tree.body)
    assert everywhere - sys.stdlib_module_names - WHERE_JOBS_RUN == {"pipewarden_job"} or everywhere <= set(
        sys.stdlib_module_names
    )
    assert not at_once & WHERE_JOBS_RUN


def _imported(nodes: object) -> set[str]:
    found = set()
    for node in nodes:  # type: ignore[attr-defined]
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).split(".")[0])
    return found


def test_the_wheel_holds_the_library_alone_and_needs_nothing(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(WheelBuilder(str(JOBS)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        (metadata,) = [packed.read(name).decode() for name in names if name.endswith("METADATA")]
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"pipewarden_job"}
    assert "Requires-Dist" not in metadata
    assert "Requires-Python: >=3.9" in metadata
