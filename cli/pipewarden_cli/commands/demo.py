"""`pipewarden demo`: the shipped example, deployed to the embedded AWS, broken on purpose, and checked."""

from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from pathlib import Path

from pipewarden_cli.errors import CommandError

SUMMARY = "Deploy the example to an embedded AWS, let real runs fail, and check what on-call would have seen."
EPILOG = "It ends with exit code 1 when any step of any story did not happen."


def add_arguments(parser: ArgumentParser) -> None:
    """What to keep, and where the page goes."""
    parser.add_argument("--keep", action="store_true", help="leave the embedded AWS running for a look around")
    parser.add_argument(
        "--report", type=Path, metavar="PATH", help="where the HTML page goes (default: .pipewarden/demo.html)"
    )


def run(arguments: Namespace) -> int:
    """Tell the stories."""
    if find_spec("ministack") is None:
        raise CommandError("The demo needs the embedded AWS; install it with: pip install 'pipewarden[local]'")
    from pipewarden_cli.demo.story import run as tell

    return tell(arguments)
