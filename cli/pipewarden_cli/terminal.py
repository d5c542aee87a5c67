"""Where output goes: colours only for a terminal that wants them, a sensible width for everything else."""

import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 120
_CODES = {"red": "31", "yellow": "33", "green": "32", "bold": "1", "dim": "2"}


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what is written there; see https://no-color.org."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """The text in a colour, where colours are wanted."""
    stream = stream or sys.stdout
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if wants_colour(stream) else text


def rich_console(pipe_width: int = PIPE_WIDTH) -> "Console":
    """A console on standard output; a pipe or file gets plain text in a fixed width, unless COLUMNS says otherwise."""
    from rich.console import Console

    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return Console(highlight=False)
    return Console(highlight=False, width=pipe_width)
