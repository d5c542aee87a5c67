"""What happens to the messages of a dead-letter queue, as it was declared."""

from dataclasses import dataclass

HIGHEST_MOVE_RATE = 500
"""MaxNumberOfMessagesPerSecond of StartMessageMoveTask is at most this (SQS API reference)."""
NO_QUEUES = ("source", "archive", "quarantine")
"""Words of `to` that are no names of queues."""


@dataclass(frozen=True, kw_only=True)
class DrainPolicy:
    """What happens to the messages of one dead-letter queue. Queue names, not URLs; "" means: does not apply.

    `source` names what the messages are for, a queue (then `source_queue` too) or a function. `attempts` None: without
    a limit. `where` is a condition (`message_filter`); `most_returned` the percentage of replayed messages that may
    come back before the drain stops; `holds` the form of what lies in the queue, for sources that are no queue.
    """

    dead_letter_queue: str
    source_queue: str
    quarantine_queue: str
    to: str
    rate_per_second: float
    then: str
    archive: bool
    attempts: int | None = None
    fifo: bool = False
    source: str = ""
    where: str = ""
    most_returned: float = 50.0
    holds: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether SQS can move the messages by itself (StartMessageMoveTask): nothing is chosen, counted or kept, and
        the rate is one it takes."""
        counted = self.attempts is not None or self.archive or self.where or not self.target_queue
        return not counted and self.rate_per_second.is_integer() and 1 <= self.rate_per_second <= HIGHEST_MOVE_RATE

    @property
    def target_queue(self) -> str:
        """The queue that messages are replayed to; "" when it is no queue, or nothing is replayed."""
        return self.source_queue if self.to == "source" else "" if self.to in NO_QUEUES else self.to
