"""`pipewarden remediation off ENV`: the kill switch, honoured within a minute."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pipewarden_cli.commands.incidents import ENVIRONMENT_HELP

if TYPE_CHECKING:
    from pipewarden_cli.aws import Place

SUMMARY = "Switch remediation on or off, or see how it stands; within a minute every function honours it."
EPILOG = (
    "act: as declared. observe: decide and tell people, start nothing. off: tell people only.\n"
    "It holds until somebody switches again; a deployment does not change it."
)
MEANINGS = {
    "act": "failures are remediated as declared",
    "observe": "nothing is started or drained; people are told what would have been",
    "off": "nothing is started or drained; people are told",
}


def add_arguments(parser: ArgumentParser) -> None:
    """To what, and where."""
    parser.add_argument("mode", nargs="?", choices=["act", "observe", "off"], help="the new mode (default: show it)")
    parser.add_argument("--env", metavar="ENV", help=ENVIRONMENT_HELP)
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def run(arguments: Namespace) -> int:
    """Write the parameter, or read it, and say what it means."""
    from pipewarden_cli.aws import connect
    from pipewarden_cli.project import find_environment

    environment = find_environment(arguments.root, arguments.env, arguments.local)
    place = connect(arguments.root, environment, arguments.local)
    name = place.names.remediation_parameter()
    before = _read(place, name)
    if arguments.mode is None:
        print(f"Remediation in {environment.name}: {before} ({MEANINGS.get(before, 'counts as observe')}).")
        return 0
    place.client("ssm").put_parameter(Name=name, Value=arguments.mode, Type="String", Overwrite=True)
    print(f"Remediation in {environment.name}: {arguments.mode} (was {before}). Within a minute:")
    print(f"{MEANINGS[arguments.mode]}.")
    return 0


def _read(place: "Place", name: str) -> str:
    from botocore.exceptions import ClientError

    from pipewarden_cli.aws_failures import error_code

    try:
        return str(place.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error_code(error) == "ParameterNotFound":
            raise place.not_deployed() from None
        raise
