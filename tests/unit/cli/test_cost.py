"""`pipewarden cost`: the bill as people and as programs read it."""

import json
from pathlib import Path

import pytest

from pipewarden_cli.main import main

ROOT = Path(__file__).parents[3]


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["--root", str(ROOT), "cost", *words]) == 0
    return capsys.readouterr().out


def test_each_pipeline_has_a_line_and_the_sum_is_last(capsys: pytest.CaptureFixture[str]) -> None:
    read = json.loads(said(capsys, "prod", "--json"))
    shown = said(capsys, "prod")
    lines = [line.split() for line in shown.splitlines()]
    for name, usd in read["pipelines"].items():
        assert any(line[-2:] == [name, f"{usd:,.2f}"] for line in lines)
    assert any(line[-1:] == [f"{read['usd_a_month']:,.2f}"] and "pipelines," in line for line in lines)
    assert "List prices of us-east-1" in shown


def test_the_lines_are_what_the_sum_is_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    read = json.loads(said(capsys, "prod", "--json"))
    assert read["usd_a_month"] == pytest.approx(sum(line["usd"] for line in read["lines"]), abs=0.01)
    own = [line for line in read["lines"] if line["pipeline"] == "customer-import"]
    assert read["pipelines"]["customer-import"] == pytest.approx(sum(line["usd"] for line in own), abs=0.01)
    shown = said(capsys, "prod", "--pipeline", "customer-import")
    assert all(line["what"] in shown for line in own)


def test_a_pipeline_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(ROOT), "cost", "prod", "--pipeline", "customer-imprt"]) == 2
    assert "customer-import" in capsys.readouterr().err


def test_what_breaks_the_ceiling_can_be_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for part in ("pipelines", "environments"):
        (tmp_path / "config" / part).mkdir(parents=True)
        for file in (ROOT / "config" / part).glob("*.yaml"):
            text = file.read_text(encoding="utf-8")
            extra = "budget: {monitoring: 0.50 USD per pipeline}\n" if part == "environments" else ""
            (tmp_path / "config" / part / file.name).write_text(text + extra, encoding="utf-8")
    assert main(["--root", str(tmp_path), "validate"]) == 1
    assert "crm.yaml:8: pipelines.crm-export costs" in capsys.readouterr().out
    assert main(["--root", str(tmp_path), "cost", "prod"]) == 0
