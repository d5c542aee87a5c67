"""`pipewarden cost ENV`: what the watching itself will cost a month, before anything is deployed."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipewarden_cli.errors import CommandError

if TYPE_CHECKING:
    from pipewarden_plan.cost_plan import Bill

SUMMARY = "Show what watching the pipelines of one environment costs a month, by list prices."
EPILOG = (
    "Reads files only. Free tiers, discounts and taxes are left out; what runs cost and what incidents cause is not "
    "part of it. docs/costs.md has the prices and what a month is taken to hold."
)


def add_arguments(parser: ArgumentParser) -> None:
    """The environment, and how much of it."""
    parser.add_argument("environment", metavar="ENV", help="name of a file in config/environments, without .yaml")
    parser.add_argument("--pipeline", metavar="NAME", help="show every line of this pipeline")
    parser.add_argument("--json", action="store_true", help="print every line as JSON")


def run(arguments: Namespace) -> int:
    """Print the bill."""
    from pipewarden_cli.project import bill_environment

    bill = bill_environment(arguments.root, arguments.environment)
    if arguments.json:
        print(json.dumps(_as_json(bill), indent=2, ensure_ascii=False))
        return 0
    if arguments.pipeline and arguments.pipeline not in bill.pipelines:
        from pipewarden_plan.nearest import cure_for

        cure = cure_for(arguments.pipeline, bill.pipelines, "declared are")
        raise CommandError(f"There is no pipeline {arguments.pipeline!r} in {arguments.environment}; {cure}")
    from pipewarden_cli.cost_table import print_bill, print_pipeline
    from pipewarden_cli.terminal import rich_console

    if arguments.pipeline:
        print_pipeline(bill, arguments.pipeline, rich_console())
    else:
        print_bill(bill, rich_console())
    return 0


def _as_json(bill: "Bill") -> dict[str, Any]:
    return {
        "region": bill.region,
        "priced_in": bill.priced_in,
        "read": bill.read,
        "usd_a_month": round(bill.total, 2),
        "shared_usd_a_month": round(bill.shared, 2),
        "pipelines": {name: round(usd, 2) for name, usd in bill.by_pipeline.items()},
        "without_schedule": list(bill.unknown),
        "lines": [asdict(line) for line in bill.lines],
    }
