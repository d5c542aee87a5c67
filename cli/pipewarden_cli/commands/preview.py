"""`pipewarden preview [ENV]`: the dashboards as one HTML page, without deploying anything."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden_cli.errors import CommandError

if TYPE_CHECKING:
    from pipewarden_cli.preview.html import Theme

SUMMARY = "Write all dashboards as one HTML page that looks like CloudWatch and works offline."
EPILOG = (
    "Samples are made up, always the same, and shaped by what is declared. --from local reads the embedded AWS, "
    "--from aws the account of the environment; both only read."
)
DEFAULT_OUTPUT = Path(".pipewarden") / "preview.html"


def add_arguments(parser: ArgumentParser) -> None:
    """What to draw, with which data, and where to."""
    parser.add_argument(
        "environment", metavar="ENV", nargs="?", help="name of a file in config/environments, without .yaml"
    )
    parser.add_argument(
        "--from",
        dest="source",
        choices=("samples", "local", "aws"),
        default="samples",
        help="where the data is from (default: samples)",
    )
    parser.add_argument("--body", type=Path, metavar="FILE", help="draw this dashboard body instead, whoever wrote it")
    parser.add_argument("--team", metavar="NAME", help="only the dashboards of this team")
    parser.add_argument("--output", type=Path, metavar="PATH", help=f"where the page goes (default: {DEFAULT_OUTPUT})")
    theme = parser.add_mutually_exclusive_group()
    theme.add_argument("--light", action="store_true", help="always light (default: as the browser is set)")
    theme.add_argument("--dark", action="store_true", help="always dark")


def run(arguments: Namespace) -> int:
    """Write the page, and say where it is."""
    from pipewarden_cli.preview.command import write_preview

    if arguments.body and arguments.team:
        raise CommandError("--team chooses among declared dashboards; with --body there is only one.")
    theme: Theme = "dark" if arguments.dark else "light" if arguments.light else "auto"
    written = write_preview(
        root=arguments.root,
        environment=arguments.environment,
        source=arguments.source,
        body=arguments.body,
        team=arguments.team,
        output=arguments.output or arguments.root / DEFAULT_OUTPUT,
        theme=theme,
    )
    print(written)
    return 0
