"""The command: what it writes, where, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipewarden_cli.main import main
from pipewarden_cli.preview import html

PROJECT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def small_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "chart_library", lambda: "window.echarts = {};")


def run(*arguments: str) -> int:
    return main(["--root", str(PROJECT), "preview", *arguments])


def test_all_dashboards_of_an_environment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "deep" / "page.html"
    assert run("prod", "--output", str(path)) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{path}: ")
    assert "sample data" in out
    text = path.read_text(encoding="utf-8")
    assert "operations-crm" in text
    assert "operations-shop" in text


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.html", "b.html")]
    assert [run("prod", "--output", str(path)) for path in paths] == [0, 0]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_one_team(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert run("prod", "--team", "crm", "--output", str(path)) == 0
    assert "operations-shop" not in path.read_text(encoding="utf-8").replace("#dashboards:name=", "")


def test_without_an_environment_it_is_the_local_one(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert run("--output", str(path)) == 0
    assert "local" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("option", "theme"), [("--light", "light"), ("--dark", "dark"), ("--team=crm", "auto")])
def test_themes(tmp_path: Path, option: str, theme: str) -> None:
    path = tmp_path / "page.html"
    assert run("dev", option, "--output", str(path)) == 0
    assert f'data-theme="{theme}"' in path.read_text(encoding="utf-8")


def test_a_body_of_somebody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = tmp_path / "mine.json"
    body.write_text("\ufeff" + json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "hello"}}]}))
    assert main(["--root", str(tmp_path), "preview", "--body", str(body)]) == 0
    path = tmp_path / ".pipewarden" / "preview.html"
    assert capsys.readouterr().out == f"{path}: 1 dashboard, 1 widget, sample data, 0.0 MB\n"
    assert "hello" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["nowhere"], "There is no environment 'nowhere'; declared are: dev", id="environment"),
        pytest.param(["prod", "--team", "crn"], "There is no team 'crn' in environment prod; did you mean", id="team"),
        pytest.param(["--body", "x.json", "--team", "crm"], "--team chooses among declared dashboards", id="both"),
        pytest.param(["--body", "missing.json"], "missing.json does not exist", id="no file"),
    ],
)
def test_what_is_wrong_is_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(*arguments, "--output", str(tmp_path / "page.html")) == 2
    assert sentence in capsys.readouterr().err


def test_a_body_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = tmp_path / "mine.json"
    body.write_bytes(b"\xff\xfe\x00\x01")
    assert run("--body", str(body)) == 2
    assert "is not a text file in UTF-8" in capsys.readouterr().err


def test_local_without_an_embedded_aws_says_how_to_start_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = tmp_path / "mine.json"
    body.write_text('{"widgets": []}')
    assert main(["--root", str(tmp_path), "preview", "--body", str(body), "--from", "local"]) != 0
    assert "pipewarden local start" in capsys.readouterr().err


def test_the_command_line_loads_nothing_of_the_preview() -> None:
    script = "import sys, pipewarden_cli.parser as p; p.build_parser(); print('pipewarden_cli.preview' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"
