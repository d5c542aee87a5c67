"""Draining a dead-letter queue, pass by pass: stored elsewhere first, deleted after, counted, never in a hurry.

A pass takes out what was sent before it began. When it replayed something, another pass follows at the time by which
poison would be back, later each time; when nothing comes back, the drain is over and the responder hears of it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipewarden.dead_letter import DeadLetter, Way, choose_way, count_in, fingerprint, sent_since
from pipewarden.drain_store import DrainState, DrainStore
from pipewarden.measurement import Measurement
from pipewarden.message_move import Moved, Mover
from pipewarden.signal import Signal, SignalKind
from pipewarden.workplace import Workplace

RECEIVE = 10
MOST_IN_HAND = 100
MOST_BYTES_IN_HAND = 8_000_000
HIDDEN_SECONDS = 300
WAIT_SECONDS = 1
EMPTY_RECEIVES = 2
PAUSE_SECONDS = 10.0
"""Messages in hand at once are at most what the rate lets through in this time, so that waiting never outlasts it."""
MARGIN = timedelta(seconds=25)
CONTINUE = timedelta(seconds=2)
LEAST_SLACK_SECONDS = 2.0
SLACK = 0.2
LONGEST_WAIT_SECONDS = 12 * 3600.0
MOST_STUCK = 1_000


@dataclass(frozen=True, kw_only=True)
class DrainEvent:
    """What starts a pass: an alarm (with `incident`), a person, or the pass before (with `drain` and `passes`)."""

    pipeline: str
    resource: str
    incident: str = ""
    drain: str = ""
    passes: int = 0

    @classmethod
    def read(cls, event: Mapping[str, Any]) -> "DrainEvent":
        return cls(
            pipeline=str(event["pipeline"]),
            resource=str(event["resource"]),
            incident=str(event.get("incident", "")),
            drain=str(event.get("drain", "")),
            passes=int(event.get("pass", 0)),
        )


class Drainer:
    """One invocation on one queue. `deadline` is when Lambda ends it; `holder` names it in the lease."""

    def __init__(
        self, workplace: Workplace, event: DrainEvent, deadline: datetime, holder: str, sleep: Callable[[float], None]
    ) -> None:
        policy = workplace.settings.pipelines[event.pipeline].resources[event.resource].drain
        if policy is None:
            raise ValueError(f"{event.pipeline}.{event.resource} declares no drain")
        self._workplace, self._event, self._policy = workplace, event, policy
        self._deadline, self._holder, self._sleep = deadline, holder, sleep
        self._sqs = workplace.clients("sqs")
        self._store = DrainStore(
            workplace.clients("dynamodb"), workplace.settings.names.table(), policy.dead_letter_queue
        )
        self._mover = Mover(workplace, policy, event.pipeline, event.resource)
        self._left: set[str] = set()
        self._stuck: set[str] = set()
        self._next_pass: dict[str, str] = {}

    def run(self) -> str:
        """Drain until the queue is empty or the time is up; a word for how it ended."""
        now = self._workplace.now()
        state = self._store.acquire(now, self._deadline, self._holder, self._event.incident)
        if state is None:
            self._again(now, self._deadline + CONTINUE, f"taken-{self._deadline:%H%M%S}", self._event.drain, 0)
            return "taken"
        if self._event.drain and self._event.drain != state.drain:
            return self._leave_alone(state)
        self._stuck = set(state.stuck)
        number = 0
        while letters := self._receive(state.pass_began):
            number += 1
            self._handle(letters, state, number)
            if self._out_of_time():
                return self._interrupt(state, number)
        return self._end_pass(self._store.load() or state)

    def _receive(self, began: datetime) -> list[DeadLetter]:
        """As many messages as may be in hand at once; none when the queue is empty but for what was left in it.

        What was sent since the pass began is for the next one: it may be a replay of this pass that failed again, and
        a consumer that is down would use up all attempts of a good message within seconds. (A message that a redrive
        policy moves keeps the time at which it was sent.)
        """
        most = max(1, min(MOST_IN_HAND, int(self._policy.rate_per_second * PAUSE_SECONDS)))
        letters: list[DeadLetter] = []
        empty = size = 0
        while len(letters) < most and empty < EMPTY_RECEIVES and size < MOST_BYTES_IN_HAND and not self._out_of_time():
            answer = self._sqs.receive_message(
                QueueUrl=self._mover.url(self._policy.dead_letter_queue),
                MaxNumberOfMessages=min(RECEIVE, most - len(letters)),
                WaitTimeSeconds=WAIT_SECONDS,
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            found = [message for message in answer.get("Messages", ()) if message["MessageId"] not in self._left]
            late = [message for message in found if self._policy.to == "source" and sent_since(message, began)]
            self._next_pass |= {message["MessageId"]: message["ReceiptHandle"] for message in late}
            new = [self._count(message) for message in found if message not in late]
            letters += new
            size += sum(letter.size for letter in new)
            empty = 0 if new else empty + 1
            if letters and not new:
                break
        return letters

    def _count(self, message: Mapping[str, Any]) -> DeadLetter:
        replays = count_in(message)
        if replays is None:
            replays = self._store.count_message(fingerprint(message), self._workplace.now())
        return DeadLetter(message=message, replays=replays)

    def _handle(self, letters: list[DeadLetter], state: DrainState, number: int) -> None:
        begun = self._workplace.now()
        ways: list[tuple[DeadLetter, Way]] = [(letter, choose_way(letter, self._policy)) for letter in letters]
        moved = self._mover.store(ways, f"{state.drain}-{state.passes}-{number}-{self._holder[:8]}")
        self._left |= moved.left
        self._stuck = (self._stuck - {letter.id for letter in letters}) | moved.left
        self._record(moved, len(letters), state)
        self._mover.delete(moved.stored)
        took = (self._workplace.now() - begun).total_seconds()
        self._sleep(max(0.0, len(letters) / self._policy.rate_per_second - took))

    def _record(self, moved: Moved, received: int, state: DrainState) -> None:
        counts = {
            "received": received,
            "replayed": moved.replayed,
            "pass_replayed": moved.replayed,
            "quarantined": moved.quarantined,
            "archived": moved.archived,
        }
        samples = () if state.samples else moved.samples
        self._store.count(counts, sorted(self._stuck)[:MOST_STUCK], samples)
        for name, value in (("DrainedMessages", len(moved.stored)), ("QuarantinedMessages", moved.quarantined)):
            if value:
                where = self._event
                self._workplace.measure(
                    Measurement(name=name, value=float(value), pipeline=where.pipeline, resource=where.resource)
                )

    def _out_of_time(self) -> bool:
        return self._workplace.now() >= self._deadline - MARGIN

    def _leave_alone(self, state: DrainState) -> str:
        """The pass of a drain that is over: another has begun since, or none, and then none is begun."""
        if state.received:
            self._store.release(passed=False)
        else:
            self._store.finish(state.drain)
        return "stale"

    def _interrupt(self, state: DrainState, number: int) -> str:
        now = self._workplace.now()
        self._mover.give_back(tuple(self._next_pass.values()))
        self._again(now, now + CONTINUE, f"{state.passes}-{self._holder[:8]}-{number}", state.drain, state.passes)
        self._store.release(passed=False)
        return "continues"

    def _end_pass(self, state: DrainState) -> str:
        """Look again when poison would be back; when nothing went to where it comes back from, tell how it ended."""
        now = self._workplace.now()
        self._mover.give_back(tuple(self._next_pass.values()))
        if (state.pass_replayed or self._next_pass) and self._policy.to == "source":
            wait = timedelta(seconds=self._seconds_until_back(state.passes))
            self._again(now, now + wait, f"{state.passes + 1}", state.drain, state.passes + 1)
            self._store.release(passed=True)
            return "looks again"
        self._tell(state, now)
        self._store.finish(state.drain)
        return "finished"

    def _again(self, now: datetime, moment: datetime, name: str, drain: str, passes: int) -> None:
        event = {"pipeline": self._event.pipeline, "resource": self._event.resource, "incident": self._event.incident}
        event |= {"drain": drain, "pass": passes} if drain else {}  # type: ignore[dict-item]
        full = f"drain-{self._policy.dead_letter_queue}-{drain}-{name}"
        self._workplace.one_shots.call_at(moment, now, full, "drainer", event)

    def _seconds_until_back(self, passes: int) -> float:
        """How long a message that fails every time takes to come back: its receives, each hidden for as long.

        Doubled for each pass before, so that a consumer that is down for a while does not use up all attempts of
        messages that are good.
        """
        answer = self._sqs.get_queue_attributes(
            QueueUrl=self._mover.url(self._policy.source_queue), AttributeNames=["VisibilityTimeout", "RedrivePolicy"]
        )
        attributes = answer.get("Attributes", {})
        receives = int(json.loads(attributes.get("RedrivePolicy") or "{}").get("maxReceiveCount", 1))
        seconds = float(attributes.get("VisibilityTimeout", 30)) * receives
        back = seconds + max(LEAST_SLACK_SECONDS, SLACK * seconds)
        return min(LONGEST_WAIT_SECONDS, back * float(2**passes))

    def _tell(self, state: DrainState, now: datetime) -> None:
        """The signal to the responder; its run id is the drain's, so telling twice is telling once."""
        policy, names = self._policy, self._workplace.settings.names
        prefix = f"dead-letters/{self._event.pipeline}/{self._event.resource}/"
        detail: dict[str, Any] = {
            "received": state.received,
            "replayed": state.replayed,
            "quarantined": state.quarantined,
            "archived": state.archived,
            "left": len(state.stuck),
            "passes": state.passes + 1,
            "samples": list(state.samples),
            "quarantine": policy.quarantine_queue,
            "archive": f"s3://{names.archive_bucket()}/{prefix}" if state.archived else "",
            "dead_letter_queue": policy.dead_letter_queue,
        }
        signal = Signal(
            kind=SignalKind.DRAIN_FINISHED,
            time=now,
            run_id=state.drain,
            pipeline=self._event.pipeline,
            resource=self._event.resource,
            incident=state.incident or self._event.incident,
            detail=detail,
        )
        self._sqs.send_message(QueueUrl=self._mover.url(names.signals_queue()), MessageBody=signal.to_json())
