"""`pipewarden classify`, and how the patterns of a file, a pipeline and a resource come together."""

import io
from pathlib import Path

import pytest

from pipewarden.settings import Settings
from pipewarden_cli.main import main
from pipewarden_cli.project import plan_environment
from tests.unit.cli.incident_sample import write_project

DECLARATION = """version: 1
owner: shop-data
defaults:
  severity: P1
  error_patterns:
    - {match: E-1, class: transient, advice: of the file}
    - {match: E-2, class: transient, advice: of the file}
    - {match: E-3, class: transient, advice: of the file}
pipelines:
  orders:
    error_patterns:
      - {match: E-1, class: resource, advice: of the pipeline}
      - {match: E-2, class: resource, advice: of the pipeline}
    resources:
      load:
        type: glue-job
        job_name: orders-load
        retry: {attempts: 3, backoff: 1m..1m}
        error_patterns:
          - {match: E-1, class: deterministic, advice: of the resource}
      queue: {type: sqs, queue: orders, expect: {depth: 10}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_project(tmp_path, ("dev", "prod")))
    Path("config/pipelines/shop.yaml").write_text(DECLARATION, encoding="utf-8")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    return {line[:12].strip(): line[12:] for line in capsys.readouterr().out.splitlines()}


@pytest.mark.parametrize(
    ("message", "taken_for", "advice"),
    [
        pytest.param("E-1", "deterministic", "of the resource", id="the resource's own goes first"),
        pytest.param("E-2", "resource", "of the pipeline", id="then the pipeline's"),
        pytest.param("E-3", "transient", "of the file", id="then the file's"),
    ],
)
def test_the_nearest_pattern_decides(
    project: Path, capsys: pytest.CaptureFixture[str], message: str, taken_for: str, advice: str
) -> None:
    assert main(["classify", f"KeyError: {message}", "--env", "prod", "--for", "orders.load"]) == 0
    found = said(capsys)
    assert (found["class"], found["advice"], found["pattern"]) == (taken_for, advice, f"declared:{message}")
    assert found["confidence"].startswith("certain")


def test_patterns_travel_to_the_functions(project: Path) -> None:
    plan = plan_environment(project, "prod")
    orders = Settings.from_json(plan.settings.to_json()).pipelines["orders"].resources
    assert orders["load"].error_patterns == plan.settings.pipelines["orders"].resources["load"].error_patterns
    assert [row.advice for row in orders["load"].error_patterns] == [
        "of the resource",
        *["of the pipeline"] * 2,
        *["of the file"] * 3,
    ]
    assert orders["queue"].error_patterns == ()


def test_the_plan_shows_them_with_the_resource(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "prod", "--pipeline", "orders"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "error E-1 means deterministic: of the resource" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            ["Rate exceeded"],
            {"class": "transient", "pattern": "throttled", "then": "retry: attempt 1 of 2 in "},
            id="what Pipewarden knows by itself, with the defaults of a retry",
        ),
        pytest.param(
            ["", "--name", "States.Permissions", "--type", "step-functions"],
            {
                "class": "deterministic",
                "pattern": "sfn-permissions",
                "confidence": "certain",
                "then": "page: not retried: ",
            },
            id="the name of an error, of a technology",
        ),
        pytest.param(
            ["gone fishing"],
            {"class": "unknown", "pattern": "none", "confidence": "low", "then": "retry: attempt 1 of 2"},
            id="what nobody knows",
        ),
        pytest.param(
            ["Rate exceeded", "--env", "prod", "--for", "orders.load"],
            {"then": "retry: attempt 1 of 3 in "},
            id="the retry of the declared resource",
        ),
    ],
)
def test_the_verdict(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: dict[str, str]
) -> None:
    assert main(["classify", *arguments]) == 0
    found = said(capsys)
    assert {name: found[name][: len(text)] for name, text in expected.items()} == expected


def test_a_dash_reads_the_message_from_input(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Traceback (most recent call last):\n  x(timeout=3)\nKeyError: 'a'\n"))
    assert main(["classify", "-"]) == 0
    assert said(capsys)["pattern"] == "code-fault"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--env", "prod"], "--env and --for go together"),
        (["x", "--env", "prod", "--for", "orders.lod"], "did you mean orders.load?"),
        (["x", "--type", "glue-jop"], "did you mean glue-job?"),
    ],
)
def test_what_cannot_be_asked(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["classify", *arguments]) == 2
    assert words in capsys.readouterr().err
