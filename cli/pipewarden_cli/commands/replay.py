"""`pipewarden replay ENV --pipeline P --resource R --from ...`: send archived dead letters again."""

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from pipewarden_cli.errors import CommandError

if TYPE_CHECKING:
    from pipewarden.drain_policy import DrainPolicy
    from pipewarden_cli.aws import Place
    from pipewarden_cli.replay.archive import Archived
    from pipewarden_cli.replay.sender import Send
    from pipewarden_plan.plan import Plan

BATCH = 10
SUMMARY = "Send archived dead letters again: to their source, or to another queue."
EPILOG = """Nothing is sent without --send: first look at what would be.

Without --copies only messages are sent that went into the archive and nowhere else. A message whose copy was archived
while it was replayed or put in quarantine is sent by --copies too, and is then there twice.

Each batch of ten is written down in .pipewarden/replay when the queue has accepted it. After Ctrl-C, or a crash, the
same command goes on where it was; at most the ten messages in between are sent twice (to a FIFO queue: not within five
minutes). Run again after its end it sends nothing; --again forgets what was sent.
Messages keep body, attributes and FIFO group; their attempts begin anew."""


def add_arguments(parser: ArgumentParser) -> None:
    """Which messages, and where they go."""
    parser.add_argument("environment", metavar="ENV", help="name of a file in config/environments")
    parser.add_argument("--pipeline", required=True, metavar="NAME", help="name of the pipeline")
    parser.add_argument("--resource", required=True, metavar="NAME", help="the resource that declares the drain")
    parser.add_argument(
        "--from",
        dest="since",
        required=True,
        type=moment,
        metavar="TIME",
        help="archived at or after this time, such as 2026-03-01 or 2026-03-01T02:10 (UTC)",
    )
    parser.add_argument("--until", type=moment, metavar="TIME", help="archived before this time (default: now)")
    parser.add_argument("--where", metavar="CONDITION", help="only these, as in the declaration: body.code = 7")
    parser.add_argument("--copies", action="store_true", help="also messages that were replayed or put in quarantine")
    parser.add_argument("--to", metavar="QUEUE", help="name of another queue (default: the source)")
    parser.add_argument("--rate", type=float, default=10.0, metavar="N", help="messages a second at most (default: 10)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--send", action="store_true", help="send them")
    what.add_argument("--dry-run", action="store_true", help="only say what would be sent; this is the default")
    parser.add_argument("--again", action="store_true", help="forget what this command has sent before")
    parser.add_argument("--local", action="store_true", help="ask the embedded AWS of this folder")


def moment(text: str) -> datetime:
    """A time in ISO 8601; UTC where it names no zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"must be a time such as 2026-03-01T02:10, got {text}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def run(arguments: Namespace) -> int:
    """Count what there is; with --send, send it."""
    from pipewarden_cli.aws import connect
    from pipewarden_cli.commands.drain import declared_drain
    from pipewarden_cli.project import plan_environment
    from pipewarden_cli.replay.journal import Journal

    if arguments.rate <= 0:
        raise CommandError(f"--rate must be more than 0, got {arguments.rate}")
    plan = plan_environment(arguments.root, arguments.environment)
    policy = declared_drain(plan.settings, arguments.pipeline, arguments.resource)
    place = connect(arguments.root, plan.environment, arguments.local)
    journal = Journal(arguments.root / ".pipewarden" / "replay", _request(arguments))
    if arguments.again:
        journal.path.unlink(missing_ok=True)
        journal = Journal(arguments.root / ".pipewarden" / "replay", _request(arguments))
    chosen = (message for message in _chosen(arguments, place) if message not in journal)
    target = arguments.to or policy.source
    if not arguments.send:
        return _describe(chosen, target, len(journal))
    sent = _send(chosen, _sender(arguments, plan, policy, place, journal.id), journal.add, arguments.rate, target)
    print(f"{_counted(sent)} sent to {target}.")
    return 0


def _request(arguments: Namespace) -> dict[str, str]:
    """What makes two calls the same replay; the end of an open time is left out, so that it goes on later."""
    keys = ("environment", "pipeline", "resource", "since", "until", "where", "copies", "to", "local")
    return {key: str(getattr(arguments, key) or "") for key in keys}


def _chosen(arguments: Namespace, place: "Place") -> Iterator["Archived"]:
    from pipewarden.message_filter import FilterError, parse_filter
    from pipewarden_cli.replay.archive import read_archive

    try:
        matches = parse_filter(arguments.where) if arguments.where else None
    except FilterError as problem:
        raise CommandError(f"--where must be a condition: {problem}") from None
    prefix = f"dead-letters/{arguments.pipeline}/{arguments.resource}/"
    until = arguments.until or datetime.now(UTC)
    for message in read_archive(
        place.client("s3"), place.names.archive_bucket(), prefix, arguments.since.astimezone(UTC), until
    ):
        if (arguments.copies or message.way == "archive") and (matches is None or matches(message.message)):
            yield message


def _describe(chosen: Iterable["Archived"], target: str, sent_before: int) -> int:
    count, first, last = 0, None, None
    for message in chosen:
        count, first, last = count + 1, first or message.archived, message.archived
    before = f" ({_counted(sent_before)} sent before)" if sent_before else ""
    if first and last:
        when = f", archived {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
        print(f"{_counted(count)} would be sent to {target}{when}{before}. Send them with --send.")
    else:
        print(f"There is nothing to send{before}.")
    return 0


def _sender(arguments: Namespace, plan: "Plan", policy: "DrainPolicy", place: "Place", journal: str) -> "Send":
    from pipewarden.registry import technologies
    from pipewarden_cli.replay.sender import to_queue, to_source

    queue = arguments.to or policy.source_queue
    if queue:
        return to_queue(place.client("sqs"), queue, journal)
    target = plan.settings.target(arguments.pipeline, arguments.resource)
    redelivery = technologies()[target.technology].redelivery
    if redelivery is None:
        raise CommandError(f"{arguments.resource} takes no messages; name a queue with --to")
    return to_source(place.client, target, redelivery, policy.holds)


def _send(
    chosen: Iterable["Archived"], send: "Send", remember: Callable[[list["Archived"]], None], rate: float, target: str
) -> int:
    sent, waiting = 0, iter(chosen)
    while batch := list(islice(waiting, BATCH)):
        began = time.monotonic()
        accepted = send(batch)
        if accepted:
            remember(accepted)
        sent += len(accepted)
        if len(accepted) < len(batch):
            refused = len(batch) - len(accepted)
            raise CommandError(
                f"{target} refused {_counted(refused)} after {sent} were sent; the same command goes on."
            )
        print(f"  {sent} sent, up to {batch[-1].archived:%Y-%m-%d %H:%M:%S} UTC", flush=True)
        time.sleep(max(0.0, len(batch) / rate - (time.monotonic() - began)))
    return sent


def _counted(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"
