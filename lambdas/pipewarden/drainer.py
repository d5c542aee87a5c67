"""Draining a dead-letter queue, pass by pass: stored elsewhere first, deleted after, counted, never in a hurry.

A pass takes out what was sent before it began. When it replayed something, another pass follows at the time by which
poison would be back, later each time; when nothing comes back, the drain is over and the responder hears of it. When so
much comes back that the consumer seems to fail on everything, or a person says so, the drain stops where it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipewarden.dead_letter import DeadLetter, Way, choose_way, is_poison_loop, sent_since
from pipewarden.drain_report import Stop, drain_report
from pipewarden.drain_store import DrainState, DrainStore
from pipewarden.measurement import Measurement
from pipewarden.message_move import Moved, Mover
from pipewarden.native_move import NativeMove
from pipewarden.workplace import Workplace

MARGIN = timedelta(seconds=25)
CONTINUE = timedelta(seconds=2)
MOST_STUCK = 1_000
MOST_PASSES = 10
"""Of messages that may be replayed without a limit: by then the last wait is 12 hours long."""


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
        self._store = DrainStore(
            workplace.clients("dynamodb"), workplace.settings.names.table(), policy.dead_letter_queue
        )
        self._mover = Mover(workplace, policy, event.pipeline, event.resource)
        self._stuck: set[str] = set()

    def run(self) -> str:
        """Drain until the queue is empty or the time is up; a word for how it ended."""
        now = self._workplace.now()
        state = self._store.acquire(now, self._deadline, self._holder, self._event.incident)
        if state is None:
            self._again(now, self._deadline + CONTINUE, f"taken-{self._deadline:%H%M%S}", self._event.drain, 0)
            return "taken"
        if self._event.drain and self._event.drain != state.drain:
            return self._leave_alone(state)
        self._intake = self._mover.intake(
            lambda mark: self._store.count_message(mark, self._workplace.now()), self._out_of_time
        )
        self._stuck = set(state.stuck)
        if state.stop:
            return self._stop(state, "asked")
        return (self._policy.is_plain and self._move_natively(state)) or self._loop(state)

    def _loop(self, state: DrainState) -> str:
        number = 0
        while letters := self._intake.receive(state.pass_began, followed=self._is_followed(state)):
            number += 1
            if stop := self._reason_to_stop(state, letters):
                self._intake.put_back(letters)
                return self._stop(state, stop, _returned(letters, state))
            state = self._handle(letters, state, number)
            if state.stop:
                return self._stop(state, "asked")
            if self._out_of_time():
                return self._interrupt(state, number)
        if self._out_of_time():
            return self._interrupt(state, number)
        return self._end_pass(self._store.load() or state)

    def _move_natively(self, state: DrainState) -> str:
        """ "" when SQS does not move these, so that our loop must."""
        waiting = self._mover.depth() if state.passes else 0
        state = self._store.count({"returned": waiting}, sorted(self._stuck)) if waiting else state
        if stop := self._reason_to_stop(state):
            return self._stop(state, stop)
        move = NativeMove(self._workplace.clients("sqs"), self._policy, self._workplace.settings.names.queue_arn)
        progress = move.run(state.pass_began, self._out_of_time, self._is_asked_to_stop, self._sleep)
        if progress.ending == "running":
            return self._interrupt(state, progress.moved)
        if progress.moved:
            moved = {"received": progress.moved, "replayed": progress.moved, "pass_replayed": progress.moved}
            state = self._store.count(moved, sorted(self._stuck))
            self._measure("DrainedMessages", progress.moved)
        if progress.ending == "refused":
            return ""
        return self._stop(state, "asked") if self._is_asked_to_stop() else self._end_pass(state)

    def _is_asked_to_stop(self) -> bool:
        state = self._store.load()
        return bool(state and state.stop)

    def _handle(self, letters: list[DeadLetter], state: DrainState, number: int) -> DrainState:
        begun = self._workplace.now()
        ways: list[tuple[DeadLetter, Way]] = [(letter, choose_way(letter, self._policy)) for letter in letters]
        moved = self._mover.store(ways, f"{state.drain}-{state.passes}-{number}-{self._holder[:8]}")
        self._intake.left |= moved.left
        if self._policy.fifo:
            self._intake.held_groups |= {letter.group for letter in letters if letter.id in moved.left}
        self._stuck = (self._stuck - {letter.id for letter in letters}) | moved.left
        state = self._record(moved, letters, state)
        self._mover.delete(moved.stored)
        took = (self._workplace.now() - begun).total_seconds()
        self._sleep(max(0.0, len(letters) / self._policy.rate_per_second - took))
        return state

    def _record(self, moved: Moved, letters: list[DeadLetter], state: DrainState) -> DrainState:
        counts = {
            "received": len(letters),
            "replayed": moved.replayed,
            "pass_replayed": moved.replayed,
            "quarantined": moved.quarantined,
            "archived": moved.archived,
            "returned": _returned(letters, state),
        }
        samples = () if state.samples else moved.samples
        self._measure("DrainedMessages", len(moved.stored))
        self._measure("QuarantinedMessages", moved.quarantined)
        return self._store.count(counts, sorted(self._stuck)[:MOST_STUCK], samples)

    def _measure(self, name: str, value: int) -> None:
        if value:
            where = self._event
            self._workplace.measure(
                Measurement(name=name, value=float(value), pipeline=where.pipeline, resource=where.resource)
            )

    def _out_of_time(self) -> bool:
        return self._workplace.now() >= self._deadline - MARGIN

    def _reason_to_stop(self, state: DrainState, letters: Sequence[DeadLetter] = ()) -> Stop:
        """Looked for before the messages in hand are replayed, so that they keep their attempts."""
        if state.stop:
            return "asked"
        returned = state.returned + self._intake.came_back + _returned(letters, state)
        return "poison" if is_poison_loop(state.replayed, returned, self._policy) else ""

    def _stop(self, state: DrainState, why: Stop, in_hand: int = 0) -> str:
        """Everything stays where it is; people hear how much came back and how much waits."""
        self._intake.give_back(everything=True)
        self._tell(state, self._workplace.now(), why, in_hand)
        self._store.finish(state.drain)
        return "stopped"

    def _leave_alone(self, state: DrainState) -> str:
        """The pass of a drain that is over: another has begun since, or none, and then none is begun."""
        if state.received:
            self._store.release(passed=False)
        else:
            self._store.finish(state.drain)
        return "stale"

    def _interrupt(self, state: DrainState, number: int) -> str:
        now = self._workplace.now()
        self._intake.give_back(everything=False)
        self._again(now, now + CONTINUE, f"{state.passes}-{self._holder[:8]}-{number}", state.drain, state.passes)
        self._store.release(passed=False)
        return "continues"

    def _end_pass(self, state: DrainState) -> str:
        """Look again when poison would be back; when nothing went to where it comes back from, tell how it ended."""
        now = self._workplace.now()
        if self._is_followed(state):
            self._intake.give_back(everything=False)
            wait = timedelta(seconds=self._mover.seconds_until_back(state.passes))
            self._again(now, now + wait, f"{state.passes + 1}", state.drain, state.passes + 1)
            self._store.release(passed=True)
            return "looks again"
        self._intake.give_back(everything=True)
        self._tell(state, now, "passes" if self._may_come_back(state) else "")
        self._store.finish(state.drain)
        return "finished"

    def _may_come_back(self, state: DrainState) -> bool:
        return bool(state.pass_replayed or self._intake.next_pass) and self._policy.to == "source"

    def _is_followed(self, state: DrainState) -> bool:
        """Whether another pass comes after this one."""
        last = self._policy.attempts is None and state.passes + 1 >= MOST_PASSES
        return self._may_come_back(state) and not last

    def _again(self, now: datetime, moment: datetime, name: str, drain: str, passes: int) -> None:
        event = {"pipeline": self._event.pipeline, "resource": self._event.resource, "incident": self._event.incident}
        event |= {"drain": drain, "pass": passes} if drain else {}  # type: ignore[dict-item]
        full = f"drain-{self._policy.dead_letter_queue}-{drain}-{name}"
        self._workplace.one_shots.call_at(moment, now, full, "drainer", event)

    def _tell(self, state: DrainState, now: datetime, stop: Stop, in_hand: int = 0) -> None:
        """The signal to the responder; its run id is the drain's, so telling twice is telling once."""
        names = self._workplace.settings.names
        returned = state.returned + in_hand + (self._intake.came_back if stop == "poison" else 0)
        uncounted = bool(stop or self._policy.where)
        left = max(len(state.stuck), self._mover.depth() if uncounted else 0)
        asked, place = self._event, (self._event.pipeline, self._event.resource)
        signal = drain_report(self._policy, state, place, asked.incident, names, now, stop, left, returned)
        self._workplace.clients("sqs").send_message(
            QueueUrl=self._mover.url(names.signals_queue()), MessageBody=signal.to_json()
        )


def _returned(letters: Sequence[DeadLetter], state: DrainState) -> int:
    """How many of these were replayed by this drain and are here again."""
    return sum(letter.replays > 0 and sent_since(letter.message, state.started) for letter in letters)
