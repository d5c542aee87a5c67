"""Moving messages out of a dead-letter queue: archive, send, count, delete, in that order and never another."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pipewarden.dead_letter import DeadLetter, Way, archive_bytes, archive_key, send_entry, split_batches, target_queue
from pipewarden.drain_policy import DrainPolicy
from pipewarden.intake import Intake
from pipewarden.masking import mask
from pipewarden.technology import Redelivery
from pipewarden.workplace import Workplace

MOST_SAMPLES = 3
SAMPLE_CHARACTERS = 400
LOOKED_AT_CHARACTERS = 16_000
DELETE_TRIES = 2
LEAST_SLACK_SECONDS = 2.0
SLACK = 0.2
LONGEST_WAIT_SECONDS = 12 * 3600.0


@dataclass(kw_only=True)
class Moved:
    """What became of the messages in hand. `stored` are safe elsewhere and may be deleted, `left` are the ids of those
    that stay in the queue."""

    replayed: int = 0
    quarantined: int = 0
    archived: int = 0
    stored: list[DeadLetter] = field(default_factory=list)
    left: set[str] = field(default_factory=set)
    samples: tuple[str, ...] = ()


class Mover:
    """Moves the messages of one dead-letter queue by its policy."""

    def __init__(self, workplace: Workplace, policy: DrainPolicy, pipeline: str, resource: str) -> None:
        self._workplace, self._policy = workplace, policy
        self._pipeline, self._resource = pipeline, resource
        self._sqs = workplace.clients("sqs")
        technology = workplace.technologies.get(workplace.settings.pipelines[pipeline].resources[resource].type)
        self._redelivery = technology.redelivery if technology and policy.to == "source" else None
        self.url = cache(self._find_url)

    def intake(self, count: Callable[[str], int], out_of_time: Callable[[], bool]) -> Intake:
        """What receives from the dead-letter queue; `count` counts a message without room for it by its content."""
        url = self.url(self._policy.dead_letter_queue)
        return Intake(self._sqs, url, self._policy, self._redelivery, count, out_of_time)

    def depth(self) -> int:
        """About how many messages are in the dead-letter queue, hidden ones too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.url(self._policy.dead_letter_queue)
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names).get("Attributes", {})
        return sum(int(found.get(name, 0)) for name in names)

    def seconds_until_back(self, passes: int) -> float:
        """How long a message that fails every time takes to come back: its receives, each hidden for as long.

        Doubled for each pass before, so that a consumer that is down for a while does not use up all attempts of
        messages that are good.
        """
        if self._redelivery:
            return float(min(LONGEST_WAIT_SECONDS, self._redelivery.back_seconds * 2**passes))
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self.url(self._policy.source_queue), AttributeNames=["VisibilityTimeout", "RedrivePolicy"]
        )
        attributes = answer.get("Attributes", {})
        receives = int(json.loads(attributes.get("RedrivePolicy") or "{}").get("maxReceiveCount", 1))
        seconds = float(attributes.get("VisibilityTimeout", 30)) * receives
        back = seconds + max(LEAST_SLACK_SECONDS, SLACK * seconds)
        return min(LONGEST_WAIT_SECONDS, back * float(2**passes))

    def store(self, ways: Sequence[tuple[DeadLetter, Way]], name: str) -> Moved:
        """Store each message where it goes; deleting is another step, after the counting, so that a crash in between
        never makes a drain look as if nothing had been replayed. What could not be stored stays where it is."""
        moved = Moved()
        leaving = [(letter, way) for letter, way in ways if way != "leave"]
        moved.left = {letter.id for letter, way in ways if way == "leave"}
        kept = [pair for pair in leaving if self._policy.archive or pair[1] == "archive"]
        if kept:
            self._archive(kept, name)
            moved.archived = len(kept)
        stored = [letter for letter, way in leaving if way == "archive"]
        for way in ("replay", "quarantine"):
            chosen = [letter for letter, its_way in leaving if its_way == way]
            redelivery = self._redelivery if way == "replay" else None
            sent = self._deliver(chosen, redelivery) if redelivery else self._send(chosen, way)
            stored += sent
            moved.replayed += len(sent) if way == "replay" else 0
            moved.quarantined += len(sent) if way == "quarantine" else 0
        moved.left |= {letter.id for letter, _ in leaving} - {letter.id for letter in stored}
        moved.stored = stored
        aside = [letter for letter, way in ways if way in ("quarantine", "leave")]
        # Cut first, but far behind what is shown: a secret that is cut in two may not be known for one.
        heads = [str(letter.message["Body"])[:LOOKED_AT_CHARACTERS] for letter in aside[:MOST_SAMPLES]]
        moved.samples = tuple(mask(head)[:SAMPLE_CHARACTERS] for head in heads)
        return moved

    def _archive(self, letters: Sequence[tuple[DeadLetter, Way]], name: str) -> None:
        now = self._workplace.now()
        self._workplace.clients("s3").put_object(
            Bucket=self._workplace.settings.names.archive_bucket(),
            Key=archive_key(self._pipeline, self._resource, now, name),
            Body=archive_bytes(letters, now),
            ContentType="application/x-ndjson",
            ContentEncoding="gzip",
        )

    def _deliver(self, letters: Sequence[DeadLetter], redelivery: Redelivery) -> list[DeadLetter]:
        """Give them again to a source that is no queue, one by one; those that it took. What it refuses stays."""
        target = self._workplace.settings.target(self._pipeline, self._resource)
        taken: list[DeadLetter] = []
        for letter in letters:
            try:
                redelivery.deliver(self._workplace.clients, target, letter.payload or "")
            except self._sqs.exceptions.ClientError as error:
                code = error.response["Error"]["Code"]
                self._workplace.log.warning("a dead letter was refused", extra={"code": code, "id": letter.id})
            else:
                taken.append(letter)
        return taken

    def _send(self, letters: Sequence[DeadLetter], way: Way) -> list[DeadLetter]:
        """Send them on; those that the queue accepted. FIFO: behind a refused one its group waits."""
        queue, fifo = target_queue(way, self._policy), self._policy.fifo
        accepted: list[DeadLetter] = []
        blocked: set[str] = set()
        for batch in split_batches(letters, fifo=fifo):
            sending = [letter for letter in batch if not (fifo and letter.group in blocked)]
            if not sending:
                continue
            entries = [send_entry(letter, number, way, fifo=fifo) for number, letter in enumerate(sending)]
            answer = self._sqs.send_message_batch(QueueUrl=self.url(queue), Entries=entries)
            # HTTP 200 says nothing about the single message: only what is listed as successful was accepted.
            done = {int(entry["Id"]) for entry in answer.get("Successful", ())}
            accepted += [letter for number, letter in enumerate(sending) if number in done]
            blocked |= {letter.group for number, letter in enumerate(sending) if number not in done}
            for failure in answer.get("Failed", ()):
                self._workplace.log.warning("a message was refused", extra={"queue": queue, "code": failure["Code"]})
        return accepted

    def delete(self, letters: Sequence[DeadLetter]) -> None:
        """Delete what is stored elsewhere. What cannot be deleted is replayed once more some day."""
        for start in range(0, len(letters), 10):
            waiting = {str(n): letter for n, letter in enumerate(letters[start : start + 10])}
            for _ in range(DELETE_TRIES):
                if not waiting:
                    break
                rows = [{"Id": n, "ReceiptHandle": found.message["ReceiptHandle"]} for n, found in waiting.items()]
                answer = self._sqs.delete_message_batch(QueueUrl=self.url(self._policy.dead_letter_queue), Entries=rows)
                for entry in answer.get("Successful", ()):
                    waiting.pop(entry["Id"], None)

    def _find_url(self, queue: str) -> str:
        answer: dict[str, Any] = self._sqs.get_queue_url(QueueName=queue)
        return str(answer["QueueUrl"])
