"""Letting SQS move the messages by itself, where a policy asks for no more than that: StartMessageMoveTask.

One task at a time per queue, 100 per account, 36 hours; what was moved stays moved when it is cancelled. A message that
is moved gets a new id and its retention begins anew. Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pipewarden.drain_policy import DrainPolicy

LOOK_SECONDS = 2.0
ACTIVE = ("RUNNING", "CANCELLING")
NO_MOVE = ("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation")
"""What SQS answers for a queue that no other queue names in its redrive policy: such a queue is drained by our loop."""

Ending = Literal["moved", "running", "refused"]


@dataclass(frozen=True)
class Progress:
    """`moved` counts the messages of the task so far."""

    ending: Ending
    moved: int = 0


class NativeMove:
    """One message move task from a dead-letter queue to its target."""

    def __init__(self, sqs: Any, policy: DrainPolicy, arn: Callable[[str], str]) -> None:
        self._sqs, self._policy, self._arn = sqs, policy, arn

    def run(
        self, began: datetime, over: Callable[[], bool], stopped: Callable[[], bool], sleep: Callable[[float], None]
    ) -> Progress:
        """Start the task of the pass that began then, or find it again; watch it until it ends, or `over` says so."""
        task = self._task(began)
        if task is None:
            if not self._start():
                return Progress("refused")
            task = self._newest() or {}
        while task.get("Status", "RUNNING") in ACTIVE:
            if task.get("Status") == "RUNNING" and stopped():
                self._sqs.cancel_message_move_task(TaskHandle=task["TaskHandle"])
            if over():
                return Progress("running", _moved(task))
            sleep(LOOK_SECONDS)
            task = self._newest() or {"Status": "COMPLETED"}
        return Progress("refused" if task.get("Status") == "FAILED" else "moved", _moved(task))

    def _task(self, began: datetime) -> Mapping[str, Any] | None:
        """The newest task, when it was started since the pass began: a crash after its start is no second start."""
        newest = self._newest()
        if newest is None or newest["Status"] in ACTIVE:
            return newest
        started = datetime.fromtimestamp(int(newest["StartedTimestamp"]) / 1000, UTC)
        return newest if started >= began.replace(microsecond=0) else None

    def _newest(self) -> Mapping[str, Any] | None:
        source = self._arn(self._policy.dead_letter_queue)
        found = self._sqs.list_message_move_tasks(SourceArn=source, MaxResults=1).get("Results") or (None,)
        newest: Mapping[str, Any] | None = found[0]
        return newest

    def _start(self) -> bool:
        try:
            self._sqs.start_message_move_task(
                SourceArn=self._arn(self._policy.dead_letter_queue),
                DestinationArn=self._arn(self._policy.target_queue),
                MaxNumberOfMessagesPerSecond=int(self._policy.rate_per_second),
            )
        except self._sqs.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in NO_MOVE:
                raise
            return False
        return True


def _moved(task: Mapping[str, Any]) -> int:
    return int(task.get("ApproximateNumberOfMessagesMoved", 0))
