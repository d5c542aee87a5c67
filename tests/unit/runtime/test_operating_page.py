"""docs/operating.md shows every kind of message as it is sent, and names commands and pages that exist."""

import os
import re
from pathlib import Path

import pytest

from pipewarden_cli.parser import build_parser
from tests.unit.runtime.shown import DAYS, shown

PAGE = Path(__file__).parents[3] / "docs" / "operating.md"
BLOCK = re.compile(r"(?<=<!-- message: )([a-z ]+)( -->\n)(?:```text\n.*?\n```\n)?", re.DOTALL)


def fill(text: str) -> str:
    """The page with each message as it is sent now."""
    return BLOCK.sub(lambda found: f"{found[1]}{found[2]}```text\n{shown(found[1])}\n```\n", text)


def test_the_page_shows_every_message_as_it_is_sent() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert sorted(found[1] for found in BLOCK.finditer(written)) == sorted(DAYS)
    now = fill(written)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        PAGE.write_text(now, encoding="utf-8")
    else:
        assert written == now, "run this test with UPDATE_SNAPSHOTS=1"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([a-z-]+\.md)(?:#[a-z-]+)?\)", PAGE.read_text()))))
def test_what_the_page_links_to_exists(target: str) -> None:
    assert (PAGE.parent / target).is_file()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`pipewarden ([a-z]+)", PAGE.read_text()))))
def test_the_commands_of_the_page_exist(command: str) -> None:
    assert command in build_parser().format_help()
