"""Sending archived messages to a queue, or giving them again to a source that is none."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from pipewarden.dead_letter import COUNT_ATTRIBUTE, DeadLetter, send_entry, split_batches
from pipewarden.target import Target
from pipewarden.technology import Clients, Redelivery
from pipewarden_cli.replay.archive import Archived

Send = Callable[[Sequence[Archived]], list[Archived]]
"""Sends messages and returns those that were accepted."""


def to_queue(sqs: Any, queue: str, journal: str) -> Send:
    """Batches within the limits; a FIFO queue gets the groups, and deduplication ids that are the same for each try."""
    url, fifo = str(sqs.get_queue_url(QueueName=queue)["QueueUrl"]), queue.endswith(".fifo")

    def send(messages: Sequence[Archived]) -> list[Archived]:
        accepted: list[Archived] = []
        for batch in _batches(messages, fifo=fifo):
            entries = [_entry(message, number, journal, fifo=fifo) for number, message in enumerate(batch)]
            answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
            accepted += [batch[int(entry["Id"])] for entry in answer.get("Successful", ())]
            if answer.get("Failed") and fifo:
                break  # what stands behind it must not overtake it
        return accepted

    return send


def to_source(clients: Clients, target: Target, redelivery: Redelivery, holds: str) -> Send:
    """One by one; the first that is refused ends it."""

    def send(messages: Sequence[Archived]) -> list[Archived]:
        accepted: list[Archived] = []
        for message in messages:
            try:
                redelivery.deliver(clients, target, redelivery.read(message.message["Body"], holds))
            except (ClientError, ValueError):
                break
            accepted.append(message)
        return accepted

    return send


def _batches(messages: Sequence[Archived], *, fifo: bool) -> Iterator[list[Archived]]:
    by_place = {(message.key, message.line): message for message in messages}
    letters = [
        DeadLetter(message={**message.message, "MessageId": place}, replays=0) for place, message in by_place.items()
    ]
    for batch in split_batches(letters, fifo=fifo):
        yield [by_place[letter.message["MessageId"]] for letter in batch]


def _entry(message: Archived, number: int, journal: str, *, fifo: bool) -> dict[str, Any]:
    """As it was archived, without our count: its attempts begin anew."""
    attributes = {
        name: value for name, value in message.message["MessageAttributes"].items() if name != COUNT_ATTRIBUTE
    }
    letter = DeadLetter(message={**message.message, "MessageAttributes": attributes}, replays=0)
    entry = send_entry(letter, number, "archive", fifo=fifo)
    if fifo:
        place = f"{journal}/{message.key}/{message.line}"
        entry["MessageDeduplicationId"] = hashlib.sha256(place.encode()).hexdigest()
    return entry
