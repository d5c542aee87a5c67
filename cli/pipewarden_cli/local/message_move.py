"""Tasks that move the messages of a dead-letter queue back to where they came from, or elsewhere (SQS redrive)."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.concurrency import esm_wake, spawn_background
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import sqs

HIGHEST_RATE = 500
MOST_ACTIVE_TASKS = 100
MOST_LISTED = 10
# Without a rate SQS chooses one by itself.
DEFAULT_RATE = 500

ALREADY_ACTIVE = (
    "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
)

Queue = dict[str, Any]


@dataclass
class MoveTask:
    """One task, as ListMessageMoveTasks shows it."""

    source: str
    destination: str | None
    rate: int | None
    scope: tuple[str, str]
    to_move: int
    handle: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    started_at: float = field(default_factory=time.time)
    status: str = "RUNNING"
    moved: int = 0
    failure: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def is_active(self) -> bool:
        """Whether it still moves messages."""
        return self.status in ("RUNNING", "CANCELLING")

    def to_json(self) -> dict[str, Any]:
        """The entry of ListMessageMoveTasks; the handle is shown while the task runs, as on AWS."""
        entry = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source,
            "DestinationArn": self.destination,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": int(self.started_at * 1000),
        }
        return {key: value for key, value in entry.items() if value is not None}


_tasks: list[MoveTask] = []
_lock = threading.Lock()


def start(data: Mapping[str, Any], _url: str) -> dict[str, Any]:
    """Answer StartMessageMoveTask."""
    source_arn, destination_arn = data.get("SourceArn", ""), data.get("DestinationArn") or None
    rate = data.get("MaxNumberOfMessagesPerSecond")
    source = _existing(source_arn, "SourceArn")
    if not _sources_of(source_arn):
        raise sqs._Err("UnsupportedOperation", "Source queue must be configured as a Dead Letter Queue.")
    if destination_arn is not None and _existing(destination_arn, "DestinationArn")["is_fifo"] != source["is_fifo"]:
        raise sqs._Err("UnsupportedOperation", "Source and destination queue must be of the same type.")
    if rate is not None and not 1 <= int(rate) <= HIGHEST_RATE:
        raise sqs._Err(
            "InvalidParameterValue", f"MaxNumberOfMessagesPerSecond must be between 1 and {HIGHEST_RATE}, got {rate}."
        )
    scope = (get_account_id(), get_region())
    with _lock:
        active = [task for task in _tasks if task.is_active and task.scope == scope]
        if any(task.source == source_arn for task in active):
            raise sqs._Err("UnsupportedOperation", ALREADY_ACTIVE)
        if len(active) >= MOST_ACTIVE_TASKS:
            raise sqs._Err("RequestThrottled", f"At most {MOST_ACTIVE_TASKS} tasks may be active in an account.")
        waiting = sum(message["visible_at"] <= time.time() for message in source["messages"])
        task = MoveTask(source_arn, destination_arn, rate and int(rate), scope, waiting)
        _tasks.append(task)
    spawn_background(_run, task, thread_name="sqs-message-move")
    return {"TaskHandle": task.handle}


def list_tasks(data: Mapping[str, Any], _url: str) -> dict[str, Any]:
    """Answer ListMessageMoveTasks: newest first, one unless MaxResults says more."""
    source = data.get("SourceArn", "")
    _existing(source, "SourceArn")
    size = int(data.get("MaxResults") or 1)
    if not 1 <= size <= MOST_LISTED:
        raise sqs._Err("InvalidParameterValue", f"MaxResults must be between 1 and {MOST_LISTED}, got {size}.")
    found = [task.to_json() for task in reversed(_tasks) if task.source == source]
    return {"Results": found[:size]}


def cancel(data: Mapping[str, Any], _url: str) -> dict[str, Any]:
    """Answer CancelMessageMoveTask; what was moved stays moved."""
    task = next((task for task in _tasks if task.handle == data.get("TaskHandle")), None)
    if task is None:
        raise sqs._Err("ResourceNotFoundException", "The task does not exist.")
    if task.status != "RUNNING":
        raise sqs._Err("UnsupportedOperation", "Only active tasks can be cancelled.")
    task.status = "CANCELLING"
    task.cancelled.set()
    return {"ApproximateNumberOfMessagesMoved": task.moved}


def list_sources(data: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Answer ListDeadLetterSourceQueues."""
    queue = sqs._get_q(data.get("QueueUrl", url), "sqs:ListDeadLetterSourceQueues")
    found = _sources_of(queue["attributes"]["QueueArn"])
    size, first = int(data.get("MaxResults") or 1000), int(data.get("NextToken") or 0)
    answer: dict[str, Any] = {"queueUrls": found[first : first + size]}
    if first + size < len(found):
        answer["NextToken"] = str(first + size)
    return answer


def source_of_task(handle: str) -> str | None:
    """The ARN of the queue that a task empties."""
    return next((task.source for task in _tasks if task.handle == handle), None)


def forget_all() -> None:
    """End and forget every task."""
    for task in _tasks:
        task.cancelled.set()
    _tasks.clear()


def _existing(arn: str, parameter: str) -> Queue:
    queue: Queue | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err(
            "ResourceNotFoundException", f"The resource that you specified for the {parameter} parameter doesn't exist."
        )
    return queue


def _sources_of(dead_letter_arn: str) -> list[str]:
    found = []
    for url, queue in sqs._queues.items():
        policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
        if policy.get("deadLetterTargetArn") == dead_letter_arn:
            found.append(url)
    return sorted(found)


def _run(task: MoveTask) -> None:
    while not task.cancelled.is_set():
        try:
            if not _move_one(task):
                task.status = "COMPLETED"
                return
        except LookupError as problem:
            task.status, task.failure = "FAILED", str(problem.args[0])
            return
        task.cancelled.wait(1 / (task.rate or DEFAULT_RATE))
    task.status = "CANCELLED"


def _move_one(task: MoveTask) -> bool:
    """Move the oldest visible message; False when there is none. Raises LookupError when it has nowhere to go."""
    with sqs._queues_lock:
        source = sqs._queue_by_arn(task.source)
        if source is None:
            raise LookupError("AWS.SimpleQueueService.NonExistentQueue")
        now = time.time()
        waiting = [message for message in source["messages"] if message["visible_at"] <= now]
        if task.moved >= task.to_move or not waiting:
            return False
        message = waiting[0]
        target_arn = task.destination or message.get("sys", {}).get("DeadLetterQueueSourceArn")
        if not target_arn:
            raise LookupError("CouldNotDetermineMessageSource")
        target = sqs._queue_by_arn(target_arn)
        if target is None:
            raise LookupError("AWS.SimpleQueueService.NonExistentQueue")
        # Sent before it is taken away, and under the lock: nobody sees it twice or not at all.
        target["messages"].append(_sent_anew(message, target, now))
        source["messages"].remove(message)
    task.moved += 1
    esm_wake.set()
    return True


def _sent_anew(message: Mapping[str, Any], target: Queue, now: float) -> dict[str, Any]:
    system = {k: v for k, v in message.get("sys", {}).items() if k != "DeadLetterQueueSourceArn"}
    moved = {k: v for k, v in message.items() if k != "enqueued_at"}
    moved.update(
        id=new_uuid(),
        receipt_handle=None,
        sent_at=now,
        visible_at=now + sqs.queue_delay(target),
        receive_count=0,
        first_receive_at=None,
        sys={**system, "SentTimestamp": str(int(now * 1000))},
    )
    if target["is_fifo"]:
        target["fifo_seq"] += 1
        moved["seq"] = str(target["fifo_seq"]).zfill(20)
    return moved
