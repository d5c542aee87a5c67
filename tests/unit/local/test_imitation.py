"""Every gap says what it imitates, and the list is read without importing the emulator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipewarden_cli.local import server
from pipewarden_cli.local.imitation import Gap, as_markdown, find_gaps, imitations

GOOD = 'NAME = "n"\nIMITATED: tuple[str, ...] = ("One.",)\n\n\ndef fill() -> None:\n    """Nothing."""\n'


@pytest.mark.parametrize("gap", find_gaps(), ids=lambda gap: gap.module.rsplit(".", 1)[-1])
def test_a_gap_is_named_and_says_in_sentences_what_it_imitates(gap: Gap) -> None:
    assert gap.name.strip()
    for sentence in gap.imitated:
        assert sentence.endswith("."), sentence
        assert "  " not in sentence, sentence


def test_names_are_different() -> None:
    names = [gap.name for gap in find_gaps()]
    assert sorted(set(names)) == sorted(names)
    assert len(imitations()) >= len(names)


def test_the_list_is_read_without_the_emulator() -> None:
    code = (
        "import sys; from pipewarden_cli.local.imitation import imitations; "
        "imitations(); print('ministack' in sys.modules)"
    )
    roots = ":".join(path for path in sys.path if path)
    answer = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": roots}, capture_output=True, text=True, timeout=60
    )
    assert answer.stdout.strip() == "False", answer.stderr


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD.replace("def fill", "def other"), id="no fill"),
        pytest.param(GOOD.replace('NAME = "n"', ""), id="no name"),
        pytest.param(GOOD.replace('("One.",)', "()"), id="nothing imitated"),
        pytest.param(GOOD.replace('("One.",)', '"One."'), id="one text instead of a tuple"),
    ],
)
def test_a_file_that_is_no_gap_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    assert [gap.name for gap in find_gaps(tmp_path)] == ["n"]
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(ValueError, match=r"bad\.py is no gap"):
        find_gaps(tmp_path)


def test_another_version_of_the_emulator_is_refused_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    server.check_version()
    monkeypatch.setattr(server, "version", lambda _name: "9.9.9")
    assert server.main(["--port", "1", "--state-dir", str(tmp_path)]) == server.ENDED_WRONG_VERSION
    assert "9.9.9 is installed; run: " in capsys.readouterr().err


def test_the_page_has_the_table_of_today() -> None:
    page = Path(__file__).parents[3] / "docs" / "local-aws.md"
    assert as_markdown() in page.read_text(encoding="utf-8"), (
        "renew it: python -m pipewarden_cli.local.imitation docs/local-aws.md"
    )
