"""The `pipewarden` command: run what was asked, and turn every failure into a sentence and an exit code."""

import contextlib
import os
import sys
from argparse import Namespace
from collections.abc import Sequence

from pipewarden_cli.errors import BROKEN_PIPE, INTERRUPTED, WRONG_USAGE, CommandError
from pipewarden_cli.parser import build_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Help and wrong usage end in SystemExit, as argparse does it."""
    _never_fail_to_print()
    try:
        try:
            return _run(build_parser().parse_args(argv))
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        _silence_output()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        if sys.stderr is not None and sys.stderr.isatty():
            print(file=sys.stderr)
        return INTERRUPTED


def _run(arguments: Namespace) -> int:
    try:
        code: int = arguments.run(arguments)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 (the last place where a failure can become a sentence)
        return _explain(error, debug=arguments.debug)
    return code


def _explain(error: Exception, debug: bool) -> int:
    from pipewarden_cli.failures import describe, write_trace

    if debug:
        import traceback

        traceback.print_exception(error)
    sentence = describe(error)
    print(f"pipewarden: {write_trace(error) if sentence is None else sentence}", file=sys.stderr)
    return error.exit_code if isinstance(error, CommandError) else WRONG_USAGE


def _never_fail_to_print() -> None:
    """A terminal that cannot show a character gets a question mark, not a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def _silence_output() -> None:
    # Python flushes standard output once more when it ends, and would complain about the closed pipe again.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
