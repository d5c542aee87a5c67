"""Sending signals to ourselves, many at once."""

from collections.abc import Sequence
from typing import Any

from pipewarden.names import Names
from pipewarden.signal import Signal

MOST_AT_ONCE = 10


class SignalQueue:
    """The signals queue, as its sender sees it."""

    def __init__(self, sqs: Any, names: Names) -> None:
        self._sqs = sqs
        self._name = names.signals_queue()

    def send(self, signals: Sequence[Signal]) -> None:
        """Send them in order. Raises ValueError when SQS does not take one: some of them may be in the queue then, and
        to send those again does no harm."""
        if not signals:
            return
        url = self._sqs.get_queue_url(QueueName=self._name)["QueueUrl"]
        for at in range(0, len(signals), MOST_AT_ONCE):
            chunk = signals[at : at + MOST_AT_ONCE]
            entries = [{"Id": str(number), "MessageBody": signal.to_json()} for number, signal in enumerate(chunk)]
            refused = self._sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed", ())
            if refused:
                raise ValueError(f"{len(refused)} signals were not taken by the queue: {refused[0].get('Message', '')}")
