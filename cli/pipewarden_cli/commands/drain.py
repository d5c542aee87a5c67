"""`pipewarden drain ENV PIPELINE RESOURCE`: start the drain of a dead-letter queue, see how far it is, or stop it."""

import getpass
import json
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from pipewarden_cli.errors import CommandError

if TYPE_CHECKING:
    from pipewarden.drain_policy import DrainPolicy
    from pipewarden.drain_store import DrainState, DrainStore
    from pipewarden.settings import Settings
    from pipewarden_cli.aws import Place

SUMMARY = "Start the drain of a dead-letter queue, see how far it is, or stop it."
EPILOG = "A drain that is stopped leaves everything that it has not moved yet in the dead-letter queue."


def add_arguments(parser: ArgumentParser) -> None:
    """Which queue, by the resource that declares it, and what to do."""
    parser.add_argument("environment", metavar="ENV", help="name of a file in config/environments")
    parser.add_argument("pipeline", metavar="PIPELINE", help="name of the pipeline")
    parser.add_argument("resource", metavar="RESOURCE", help="the resource that declares `dead_letter: {drain: ...}`")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--status", action="store_true", help="only show how far a drain is")
    what.add_argument("--stop", action="store_true", help="stop the drain that is going on")
    parser.add_argument("--by", metavar="NAME", help="who stops it (default: your login name)")
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def run(arguments: Namespace) -> int:
    """Start, show or stop."""
    from pipewarden.drain_store import DrainStore
    from pipewarden_cli.aws import connect
    from pipewarden_cli.project import plan_environment

    plan = plan_environment(arguments.root, arguments.environment)
    policy = declared_drain(plan.settings, arguments.pipeline, arguments.resource)
    place = connect(arguments.root, plan.environment, arguments.local)
    store = DrainStore(place.client("dynamodb"), place.names.table(), policy.dead_letter_queue)
    if arguments.stop:
        return _stop(store, policy, arguments.by or getpass.getuser())
    if not arguments.status:
        _start(place, arguments.pipeline, arguments.resource)
        print(f"Draining {policy.dead_letter_queue}; how far it is: --status, to end it: --stop")
        return 0
    print(say_state(store.load(), policy.dead_letter_queue))
    return 0


def declared_drain(settings: "Settings", pipeline: str, resource: str) -> "DrainPolicy":
    """The policy of a declared resource. Raises CommandError with what there is instead."""
    drained = {
        (name, key): found.drain
        for name, row in settings.pipelines.items()
        for key, found in row.resources.items()
        if found.drain
    }
    if (pipeline, resource) not in drained:
        known = ", ".join(f"{name} {key}" for name, key in drained) or "none"
        raise CommandError(f"{pipeline} {resource} declares no drain; in {settings.environment} there are: {known}")
    return drained[pipeline, resource]


def say_state(state: "DrainState | None", queue: str) -> str:
    """One drain in a line."""
    if state is None:
        return f"No drain of {queue} is going on."
    counts = f"{state.received} received, {state.replayed} replayed, {state.returned} came back"
    aside = f"{state.quarantined} in quarantine, {state.archived} archived, {len(state.stuck)} left"
    stopping = f"; {state.stop} asked it to stop" if state.stop else ""
    return (
        f"Draining {queue} since {state.started:%Y-%m-%d %H:%M}Z, pass {state.passes + 1}: {counts}, {aside}{stopping}."
    )


def _stop(store: "DrainStore", policy: "DrainPolicy", by: str) -> int:
    if not store.ask_to_stop(by):
        print(f"No drain of {policy.dead_letter_queue} is going on.")
        return 0
    print(f"The drain of {policy.dead_letter_queue} stops after the messages in hand, or when its next pass begins.")
    return 0


def _start(place: "Place", pipeline: str, resource: str) -> None:
    client = place.client("lambda")
    event = json.dumps({"pipeline": pipeline, "resource": resource}).encode()
    try:
        client.invoke(FunctionName=place.names.function("drainer"), InvocationType="Event", Payload=event)
    except client.exceptions.ResourceNotFoundException:
        raise place.not_deployed() from None
