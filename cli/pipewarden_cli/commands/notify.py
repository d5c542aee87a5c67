"""`pipewarden notify ENV --channel NAME`: a test message, really sent, and what became of it."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pipewarden_cli.commands.incidents import ENVIRONMENT_HELP
from pipewarden_cli.errors import CheckFailedError, CommandError

if TYPE_CHECKING:
    from pipewarden_plan.model import Environment

SUMMARY = "Send a test message through one channel, and say whether it was taken."
EPILOG = (
    "It is sent from here with your credentials: you may read the channel's secret, or publish to its topic.\n"
    "PagerDuty and ServiceNow get a case, which is resolved at once."
)


def add_arguments(parser: ArgumentParser) -> None:
    """Which environment, which channel."""
    parser.add_argument("environment", metavar="ENV", nargs="?", help=ENVIRONMENT_HELP)
    parser.add_argument("--channel", metavar="NAME", required=True, help="name of a channel of the environment")
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def run(arguments: Namespace) -> int:
    """Send, then say what was done in one line."""
    from pipewarden_cli.aws import connect
    from pipewarden_cli.channel_test import send_test
    from pipewarden_cli.project import find_environment

    environment = find_environment(arguments.root, arguments.environment, arguments.local)
    _check(environment, arguments.channel)
    place = connect(arguments.root, environment, arguments.local)
    why = send_test(environment, arguments.channel, place.client, local=arguments.local)
    kind = environment.channels[arguments.channel].type
    if why:
        raise CheckFailedError(f"{arguments.channel} ({kind}) did not take the test message: {why}.")
    print(f"{arguments.channel} ({kind}) took the test message.")
    return 0


def _check(environment: "Environment", name: str) -> None:
    if name not in environment.channels:
        known = ", ".join(sorted(environment.channels))
        raise CommandError(f"Environment {environment.name} has no channel {name!r}; it has: {known}")
