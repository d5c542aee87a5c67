"""`pipewarden classify MESSAGE`: what an error would be taken for, and what would be done about it."""

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pipewarden_cli.errors import CommandError

if TYPE_CHECKING:
    from pipewarden.situation import Policy

SUMMARY = "Show what an error message is taken for: its class, the pattern that decides, and what would be done."
EPILOG = (
    "With --env and --for, the error_patterns and the retry of that resource apply: try your own patterns here before\n"
    "you deploy them. Reads files only. docs/failures.md lists the patterns that Pipewarden brings."
)
GROUNDS = {
    "certain": "declared, or the service's own category",
    "high": "an error's name",
    "medium": "words of the message",
    "low": "vague words, or none that are known",
}


def add_arguments(parser: ArgumentParser) -> None:
    """The message, and whose it is."""
    parser.add_argument("message", metavar="MESSAGE", help="the error as the service writes it; - reads it from input")
    parser.add_argument("--name", metavar="NAME", default="", help="name of the error, such as States.Timeout")
    parser.add_argument(
        "--type", metavar="TYPE", default="", help="technology whose own patterns go first: glue-job ..."
    )
    parser.add_argument("--env", metavar="ENV", help="environment whose declaration applies")
    parser.add_argument("--for", dest="resource", metavar="PIPELINE.RESOURCE", help="declared resource that failed")


def run(arguments: Namespace) -> int:
    """Print the verdict."""
    from pipewarden.run import Run
    from pipewarden_cli.verdict import judge

    message = sys.stdin.read() if arguments.message == "-" else arguments.message
    policy, type_ = _policy(arguments)
    failure, decision = judge(
        Run(run_id="classify", state="failed", error_name=arguments.name, error=message.strip()), type_, policy
    )
    rows = {
        "class": failure.failure_class,
        "confidence": f"{failure.confidence} ({GROUNDS[failure.confidence]})",
        "pattern": failure.pattern or "none",
        "because": failure.reason,
        "advice": failure.advice,
        "then": f"{decision.action}: {decision.why}",
    }
    for name, text in rows.items():
        if text:
            print(f"{name:<12}{text}")
    return 0


def _policy(arguments: Namespace) -> "tuple[Policy, str]":
    from pipewarden.registry import technologies
    from pipewarden_cli.verdict import declared_policy, default_policy
    from pipewarden_plan.nearest import cure_for

    if bool(arguments.env) != bool(arguments.resource):
        raise CommandError("--env and --for go together: --env prod --for customer-import.extract.")
    if arguments.resource:
        from pipewarden_cli.project import plan_environment

        settings = plan_environment(arguments.root, arguments.env).settings
        pipeline, _, resource = arguments.resource.partition(".")
        try:
            return declared_policy(settings, pipeline, resource)
        except KeyError:
            known = [f"{name}.{inner}" for name, row in settings.pipelines.items() for inner in row.resources]
            cure = cure_for(arguments.resource, known, "declared are")
            raise CommandError(f"There is no resource {arguments.resource!r} in {arguments.env}; {cure}") from None
    if arguments.type and arguments.type not in technologies():
        cure = cure_for(arguments.type, technologies(), "known are")
        raise CommandError(f"There is no technology {arguments.type!r}; {cure}")
    return default_policy(), arguments.type
