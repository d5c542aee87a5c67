"""Queues in memory, with what SQS does that matters to a drain."""

# ruff: noqa: N803 (the names are boto3's)

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


class MemorySqs:
    """Queues with receipt handles and hidden messages; what a queue refuses is given by body. A message is received
    in order; in a FIFO queue a hidden one holds back its group."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self) -> None:
        self.queues: dict[str, list[dict[str, Any]]] = {}
        self.hidden: set[str] = set()
        self.refused: set[str] = set()
        self.clock: Callable[[], datetime] = lambda: datetime(2026, 1, 1, tzinfo=UTC)
        self.attributes = {"VisibilityTimeout": "5", "RedrivePolicy": json.dumps({"maxReceiveCount": 2})}
        self._count = 0
        self.moves: list[dict[str, Any]] = []
        self.sources = {"in-dlq": "in"}

    def put(self, queue: str, body: str, attributes: dict[str, Any] | None = None, group: str = "") -> None:
        self._count += 1
        system = {"ApproximateReceiveCount": "1", **({"MessageGroupId": group} if group else {})}
        system["SentTimestamp"] = str(int(self.clock().timestamp() * 1000))
        message = {"MessageId": f"m{self._count}", "ReceiptHandle": f"h{self._count}", "Body": body}
        message |= {"Attributes": system, "MessageAttributes": attributes or {}}  # type: ignore[dict-item]
        self.queues.setdefault(queue, []).append(message)

    def bodies(self, queue: str) -> list[str]:
        return [message["Body"] for message in self.queues.get(queue, [])]

    def get_queue_url(self, QueueName: str) -> dict[str, Any]:
        return {"QueueUrl": f"https://sqs/{QueueName}"}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        waiting = self.queues.get(_name(QueueUrl), [])
        hidden = [message for message in waiting if message["MessageId"] in self.hidden]
        depth = {"Messages": len(waiting) - len(hidden), "MessagesNotVisible": len(hidden)}
        known = {**self.attributes, **{f"ApproximateNumberOf{name}": str(count) for name, count in depth.items()}}
        return {"Attributes": {name: known[name] for name in AttributeNames if name in known}}

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int, **request: Any) -> dict[str, Any]:
        assert 1 <= MaxNumberOfMessages <= 10
        assert request["MessageAttributeNames"] == ["All"]
        found = [m for m in self.queues.get(_name(QueueUrl), []) if m["MessageId"] not in self.hidden]
        held = {_group(m) for m in self.queues.get(_name(QueueUrl), []) if m["MessageId"] in self.hidden} - {""}
        taken = [message for message in found if _group(message) not in held][:MaxNumberOfMessages]
        for message in taken:
            receives = int(message["Attributes"]["ApproximateReceiveCount"]) + 1
            message["Attributes"]["ApproximateReceiveCount"] = str(receives)
        self.hidden |= {message["MessageId"] for message in taken}
        return {"Messages": deepcopy(taken)} if taken else {}

    def send_message(self, QueueUrl: str, MessageBody: str) -> dict[str, Any]:
        self.put(_name(QueueUrl), MessageBody)
        return {}

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10
        assert sum(len(entry["MessageBody"]) for entry in Entries) <= 262_144
        done, failed = [], []
        for entry in Entries:
            assert len(entry.get("MessageAttributes", {})) <= 10
            if entry["MessageBody"] in self.refused:
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            self.put(
                _name(QueueUrl), entry["MessageBody"], entry.get("MessageAttributes"), entry.get("MessageGroupId", "")
            )
            self.queues[_name(QueueUrl)][-1]["dedup"] = entry.get("MessageDeduplicationId", "")
            done.append({"Id": entry["Id"]})
        return {"Successful": done, "Failed": failed}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10
        assert all(entry["VisibilityTimeout"] == 0 for entry in Entries)
        handles = {entry["ReceiptHandle"] for entry in Entries}
        self.hidden -= {m["MessageId"] for m in self.queues[_name(QueueUrl)] if m["ReceiptHandle"] in handles}
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        handles = {entry["ReceiptHandle"] for entry in Entries}
        queue = self.queues[_name(QueueUrl)]
        queue[:] = [message for message in queue if message["ReceiptHandle"] not in handles]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def fail_all(self, source: str, dead: str, is_poison: Callable[[str], bool]) -> list[str]:
        """Let the source's consumer work: good messages are done, poison comes back; the bodies that were done."""
        done = [m for m in self.queues.get(source, []) if not is_poison(m["Body"])]
        poison = [m for m in self.queues.get(source, []) if is_poison(m["Body"])]
        self.queues[source] = []
        for message in poison:
            self.put(dead, message["Body"], message["MessageAttributes"])
        return [message["Body"] for message in done]

    def start_message_move_task(self, **request: Any) -> dict[str, Any]:
        source, target = (request[name].rsplit(":", 1)[1] for name in ("SourceArn", "DestinationArn"))
        assert 1 <= request["MaxNumberOfMessagesPerSecond"] <= 500
        if source not in self.sources or any(move["Status"] == "RUNNING" for move in self.moves):
            error: Any = {"Error": {"Code": "AWS.SimpleQueueService.UnsupportedOperation"}}
            raise ClientError(error, "StartMessageMoveTask")
        started = int(self.clock().timestamp() * 1000)
        self.moves.append({"Status": "RUNNING", "TaskHandle": "t", "StartedTimestamp": started, "to": target})
        return {"TaskHandle": "t"}

    def list_message_move_tasks(self, SourceArn: str, MaxResults: int) -> dict[str, Any]:
        """Each look lets the task move one message more."""
        if not self.moves:
            return {}
        task, waiting = self.moves[-1], self.queues.get(SourceArn.rsplit(":", 1)[1], [])
        if task["Status"] == "RUNNING" and waiting:
            message = waiting.pop(0)
            self.put(task["to"], message["Body"], message["MessageAttributes"])
            task["ApproximateNumberOfMessagesMoved"] = task.get("ApproximateNumberOfMessagesMoved", 0) + 1
        elif task["Status"] == "RUNNING":
            task["Status"] = "COMPLETED"
        return {"Results": [{name: value for name, value in task.items() if name != "to"}]}

    def cancel_message_move_task(self, TaskHandle: str) -> dict[str, Any]:
        self.moves[-1]["Status"] = "CANCELLED"
        return {}


def _group(message: dict[str, Any]) -> str:
    return str(message["Attributes"].get("MessageGroupId", ""))


def _name(url: str) -> str:
    return url.rsplit("/", 1)[1]
