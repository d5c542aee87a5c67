"""docs/technologies.md says what the technologies say."""

from pathlib import Path

import pytest

from pipewarden.technology import Technology
from pipewarden_cli.technology_page import PAGE, main, render_page

ROOT = Path(__file__).parents[3]


def test_the_committed_page_is_fresh() -> None:
    written = (ROOT / PAGE).read_text(encoding="utf-8")
    assert written == render_page(), "run: python -m pipewarden_cli.technology_page"


def test_the_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main() == 0
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == render_page()


def test_the_page_names_every_field_alarm_and_action(technology: Technology) -> None:
    section = render_page().split(f"\n## {technology.title}\n")[1].split("\n## ")[0]
    words = [*technology.fields, *technology.expectations, *(rule.key for rule in technology.alarms)]
    words += [action for grant in technology.grants for action in grant.actions]
    assert [word for word in words if f"`{word}`" not in section] == []
