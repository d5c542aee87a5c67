"""`pipewarden incidents`: what is open now, what was, and the whole story of one incident."""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden_cli.errors import CommandError
from pipewarden_cli.printable import printable

if TYPE_CHECKING:
    from rich.table import Table

    from pipewarden_cli.aws import Place
    from pipewarden_cli.incident_table import IncidentTable
    from pipewarden_cli.report.contents import IncidentReport
    from pipewarden_plan.model import Environment

TABLE_WIDTH = 150
"""A narrower terminal gets a block of lines for each incident: folded cells cannot be read."""

MOST_HOURS = 24 * 365
SUMMARY = "List the incidents of an environment, or show everything that happened to one."
ENVIRONMENT_HELP = "name of a file in config/environments (default: the only one there; with --local: local)"
EPILOG = "With AWS_ENDPOINT_URL set, that endpoint is asked instead of AWS."


def add_arguments(parser: ArgumentParser) -> None:
    """Which environment, which incident, how to print."""
    parser.add_argument("environment", metavar="ENV", nargs="?", help=ENVIRONMENT_HELP)
    parser.add_argument("incident", metavar="INCIDENT", nargs="?", help="id of one incident, or the start of it")
    parser.add_argument("--all", action="store_true", help="ended incidents too")
    parser.add_argument("--hours", type=_hours, metavar="N", help="every incident that was open in the last N hours")
    parser.add_argument(
        "--postmortem", action="store_true", help="print the draft of the incident's post-mortem, as Markdown"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def run(arguments: Namespace) -> int:
    """Print the list, or one incident with its timeline."""
    from pipewarden_cli.aws import connect
    from pipewarden_cli.incident_table import IncidentTable
    from pipewarden_cli.project import find_environment_and_incident

    words = [word for word in (arguments.environment, arguments.incident) if word]
    environment, incident = find_environment_and_incident(arguments.root, words, arguments.local)
    place = connect(arguments.root, environment, arguments.local)
    table = IncidentTable(place)
    if arguments.postmortem:
        print(_draft(place, environment, table, incident), end="")
        return 0
    if incident:
        found = table.read(table.full_id(incident))
        if arguments.json:
            print(json.dumps(as_json(found), indent=2, ensure_ascii=False))
        else:
            from pipewarden_cli.report.text import render_incident

            print(render_incident(found), end="")
        return 0
    within = timedelta(hours=arguments.hours) if arguments.hours else None
    listed = table.list(ended=arguments.all, within=within)
    if arguments.json:
        print(json.dumps([as_json(incident) for incident in listed], indent=2, ensure_ascii=False))
    elif listed:
        _print_list(listed)
    else:
        every = arguments.all or arguments.hours
        what = "No incident" if every else "No open incident"
        print(f"{what} in environment {environment.name}.{'' if every else ' Ended ones: --all'}")
    return 0


def _draft(place: "Place", environment: "Environment", table: "IncidentTable", incident: str | None) -> str:
    """The post-mortem of one incident. Raises CommandError when none is named."""
    from pipewarden_cli.postmortem.render import render_postmortem
    from pipewarden_cli.postmortem.surroundings import look_around

    if not incident:
        raise CommandError("Which incident? Give its id, or the start of it, before --postmortem.")
    record = table.record(table.full_id(incident))
    return printable(render_postmortem(record, look_around(environment, record.incident, place.client)))


def _hours(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_HOURS:
        raise ArgumentTypeError(f"must be a whole number of hours from 1 to {MOST_HOURS}, got {text!r}")
    return int(text)


def as_json(incident: "IncidentReport") -> dict[str, object]:
    """An incident as plain JSON values, times in ISO 8601."""
    from dataclasses import asdict

    values = json.loads(json.dumps(asdict(incident), default=lambda value: value.isoformat()))
    values["timeline"] = [{key: row[key] for key in ("at", "label", "text")} for row in values["timeline"]]
    return dict(values)


def _print_list(incidents: "Sequence[IncidentReport]") -> None:
    from pipewarden_cli.terminal import rich_console

    console = rich_console(pipe_width=TABLE_WIDTH)
    if console.width >= TABLE_WIDTH:
        console.print(_table(incidents))
        return
    from pipewarden_cli.report.text import render_incident

    print("\n".join(render_incident(incident) for incident in incidents), end="")


def _table(incidents: "Sequence[IncidentReport]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from pipewarden_cli.report.times import date_and_clock

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("incident", "state", "severity", "pipeline", "opened", "what failed", "retries", "acknowledged by"):
        table.add_column(name, no_wrap=name != "what failed", overflow="fold")
    for incident in incidents:
        cells = (
            incident.incident,
            incident.state,
            incident.severity,
            incident.pipeline,
            date_and_clock(incident.opened),
            incident.headline or incident.resource,
            str(incident.attempts),
            incident.acknowledged_by,
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table
