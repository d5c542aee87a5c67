"""`pipewarden plan ENV`: what every pipeline gets, before anything is deployed."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pipewarden_cli.errors import CommandError

if TYPE_CHECKING:
    from pipewarden_plan.plan import Plan

SUMMARY = "Show what each pipeline gets in one environment: alarms, retries, drains, deadlines, routes."
EPILOG = "Reads files only: no AWS account is asked. --json prints the same bytes for the same declarations."


def add_arguments(parser: ArgumentParser) -> None:
    """The environment, and how much of it."""
    parser.add_argument("environment", metavar="ENV", help="name of a file in config/environments, without .yaml")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--json", action="store_true", help="print the whole plan as JSON")
    part.add_argument("--pipeline", metavar="NAME", help="show this pipeline only")
    part.add_argument(
        "--grants", action="store_true", help="show every IAM statement of our functions, with its reason"
    )


def run(arguments: Namespace) -> int:
    """Print the plan."""
    from pipewarden_cli.project import plan_environment

    plan = plan_environment(arguments.root, arguments.environment)
    if arguments.json:
        from pipewarden_plan.plan_view import plan_as_json

        sys.stdout.write(plan_as_json(plan))
        return 0
    from pipewarden_cli.terminal import rich_console
    from pipewarden_cli.tree.branch import print_tree
    from pipewarden_cli.tree.core_tree import plan_branch
    from pipewarden_cli.tree.pipeline_tree import pipeline_branch

    if arguments.pipeline:
        _check_pipeline(plan, arguments.pipeline)
        print_tree(pipeline_branch(plan, arguments.pipeline), rich_console())
    else:
        print_tree(plan_branch(plan, arguments.grants), rich_console())
    return 0


def _check_pipeline(plan: "Plan", name: str) -> None:
    from pipewarden_plan.nearest import cure_for

    if name not in plan.settings.pipelines:
        cure = cure_for(name, plan.settings.pipelines, "declared are")
        raise CommandError(f"There is no pipeline {name!r} in environment {plan.environment.name}; {cure}")
