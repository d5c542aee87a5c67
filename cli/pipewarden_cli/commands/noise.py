"""`pipewarden noise`: which alarms call people for nothing."""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden_cli.commands.incidents import ENVIRONMENT_HELP
from pipewarden_cli.printable import printable

if TYPE_CHECKING:
    from pipewarden_cli.noise.count import Noise

SUMMARY = "Count what called people by alarm and resource, and say what to change about it."
EPILOG = (
    "By itself: recovered, and nobody had acknowledged. Flaps: how often incidents came and went.\n"
    "The incident table remembers 400 days; at most 10,000 incidents are read, the newest."
)
MOST_DAYS = 400


def add_arguments(parser: ArgumentParser) -> None:
    """Which environment, over how many days."""
    parser.add_argument("environment", metavar="ENV", nargs="?", help=ENVIRONMENT_HELP)
    parser.add_argument("--days", type=_days, metavar="N", default=30, help="of the last N days (default: 30)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def run(arguments: Namespace) -> int:
    """Print a row for each source, with advice below it."""
    from pipewarden_cli.aws import connect
    from pipewarden_cli.incident_table import MOST_INCIDENTS, IncidentTable
    from pipewarden_cli.noise.count import count_noise
    from pipewarden_cli.project import find_environment
    from pipewarden_cli.tree.words import counted

    environment = find_environment(arguments.root, arguments.environment, arguments.local)
    table = IncidentTable(connect(arguments.root, environment, arguments.local))
    incidents = table.opened_within(timedelta(days=arguments.days))
    limits = {name: route.respond_within_seconds for name, route in environment.severities.items()}
    noise = count_noise(incidents, limits)
    if arguments.json:
        print(json.dumps([as_json(row) for row in noise], indent=2, ensure_ascii=False))
        return 0
    if not noise:
        print(f"No incident in environment {environment.name} in the last {arguments.days} days.")
        return 0
    pages, count = sum(row.pages for row in noise), sum(row.incidents for row in noise)
    print(f"{environment.name}, last {arguments.days} days: {counted(count, 'incident')}, {counted(pages, 'page')}")
    print(printable("\n".join(_lines(noise))))
    if len(incidents) >= MOST_INCIDENTS:
        print(f"Only the newest {MOST_INCIDENTS:,} incidents were read.")
    return 0


def as_json(noise: "Noise") -> dict[str, object]:
    """One source in JSON's types."""
    return {**noise.source.__dict__, **{k: v for k, v in noise.__dict__.items() if k != "source"}}


def _lines(noise: "Sequence[Noise]") -> list[str]:
    from pipewarden_cli.report.times import duration
    from pipewarden_cli.tree.words import counted

    lines = []
    for row in noise:
        facts = [
            f"{counted(row.pages, 'page')} in {counted(row.incidents, 'incident')}",
            f"{row.share_by_itself:.0%} ended by themselves",
        ]
        facts += [f"{row.flaps} flaps"] if row.flaps else []
        facts += [f"taken after {duration(row.seconds_to_acknowledge)}"] if row.seconds_to_acknowledge else []
        facts += [f"{row.never_taken} never taken"] if row.never_taken else []
        lines += ["", f"{row.source.pipeline}  {row.source.key}", f"  {', '.join(facts)}"]
        lines += [f"  -> {text}" for text in row.advice]
    return lines


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
        raise ArgumentTypeError(f"must be a whole number of days from 1 to {MOST_DAYS}, got {text!r}")
    return int(text)
