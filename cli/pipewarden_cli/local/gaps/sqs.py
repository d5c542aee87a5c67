"""Message move tasks of SQS, and queues that lose nothing when several threads use them at once."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from ministack.services import s3, sns, sqs

from pipewarden_cli.local import authorization, hooks, message_move
from pipewarden_cli.local.authorization import Call, Grant

NAME = "SQS message move tasks"
IMITATED = (
    "StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask and ListDeadLetterSourceQueues work with the "
    "limits of AWS (rate 1-500, one active task a queue, 100 an account) but without the limit of 36 hours. Only "
    "messages visible at the start are moved; without a rate 500 a second.",
    "Without a destination a message returns to the queue that its redrive policy took it from; one that was sent to "
    "the dead-letter queue directly fails the task with CouldNotDetermineMessageSource.",
    "A task is forgotten when the emulator ends or is wiped.",
)

# Everything that replaces or reads a queue's list of messages as a whole. The emulator runs these on several threads
# without a lock, and an append that falls between reading and replacing the list would be lost.
TAKING_TURNS: tuple[tuple[Any, str], ...] = (
    (sqs, "_act_send_message"),
    (sqs, "_act_send_message_batch"),
    (sqs, "_act_delete_message"),
    (sqs, "_act_delete_message_batch"),
    (sqs, "_act_change_visibility"),
    (sqs, "_act_change_visibility_batch"),
    (sqs, "_act_purge_queue"),
    (sqs, "_collect_msgs"),
    (sqs, "_dlq_sweep"),
    (sqs, "_expire_retained"),
    (sqs, "_refresh_counts"),
    (sns, "_deliver_to_sqs"),
    (s3, "_deliver_event_to_sqs"),
)


def fill() -> None:
    """Add the operations, their permissions, and the lock."""
    sqs._queues_lock = threading.RLock()
    for module, name in TAKING_TURNS:
        _take_turns(module, name)
    sqs._HANDLERS.update(
        StartMessageMoveTask=message_move.start,
        ListMessageMoveTasks=message_move.list_tasks,
        CancelMessageMoveTask=message_move.cancel,
        ListDeadLetterSourceQueues=message_move.list_sources,
    )
    for operation in ("StartMessageMoveTask", "ListMessageMoveTasks"):
        authorization.set_resource("sqs", operation, lambda call: call.data.get("SourceArn"))
    authorization.set_resource("sqs", "CancelMessageMoveTask", _cancelled_source)
    authorization.also_needs("sqs", "StartMessageMoveTask", _moving)
    hooks.on_reset(message_move.forget_all)


def _take_turns(module: Any, name: str) -> None:
    inner = getattr(module, name)
    locked = _locked(inner)
    setattr(module, name, locked)
    for action, handler in sqs._HANDLERS.items():
        if handler is inner:
            sqs._HANDLERS[action] = locked


def _locked(inner: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(inner)
    def call(*args: Any, **kwargs: Any) -> Any:
        with sqs._queues_lock:
            return inner(*args, **kwargs)

    return call


def _cancelled_source(call: Call) -> str | None:
    return message_move.source_of_task(str(call.data.get("TaskHandle", "")))


def _moving(call: Call) -> list[Grant]:
    # "To start a message movement task" in the SQS developer guide names these besides StartMessageMoveTask.
    source, destination = str(call.data.get("SourceArn", "")), call.data.get("DestinationArn")
    actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    grants = [Grant("sqs", f"sqs:{action}", source) for action in actions]
    return [*grants, Grant("sqs", "sqs:SendMessage", str(destination))] if destination else grants
