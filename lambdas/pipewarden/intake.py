"""Taking messages out of a dead-letter queue: which of them are for this pass, which wait for the next, which stay."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pipewarden.dead_letter import DeadLetter, count_in, fingerprint, sent_since
from pipewarden.drain_policy import DrainPolicy
from pipewarden.message_filter import parse_filter
from pipewarden.technology import Redelivery

RECEIVE = 10
MOST_IN_HAND = 500
"""All messages in hand share one copy in the archive and one write to the table."""
MOST_IN_HAND_ONE_BY_ONE = 100
"""Of messages that a source is given one by one: these calls must end before the invocation does."""
MOST_BYTES_IN_HAND = 8_000_000
HIDDEN_SECONDS = 300
HIDDEN_WITH_FILTER_SECONDS = 900
"""Longer than one invocation: what does not match is looked at once in this time, not again and again."""
WAIT_SECONDS = 1
EMPTY_RECEIVES = 2
PAUSE_SECONDS = 10.0
"""Messages in hand at once are at most what the rate lets through in this time, so that waiting never outlasts it."""
MOST_IN_FLIGHT = 100_000
"""A standard queue hides at most about 120,000 messages at once, then receives are refused (SQS guide, "Quotas")."""


class Intake:
    """Receives for one invocation. `left` are ids of messages that stay, `next_pass` receipts of those that wait."""

    def __init__(
        self,
        sqs: Any,
        url: str,
        policy: DrainPolicy,
        redelivery: Redelivery | None,
        count: Callable[[str], int],
        out_of_time: Callable[[], bool],
    ) -> None:
        self._sqs, self._url, self._policy, self._redelivery = sqs, url, policy, redelivery
        self._count, self._out_of_time = count, out_of_time
        self._matches = parse_filter(policy.where) if policy.where else None
        self.left: set[str] = set()
        self.unmatched: dict[str, str] = {}
        self.next_pass: dict[str, str] = {}
        self.held_groups: set[str] = set()
        self._back: set[str] = set()
        self._dry = False
        self._waiting = 0

    @property
    def came_back(self) -> int:
        """Messages replayed in this pass that are here again already, and wait for the next one."""
        return len(self._back)

    def receive(self, began: datetime, *, followed: bool = False) -> list[DeadLetter]:
        """As many messages as may be in hand at once; none when the queue is empty but for what stays in it.

        With `followed` another pass is certain, so the queue's own count is believed when it says zero: what it missed
        is for that pass. Otherwise only a long poll says that a queue is empty.

        What was sent since the pass began is for the next one: it may be a replay of this pass that failed again, and
        a consumer that is down would use up all attempts of a good message within seconds. (A message that a redrive
        policy moves keeps the time at which it was sent.)
        """
        limit = MOST_IN_HAND_ONE_BY_ONE if self._redelivery else MOST_IN_HAND
        most = max(1, min(limit, int(self._policy.rate_per_second * PAUSE_SECONDS)))
        letters: list[DeadLetter] = []
        empty = size = 0
        while (
            not self._dry
            and len(letters) < most
            and empty < EMPTY_RECEIVES
            and size < MOST_BYTES_IN_HAND
            and not self._out_of_time()
        ):
            if len(self.unmatched) >= MOST_IN_FLIGHT or (self._seems_empty() and (letters or followed)):
                break
            found = self._ask(min(RECEIVE, most - len(letters)))
            self._waiting -= len(found)
            known = {*self.left, *self.unmatched}
            fresh = [message for message in found if message["MessageId"] not in known]
            new = [letter for message in fresh if (letter := self._sort(message, began))]
            letters += new
            size += sum(letter.size for letter in new)
            unmatched = any(message["MessageId"] in self.unmatched for message in fresh)
            empty = 0 if new or unmatched else empty + 1
            # A long poll asks every server, so nothing is nothing (SQS guide, "Short and long polling"); and what is
            # sent from now on is for the next pass.
            self._dry = not found and self._policy.to == "source"
            if letters and not new and not unmatched:
                break
        return letters

    def _seems_empty(self) -> bool:
        """By the queue's count, which is about right and is asked again when so many messages were received."""
        if self._waiting <= 0:
            name = "ApproximateNumberOfMessages"
            answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])
            self._waiting = int(answer.get("Attributes", {}).get(name, 0))
        return self._waiting <= 0

    def _ask(self, most: int) -> Sequence[Mapping[str, Any]]:
        answer: Mapping[str, Any] = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=WAIT_SECONDS,
            VisibilityTimeout=HIDDEN_WITH_FILTER_SECONDS if self._matches else HIDDEN_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages") or ()

    def _sort(self, message: Mapping[str, Any], began: datetime) -> DeadLetter | None:
        """The message as a letter of this pass; None when it waits or stays. Behind one that stays its group stays."""
        group = str(message.get("Attributes", {}).get("MessageGroupId", "")) if self._policy.fifo else ""
        if (group and group in self.held_groups) or (self._matches and not self._matches(message)):
            self.unmatched[message["MessageId"]] = message["ReceiptHandle"]
            self.held_groups |= {group} - {""}
            return None
        if self._policy.to == "source" and sent_since(message, began):
            self.next_pass[message["MessageId"]] = message["ReceiptHandle"]
            self._back |= {message["MessageId"]} if count_in(message) else set()
            return None
        return self._letter(message)

    def _letter(self, message: Mapping[str, Any]) -> DeadLetter:
        if self._redelivery is None:
            replays = count_in(message)
            counted = self._count(fingerprint(message["Body"])) if replays is None else replays
            return DeadLetter(message=message, replays=counted)
        try:
            payload = self._redelivery.read(message["Body"], self._policy.holds)
        except ValueError:
            return DeadLetter(message=message, replays=0, readable=False)
        # It comes back as a new message of the service's making, without anything of ours: counted by its content.
        return DeadLetter(message=message, replays=self._count(fingerprint(payload)), payload=payload)

    def put_back(self, letters: Sequence[DeadLetter]) -> None:
        """Take these for messages that wait: nothing was done with them."""
        self.next_pass |= {letter.id: str(letter.message["ReceiptHandle"]) for letter in letters}

    def give_back(self, *, everything: bool) -> None:
        """Make messages visible again that wait for the next pass, or all that stay. One that cannot be is back when
        its time is over."""
        receipts = [*self.next_pass.values(), *(self.unmatched.values() if everything else ())]
        for start in range(0, len(receipts), RECEIVE):
            handles = receipts[start : start + RECEIVE]
            rows = [{"Id": str(n), "ReceiptHandle": text, "VisibilityTimeout": 0} for n, text in enumerate(handles)]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=rows)
