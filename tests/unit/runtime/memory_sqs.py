"""Queues in memory, with what SQS does that matters to a drain."""

# ruff: noqa: N803 (the names are boto3's)

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any


class MemorySqs:
    """Queues with receipt handles and hidden messages; what a queue refuses is given by body."""

    def __init__(self) -> None:
        self.queues: dict[str, list[dict[str, Any]]] = {}
        self.hidden: set[str] = set()
        self.refused: set[str] = set()
        self.clock: Callable[[], datetime] = lambda: datetime(2026, 1, 1, tzinfo=UTC)
        self.attributes = {"VisibilityTimeout": "5", "RedrivePolicy": json.dumps({"maxReceiveCount": 2})}
        self._count = 0

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
        return {"Attributes": {name: self.attributes[name] for name in AttributeNames if name in self.attributes}}

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int, **request: Any) -> dict[str, Any]:
        assert 1 <= MaxNumberOfMessages <= 10
        assert request["MessageAttributeNames"] == ["All"]
        found = [m for m in self.queues.get(_name(QueueUrl), []) if m["MessageId"] not in self.hidden]
        taken = found[:MaxNumberOfMessages]
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


def _name(url: str) -> str:
    return url.rsplit("/", 1)[1]
