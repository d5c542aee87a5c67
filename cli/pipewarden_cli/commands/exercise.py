"""`pipewarden exercise`: does an alarm reach people? One is sent through the whole path."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from pipewarden_cli.commands.incidents import ENVIRONMENT_HELP
from pipewarden_cli.errors import CheckFailedError, CommandError

SUMMARY = "Send an alarm that is none through the whole path, and say when people were told."
EPILOG = (
    "It goes to the severity's alarm topic as CloudWatch's alarms do, from there to the signals queue, the responder,\n"
    "and the severity's channels. No incident is opened, and channels that make cases are left out.\n"
    "You need to be allowed to publish to the alarm topic and to read the incident table."
)
MOST_SECONDS = 600


def add_arguments(parser: ArgumentParser) -> None:
    """Which environment, which severity, how long to wait."""
    parser.add_argument("environment", metavar="ENV", nargs="?", help=ENVIRONMENT_HELP)
    parser.add_argument("--severity", metavar="P", help="whose topic and channels (default: the least severe)")
    parser.add_argument("--by", metavar="NAME", help="who asks for it (default: your login name)")
    parser.add_argument("--wait", type=_seconds, metavar="S", default=60, help="seconds to wait for it (default: 60)")
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def run(arguments: Namespace) -> int:
    """Send it, wait, and say what became of it."""
    from getpass import getuser

    from pipewarden_cli.aws import connect
    from pipewarden_cli.exercise import send_exercise
    from pipewarden_cli.project import find_environment

    environment = find_environment(arguments.root, arguments.environment, arguments.local)
    severity = arguments.severity or max(environment.severities)
    if severity not in environment.severities:
        known = ", ".join(sorted(environment.severities))
        raise CommandError(f"Environment {environment.name} has no severity {severity!r}; it has: {known}")
    place = connect(arguments.root, environment, arguments.local)
    waited = send_exercise(place, severity, arguments.by or getuser(), float(arguments.wait))
    if waited is None:
        names = place.names
        raise CheckFailedError(
            f"An alarm of {severity} had reached nobody after {arguments.wait} s. Look at the queues "
            f"{names.signals_queue()} and {names.signals_dead_letters()}, and at "
            f"/aws/lambda/{names.function('responder')}."
        )
    print(f"An alarm of {severity} reached the responder and was told within {waited:.1f} s; look whether it arrived.")
    return 0


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_SECONDS:
        raise ArgumentTypeError(f"must be a whole number of seconds from 1 to {MOST_SECONDS}, got {text!r}")
    return int(text)
