"""`pipewarden ack INCIDENT`: somebody takes an incident, and nobody else is called for it."""

import getpass
import json
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pipewarden_cli.commands.incidents import ENVIRONMENT_HELP
from pipewarden_cli.errors import CheckFailedError, CommandError

if TYPE_CHECKING:
    from pipewarden.incident import Incident
    from pipewarden.route_settings import Severity
    from pipewarden_cli.aws import Place

SUMMARY = "Acknowledge an incident: you take it, and its escalation stops."
EPILOG = "Acknowledging again changes nothing: the first name stays."


def add_arguments(parser: ArgumentParser) -> None:
    """Which incident, where, and who takes it."""
    parser.add_argument("incident", metavar="INCIDENT", help="id of the incident, or the start of it")
    parser.add_argument("--env", metavar="ENV", help=ENVIRONMENT_HELP)
    parser.add_argument("--by", metavar="NAME", help="who takes it (default: your login name)")
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def run(arguments: Namespace) -> int:
    """Ask the acknowledge function, then say what the table says."""
    from pipewarden_cli.aws import connect
    from pipewarden_cli.incident_table import IncidentTable
    from pipewarden_cli.project import find_environment

    environment = find_environment(arguments.root, arguments.env, arguments.local)
    place = connect(arguments.root, environment, arguments.local)
    table = IncidentTable(place)
    incident = table.load(table.full_id(arguments.incident))
    if sentence := _nothing_to_do(incident):
        print(sentence)
        return 0
    _invoke(place, incident.id, arguments.by or _login_name())
    taken = table.load(incident.id)
    if taken.over and not taken.acknowledged_by:
        print(_nothing_to_do(taken))
        return 0
    if not taken.acknowledged_by:
        raise CheckFailedError(f"{incident.id} is still not acknowledged; try again, or use the link in the page.")
    print(f"{taken.acknowledged_by} has acknowledged {taken.id} ({taken.pipeline}, {taken.severity}).")
    print(_what_stops(taken, environment.severities.get(taken.severity)))
    return 0


def _nothing_to_do(incident: "Incident") -> str:
    from pipewarden_cli.report.times import date_and_clock

    if incident.over:
        ended = f" since {date_and_clock(incident.ended)}" if incident.ended else ""
        return f"{incident.id} is over ({incident.state.value}{ended}); there is nothing to acknowledge."
    if incident.acknowledged and incident.acknowledged_by:
        when = date_and_clock(incident.acknowledged)
        return f"{incident.acknowledged_by} acknowledged {incident.id} already, at {when}."
    return ""


def _invoke(place: "Place", incident: str, by: str) -> None:
    from botocore.exceptions import ClientError

    from pipewarden_cli.aws_failures import error_code

    name = place.names.function("acknowledge")
    payload = json.dumps({"incident": incident, "by": by}).encode()
    try:
        answer = place.client("lambda").invoke(FunctionName=name, Payload=payload)
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            raise place.not_deployed() from None
        raise
    if answer.get("FunctionError"):
        content = answer["Payload"].read()[:2_000].decode("utf-8", "replace")
        raise CommandError(f"Function {name} failed: {content}; its log is /aws/lambda/{name}.")


def _what_stops(incident: "Incident", route: "Severity | None") -> str:
    from pipewarden_cli.incident_table import called

    done = called(incident, route)
    waiting = [rung.to for rung in route.escalate if rung.to not in done] if route else []
    whom = f" ({', '.join(dict.fromkeys(waiting))})" if waiting else ""
    ended = "; nothing was left to wait for, so the incident is closed" if incident.over else ""
    return f"Nobody further is called{whom}{ended}. A new failure of the pipeline will page again."


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ModuleNotFoundError):
        raise CommandError("Your login name is not known here; say who takes it with --by NAME.") from None
