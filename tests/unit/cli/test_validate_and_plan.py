"""`pipewarden validate`, `plan` and `schema` on small projects, and what they may not import."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipewarden_cli.main import main
from pipewarden_plan.editor_schema import schema_text
from pipewarden_plan.finding import DeclarationError, finding
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.model import Mark, Model
from pipewarden_plan.plan import Plan
from tests.unit.cli.incident_sample import DECLARATION, ENVIRONMENT, write_project

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two environments, one pipeline; the current folder."""
    monkeypatch.chdir(write_project(tmp_path, ("dev", "prod")))
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def declare(text: str) -> None:
    Path("config/pipelines/shop.yaml").write_text(text, encoding="utf-8")


def test_a_valid_project_says_what_was_checked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate"]) == 0
    assert capsys.readouterr().out == "Valid: 3 files, 1 pipeline, 1 resource, 2 environments (dev, prod)\n"


def test_the_shipped_examples_are_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(ROOT), "validate"]) == 0
    assert capsys.readouterr().out.startswith("Valid: ")


def test_findings_have_place_and_cure_and_are_counted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(DECLARATION.replace("severity: P1", "severty: P1").replace("job_name", "job_nam"))
    assert main(["validate"]) == 1
    *findings, summary = capsys.readouterr().out.splitlines()
    assert findings[0].startswith("config/pipelines/shop.yaml:5: ")
    assert "severity" in findings[0]
    assert summary == f"{len(findings)} errors in 1 file"


def test_what_fails_in_one_environment_only_is_found(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overrides = "overrides:\n  orders: {severity: P7}\n"
    Path("config/environments/prod.yaml").write_text(ENVIRONMENT + overrides, encoding="utf-8")
    assert main(["validate"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("config/environments/prod.yaml:14: overrides.orders.severity must be ")
    assert out.endswith("1 error in 1 file\n")


def test_what_only_the_plan_can_find_is_found(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Mark("config/pipelines/shop.yaml", 1)

    def refuse(model: Model) -> Plan:
        if model.environment.name == "prod":
            raise DeclarationError([finding("PW001", place, "The stack holds 501 resources", cure="split the file")])
        return make_plan(model)

    monkeypatch.setattr("pipewarden_plan.every_finding.make_plan", refuse)
    assert main(["validate"]) == 1
    assert capsys.readouterr().out == (
        "config/pipelines/shop.yaml:1: The stack holds 501 resources; split the file\n1 error in 1 file\n"
    )


def test_json_findings_can_be_read_by_programs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(DECLARATION.replace("severity: P1", "severity: P9"))
    assert main(["validate", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    (finding,) = found["findings"]
    assert found["valid"] is False
    assert set(finding) == {"severity", "id", "file", "line", "column", "path", "message", "cure"}
    assert (finding["file"], finding["line"], finding["severity"]) == ("config/pipelines/shop.yaml", 5, "error")
    declare(DECLARATION)
    assert main(["validate", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "valid": True,
        "findings": [],
        "files": 3,
        "pipelines": 1,
        "resources": 1,
        "environments": ["dev", "prod"],
    }


def test_the_plan_is_printed_as_the_same_bytes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pipewarden_plan.declaration import load_project
    from pipewarden_plan.plan_view import plan_as_json
    from pipewarden_plan.resolve import resolve

    assert main(["plan", "prod", "--json"]) == 0
    assert capsys.readouterr().out == plan_as_json(make_plan(resolve(load_project(project), "prod")))


def test_the_plan_of_one_pipeline_is_a_tree(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "prod", "--pipeline", "orders"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "orders  P1, owner shop-data, stack pipewarden-prod-shop"
    assert "└── load  glue-job orders-prod" in lines
    assert not [line for line in lines if "\x1b" in line]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["plan", "prd"], 2, "There is no environment 'prd'; declared are: dev, prod."),
        (
            ["plan", "prod", "--pipeline", "order"],
            2,
            "There is no pipeline 'order' in environment prod; did you mean orders?",
        ),
        (["incidents"], 2, "Which environment? Name one of: dev, prod."),
    ],
)
def test_wrong_names_list_the_right_ones(
    words: list[str], code: int, sentence: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == code
    assert capsys.readouterr().err == f"pipewarden: {sentence}\n"


@pytest.mark.parametrize(
    "command", [["validate"], ["plan", "prod"], ["incidents", "prod"], ["ack", "x", "--env", "prod"]]
)
def test_a_folder_without_a_project_is_named(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(tmp_path), *command]) == 2
    assert capsys.readouterr().err == (
        f"pipewarden: {tmp_path} holds no folder config (with pipelines and environments); "
        "go to the project's folder, or name it with --root.\n"
    )


def test_a_plan_of_a_broken_declaration_shows_the_findings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(DECLARATION.replace("severity: P1", "severity: P9"))
    assert main(["plan", "prod"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("pipewarden: the declarations have errors; mend them first (pipewarden validate):\n")
    assert "\n  config/pipelines/shop.yaml:5: " in printed


@pytest.mark.parametrize("kind", ["declaration", "environment"])
def test_the_schema_is_the_one_for_editors(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", kind]) == 0
    assert capsys.readouterr().out == schema_text(kind)


def test_validate_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pipewarden_cli.main import main; code = main(['validate']); "
        "heavy = {'aws_cdk', 'boto3', 'botocore', 'constructs', 'ministack', 'rich'}; "
        "print(sorted(heavy & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]"), done.stderr
