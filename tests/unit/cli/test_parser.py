"""The grammar of the command line, and its reference page."""

from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.main import main
from pipewarden_cli.parser import COMMANDS, actions_of, build_parser
from pipewarden_cli.reference import render_reference

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("validate", {"command": "validate", "format": "text", "root": Path(), "debug": False}),
        ("--root a validate --format json", {"root": Path("a"), "format": "json"}),
        ("validate --root a", {"root": Path("a")}),
        ("--root a validate --root b", {"root": Path("b")}),
        ("--debug plan prod", {"debug": True, "environment": "prod", "json": False, "pipeline": None, "grants": False}),
        ("plan prod --pipeline orders", {"pipeline": "orders"}),
        ("plan prod --grants", {"grants": True}),
        ("schema", {"kind": "declaration"}),
        ("schema environment", {"kind": "environment"}),
        ("local start --port 4566 --account 000000000001", {"port": 4566, "account": "000000000001", "region": None}),
        ("local status --root a --json", {"action": "status", "root": Path("a"), "json": True}),
        ("--root a local stop", {"action": "stop", "root": Path("a")}),
        ("local inbox +15555550100", {"address": "+15555550100"}),
        ("demo --keep --report page.html", {"keep": True, "report": Path("page.html")}),
        ("incidents", {"environment": None, "incident": None, "all": False, "local": False}),
        ("incidents prod orders-2026 --json", {"environment": "prod", "incident": "orders-2026", "json": True}),
        ("ack orders-2026 --env prod --by ada", {"incident": "orders-2026", "env": "prod", "by": "ada"}),
    ],
)
def test_words_are_understood(words: str, expected: dict[str, Any]) -> None:
    arguments = vars(build_parser().parse_args(words.split()))
    assert {name: arguments[name] for name in expected} == expected
    assert callable(arguments["run"])


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("", "the following arguments are required: COMMAND"),
        ("valdiate", "invalid choice: 'valdiate'"),
        ("plan", "the following arguments are required: ENV"),
        ("plan prod --json --pipeline orders", "not allowed with argument"),
        ("plan prod --js", "unrecognized arguments: --js"),
        ("schema pipeline", "invalid choice: 'pipeline'"),
        ("local", "the following arguments are required: ACTION"),
        ("local start --port 0", "'0' is no port (1 to 65535)"),
        ("local start --port http", "'http' is no port (1 to 65535)"),
        ("local start --account 12345", "'12345' is no account (12 digits)"),
        ("ack", "the following arguments are required: INCIDENT"),
        ("validate --format xml", "invalid choice: 'xml'"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    words: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    name, version = capsys.readouterr().out.split()
    assert (ended.value.code or 0, name, version[0].isdigit()) == (0, "pipewarden", True)


def test_every_command_has_a_help_page(capsys: pytest.CaptureFixture[str]) -> None:
    commands = actions_of(build_parser())
    assert list(commands) == [module.__name__.rpartition(".")[2] for module in COMMANDS]
    for name in commands:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
        assert f"usage: pipewarden {name}" in capsys.readouterr().out


def test_the_reference_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == render_reference(), (
        "run: python -m pipewarden_cli.reference > docs/cli.md"
    )
