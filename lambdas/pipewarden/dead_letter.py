"""One dead letter: where it goes, and how it is sent on without losing anything of it. Pure.

Body, attributes, group and trace header are kept as they are, so pointers of SQS's extended client (a body that names
an S3 object, and the attribute `ExtendedPayloadSize`) pass untouched, and so do envelopes of SNS and EventBridge.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from pipewarden.drain_policy import DrainPolicy

COUNT_ATTRIBUTE = "pipewarden-drains"
MOST_ATTRIBUTES = 10
BATCH_ENTRIES = 10
BATCH_BYTES = 250_000
"""Below the 256 KiB that queues of every age take for a whole batch; a larger message travels alone."""

FEW_RETURNED = 20
"""Fewer messages that come back are a matter of these messages; from here on it may be the consumer that fails."""
FULL_SHARE = 100.0

Way = Literal["replay", "quarantine", "archive", "leave"]


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A received message with the number of times it was replayed before."""

    message: Mapping[str, Any]
    replays: int
    payload: str | None = None
    """What a source that is no queue is given; None for queues, and where it could not be read."""
    readable: bool = True

    @property
    def id(self) -> str:
        return str(self.message["MessageId"])

    @property
    def group(self) -> str:
        return str(self.message.get("Attributes", {}).get("MessageGroupId", ""))

    @cached_property
    def size(self) -> int:
        """Bytes that count against the batch."""
        attributes = self.message.get("MessageAttributes", {})
        return len(self.message["Body"].encode()) + sum(
            len(name) + len(str(value)) for name, value in attributes.items()
        )


def count_in(message: Mapping[str, Any]) -> int | None:
    """Replays counted in the message itself; None when it has no room for our attribute: ten attributes is the limit,
    and a large message may be as large as its queue takes."""
    attributes = message.get("MessageAttributes", {})
    if COUNT_ATTRIBUTE in attributes:
        text = str(attributes[COUNT_ATTRIBUTE].get("StringValue", "0"))
        return int(text) if text.isdigit() else 0
    return 0 if _has_room(message) else None


def _has_room(message: Mapping[str, Any]) -> bool:
    few = len(message.get("MessageAttributes", {})) < MOST_ATTRIBUTES
    return few and DeadLetter(message=message, replays=0).size <= BATCH_BYTES


def is_poison_loop(replayed: int, returned: int, policy: DrainPolicy) -> bool:
    """Whether so much comes back that the consumer seems to fail on everything: replaying only uses up attempts."""
    return returned >= FEW_RETURNED and returned * FULL_SHARE > replayed * policy.most_returned


def sent_since(message: Mapping[str, Any], moment: datetime) -> bool:
    """Whether a message was sent at that moment or later; False when the queue does not say."""
    sent = str(message.get("Attributes", {}).get("SentTimestamp", ""))
    return sent.isdigit() and int(sent) >= moment.timestamp() * 1000


def fingerprint(content: str) -> str:
    """What a message is known by when it has no room for a count: its content, since its id changes."""
    return hashlib.sha256(content.encode()).hexdigest()


def choose_way(letter: DeadLetter, policy: DrainPolicy) -> Way:
    """Replay while attempts are left; then whatever `then` says. `to: archive` keeps a copy and sends nothing."""
    if policy.to in ("archive", "quarantine"):
        return "archive" if policy.to == "archive" else "quarantine"
    if letter.readable and (policy.attempts is None or letter.replays < policy.attempts):
        return "replay"
    ways: dict[str, Way] = {"quarantine": "quarantine", "archive": "archive"}
    return ways.get(policy.then, "leave")


def target_queue(way: Way, policy: DrainPolicy) -> str:
    """The queue that a message is sent to; "" when it is sent nowhere."""
    if way == "quarantine":
        return policy.quarantine_queue
    return policy.target_queue if way == "replay" else ""


def send_entry(letter: DeadLetter, number: int, way: Way, *, fifo: bool) -> dict[str, Any]:
    """The entry of SendMessageBatch: same body and attributes, one count more when replayed.

    FIFO messages keep their group and get a new deduplication id, the same for every try of this replay: sent twice
    because of a crash, the queue takes it once.
    """
    message = letter.message
    attributes = {name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()}
    if way == "replay" and (COUNT_ATTRIBUTE in attributes or _has_room(message)):
        attributes[COUNT_ATTRIBUTE] = {"DataType": "Number", "StringValue": str(letter.replays + 1)}
    entry: dict[str, Any] = {"Id": str(number), "MessageBody": message["Body"]}
    if attributes:
        entry["MessageAttributes"] = attributes
    if letter.group:
        entry["MessageGroupId"] = letter.group
    if fifo:
        entry["MessageDeduplicationId"] = hashlib.sha256(f"{letter.id}/{letter.replays}/{way}".encode()).hexdigest()
    if trace := message.get("Attributes", {}).get("AWSTraceHeader"):
        entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return entry


def split_batches(letters: Sequence[DeadLetter], *, fifo: bool) -> list[list[DeadLetter]]:
    """Batches within the limits, in order. FIFO: one message of a group per batch, so that a refused one can hold back
    those behind it."""
    batches: list[list[DeadLetter]] = []
    size = 0
    for letter in letters:
        last = batches[-1] if batches else []
        repeated = fifo and any(other.group == letter.group for other in last)
        if not last or len(last) >= BATCH_ENTRIES or size + letter.size > BATCH_BYTES or repeated:
            batches.append([])
            size = 0
        batches[-1].append(letter)
        size += letter.size
    return batches


def archive_key(pipeline: str, resource: str, moment: datetime, name: str) -> str:
    """Partitioned by day, so that a query engine reads only the days asked for."""
    return f"dead-letters/{pipeline}/{resource}/dt={moment:%Y-%m-%d}/{moment:%H%M%S}-{name}.jsonl.gz"


def archive_bytes(letters: Sequence[tuple[DeadLetter, Way]], moment: datetime) -> bytes:
    """Gzipped JSON lines, one a message, with everything that a replay needs."""
    rows = [json.dumps(_row(letter, way, moment), separators=(",", ":")) for letter, way in letters]
    return gzip.compress(("\n".join(rows) + "\n").encode(), compresslevel=6, mtime=0)


def _row(letter: DeadLetter, way: Way, moment: datetime) -> dict[str, Any]:
    message = letter.message
    attributes = message.get("MessageAttributes", {})
    return {
        "message_id": letter.id,
        "archived": moment.isoformat(),
        "way": way,
        "replays": letter.replays,
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "message_attributes": {name: _printable(_attribute(value)) for name, value in attributes.items()},
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without the empty lists that ReceiveMessage may add and SendMessage refuses."""
    return {name: value[name] for name in ("DataType", "StringValue", "BinaryValue") if name in value}


def _printable(value: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: base64.b64encode(item).decode() if isinstance(item, bytes) else str(item) for name, item in value.items()
    }
