"""AWS/SQS metrics of every queue."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import sqs

from pipewarden_cli.local import emulator, hooks
from pipewarden_cli.local.cloudwatch import clock

NAME = "AWS/SQS metrics"
IMITATED = (
    "Queue metrics are recorded within a second of a change and once a minute besides; AWS records once a minute and "
    "stops after six hours without activity. ApproximateAgeOfOldestMessage leaves out messages received three times or "
    "more, as AWS does. SentMessageSize, NumberOfEmptyReceives and fair-queue metrics are not recorded.",
)

NAMESPACE = "AWS/SQS"
MINUTE = 60
POISON_RECEIVES = 3
COUNTED = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted")

Key = tuple[str, str, str]  # account, region, queue name

_lock = threading.Lock()
_counts: Counter[tuple[Key, str]] = Counter()
_last: dict[Key, tuple[dict[str, float], int]] = {}


def fill() -> None:
    """Count what is sent, received and deleted; look at all queues once a second."""
    _wrap(sqs, "_act_send_message", lambda args, _: (_of(args, 1), "NumberOfMessagesSent", 1))
    _wrap(sqs, "_collect_msgs", lambda args, got: (args[0], "NumberOfMessagesReceived", len(got)))
    _wrap(sqs, "_act_delete_message", lambda args, _: (_of(args, 1), "NumberOfMessagesDeleted", 1))
    _wrap(
        sqs,
        "_act_delete_message_batch",
        lambda args, answer: (_of(args, 1), "NumberOfMessagesDeleted", len(answer["Successful"])),
    )
    _wrap(
        sqs,
        "_delete_messages_for_esm",
        lambda args, _: (sqs._get_q(args[0]), "NumberOfMessagesDeleted", len(args[1])),
    )
    hooks.every_second(_record)
    hooks.on_reset(_forget)


def count_sent(queue: dict[str, Any]) -> None:
    """Count a message that another gap put into a queue."""
    _count(queue, "NumberOfMessagesSent", 1)


def _of(args: tuple[Any, ...], url_index: int) -> Any:
    data, url = args[0], args[url_index]
    return sqs._get_q(data.get("QueueUrl", url))


def _wrap(module: Any, name: str, read: Callable[[tuple[Any, ...], Any], tuple[Any, str, int]]) -> None:
    inner = getattr(module, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        answer = inner(*args, **kwargs)
        queue, metric, number = read(args, answer)
        if queue is not None and number:
            _count(queue, metric, number)
        return answer

    setattr(module, name, call)
    for action, handler in sqs._HANDLERS.items():
        if handler is inner:
            sqs._HANDLERS[action] = call


def _count(queue: dict[str, Any], metric: str, number: int) -> None:
    key = (get_account_id(), get_region(), queue["name"])
    with _lock:
        _counts[(key, metric)] += number


def _forget() -> None:
    with _lock:
        _counts.clear()
        _last.clear()


def _record() -> None:
    now = clock.now()
    for account, region in hooks.scopes(sqs._queues):
        with hooks.account_scope(account, region):
            data: list[dict[str, Any]] = []
            for queue in list(sqs._queues.values()):
                data += _due((account, region, queue["name"]), queue, now)
            emulator.put_metrics(NAMESPACE, data)


def _due(key: Key, queue: dict[str, Any], now: float) -> list[dict[str, Any]]:
    gauges = _gauges(queue, now)
    with _lock:
        counts = {metric: float(_counts.pop((key, metric), 0)) for metric in COUNTED}
        previous, minute = _last.get(key, ({}, -1))
        # Once in every clock minute even when nothing changes: alarms look at whole minutes.
        is_repeat = int(now // MINUTE) != minute
        _last[key] = (gauges, int(now // MINUTE))
    values = {name: value for name, value in gauges.items() if is_repeat or value != previous.get(name)}
    values.update({name: value for name, value in counts.items() if is_repeat or value})
    units = {"ApproximateAgeOfOldestMessage": "Seconds"}
    return [
        emulator.datum(name, value, {"QueueName": queue["name"]}, units.get(name, "Count"))
        for name, value in values.items()
    ]


def _gauges(queue: dict[str, Any], alarms_now: float) -> dict[str, float]:
    now = time.time()
    with sqs._queues_lock:
        sqs._expire_retained(queue)
        messages = list(queue["messages"])
    visible = [message for message in messages if message["visible_at"] <= now]
    delayed = [message for message in messages if message["visible_at"] > now and not message["receive_count"]]
    waiting = [_seen(message, now, alarms_now) for message in messages if message["receive_count"] < POISON_RECEIVES]
    return {
        "ApproximateNumberOfMessagesVisible": float(len(visible)),
        "ApproximateNumberOfMessagesNotVisible": float(len(messages) - len(visible) - len(delayed)),
        "ApproximateNumberOfMessagesDelayed": float(len(delayed)),
        "ApproximateAgeOfOldestMessage": float(int(alarms_now - min(waiting))) if waiting else 0.0,
    }


def _seen(message: dict[str, Any], now: float, alarms_now: float) -> float:
    """When the message came, by the time of the alarms: as far ahead as they were when it was first looked at."""
    ahead: float = message.setdefault("pipewarden_ahead", alarms_now - now)
    return float(message.get("enqueued_at", message["sent_at"])) + ahead
