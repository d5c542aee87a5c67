"""The command line's grammar: every command is a module of `pipewarden_cli.commands`, and imports nothing heavy."""

import argparse
from pathlib import Path
from types import ModuleType
from typing import Any

from pipewarden_cli.commands import (
    ack,
    classify,
    cost,
    demo,
    drain,
    exercise,
    incidents,
    local,
    noise,
    notify,
    plan,
    presets,
    preview,
    remediation,
    replay,
    schema,
    validate,
)

COMMANDS: tuple[ModuleType, ...] = (
    validate,
    plan,
    classify,
    cost,
    presets,
    preview,
    schema,
    local,
    demo,
    incidents,
    noise,
    ack,
    notify,
    exercise,
    remediation,
    drain,
    replay,
)
DESCRIPTION = "Declare data pipelines in YAML; see what they get, run it on one machine, and answer its incidents."
EXIT_CODES = {
    "0": "done, and nothing to object to",
    "1": "findings, or a check that failed",
    "2": "wrong usage, or something around the command is missing (credentials, a port, a file)",
    "130": "interrupted with Ctrl-C",
    "141": "whoever read the output has closed it",
}


class ShowVersion(argparse.Action):
    """Look the version up only when somebody asks: reading package metadata takes time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"pipewarden {version('pipewarden')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser of `pipewarden`; its result has `run`, which takes the arguments and returns the exit code."""
    parser = argparse.ArgumentParser(prog="pipewarden", description=DESCRIPTION, allow_abbrev=False)
    _add_global_options(parser, root=Path(), debug=False)
    parser.add_argument("--version", action=ShowVersion, help="print the version and end")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        summary = str(module.SUMMARY)
        command = commands.add_parser(
            name,
            help=summary[0].lower() + summary[1:].rstrip("."),
            description=summary,
            epilog=getattr(module, "EPILOG", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(command)
        # Accepted behind the command too; what is not given there must not undo what stands before it.
        for parser_behind in (command, *actions_of(command).values()):
            _add_global_options(parser_behind, root=argparse.SUPPRESS, debug=argparse.SUPPRESS)
        command.set_defaults(run=module.run)
    return parser


def actions_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of its subcommands by name; empty when it has none."""
    # argparse offers no public way to ask; this attribute has been there since it exists (3.2 to 3.14).
    found = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


def _add_global_options(parser: argparse.ArgumentParser, root: object, debug: object) -> None:
    parser.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        default=root,
        help="folder that holds config/pipelines and config/environments (default: the current one)",
    )
    parser.add_argument("--debug", action="store_true", default=debug, help="show the stack trace of a failure")
