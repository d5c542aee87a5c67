"""What a Glue run's ErrorMessage says."""

from __future__ import annotations

import pytest

from pipewarden_cli.local.glue_script import error_message

TRACE = "Traceback (most recent call last):"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([TRACE, '  File "x"', "    f()", "ValueError: bad row"], "ValueError: bad row", id="an exception"),
        pytest.param(
            [TRACE, "  File", "KeyError: 'a'", "", "During handling ...", TRACE, "  File", "RuntimeError: row 7"],
            "RuntimeError: row 7",
            id="the last of several exceptions",
        ),
        pytest.param([TRACE, "  File", "E: first line", "second line"], "E: first line", id="a message of two lines"),
        pytest.param(["warning", "cannot read the file"], "cannot read the file", id="last words without an exception"),
        pytest.param([], "Command failed with exit code 3", id="no words at all"),
        pytest.param(["", "  "], "Command failed with exit code 3", id="blank lines only"),
    ],
)
def test_the_error_is_one_line(lines: list[str], expected: str) -> None:
    assert error_message(lines, 3) == expected
