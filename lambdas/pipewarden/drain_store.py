"""What is remembered about a drain between its passes: item `DRAIN#<queue>` / `STATE`, and counts of single messages.

| Attribute | |
| --- | --- |
| `lease_until`, `holder` | the invocation that is draining, and when it must be over |
| `drain`, `started`, `incident` | id of the drain, when it began, whose it is |
| `passes` | passes that are over |
| `pass_began` | when the pass that is going on began, whoever continues it |
| `received`, `replayed`, `quarantined`, `archived` | messages so far, over all passes |
| `returned` | messages replayed by this drain that came back |
| `pass_replayed` | messages replayed in the pass that is going on |
| `stop` | who asked for the drain to stop |
| `stuck` | ids of messages that stayed in the dead-letter queue |
| `samples` | up to three masked bodies of messages put aside |

`DRAIN#<queue>` / `MESSAGE#<sha256 of the body>` counts replays of a message that has ten attributes already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipewarden.item import Item, from_item, to_item, to_text, to_value

STATE_DAYS = 30
MESSAGE_DAYS = 15
TAKE = "SET lease_until = :until, holder = :holder, expires = :expires, pass_began = if_not_exists(pass_began, :now)"
COUNTS = ("received", "replayed", "quarantined", "archived", "returned")


@dataclass(frozen=True, kw_only=True)
class DrainState:
    """One drain as far as it has come."""

    drain: str
    started: datetime
    pass_began: datetime
    incident: str = ""
    passes: int = 0
    received: int = 0
    replayed: int = 0
    quarantined: int = 0
    archived: int = 0
    returned: int = 0
    stop: str = ""
    pass_replayed: int = 0
    stuck: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()


class DrainStore:
    """The state of the drain of one dead-letter queue."""

    def __init__(self, dynamodb: Any, table: str, queue: str) -> None:
        self._dynamodb, self._table, self._queue = dynamodb, table, queue

    def acquire(self, now: datetime, until: datetime, holder: str, incident: str) -> DrainState | None:
        """Lease the queue until then, beginning a drain when none is going on; None when it is leased already."""
        values = {":until": to_text(until), ":now": to_text(now), ":holder": holder}
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=self._key("STATE"),
                UpdateExpression=TAKE,
                ConditionExpression="attribute_not_exists(lease_until) OR lease_until < :now",
                ExpressionAttributeValues=to_item(values) | {":expires": _expires(now, STATE_DAYS)},
                ReturnValues="ALL_NEW",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return None
        found = from_item(answer["Attributes"])
        if "drain" in found:
            return _read(found)
        drain = f"{now:%Y%m%d%H%M%S}-{holder[:8]}"
        begun = {":drain": drain, ":started": to_text(now), ":incident": incident or "-"}
        self._update("SET drain = :drain, started = :started, incident = :incident", begun)
        return DrainState(drain=drain, started=now, pass_began=now, incident=incident)

    def count(self, counts: Mapping[str, int], stuck: Sequence[str], samples: Sequence[str] = ()) -> DrainState:
        """Add to the counts of the drain, and say which messages stayed in the queue so far; the state after it."""
        added = {f":{name}": counts.get(name, 0) for name in (*COUNTS, "pass_replayed")}
        expression = "ADD " + ", ".join(f"{name[1:]} {name}" for name in added) + " SET stuck = :stuck"
        values = {**added, ":stuck": list(stuck)}
        if samples:
            return _read(self._update(f"{expression}, samples = :samples", {**values, ":samples": list(samples)}))
        return _read(self._update(expression, values))

    def ask_to_stop(self, by: str) -> bool:
        """Let the drain that is going on stop after the messages in hand; False when none is going on."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=self._key("STATE"),
                UpdateExpression="SET stop = :by",
                ConditionExpression="attribute_exists(drain)",
                ExpressionAttributeValues={":by": {"S": by}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def release(self, *, passed: bool) -> None:
        """Give the queue back between two passes, or in the middle of one when the time is up."""
        if passed:
            over = "ADD passes :one SET pass_replayed = :zero REMOVE lease_until, pass_began"
            self._update(over, {":one": 1, ":zero": 0})
        else:
            self._update("REMOVE lease_until", {})

    def load(self) -> DrainState | None:
        item = self._dynamodb.get_item(TableName=self._table, Key=self._key("STATE"), ConsistentRead=True).get("Item")
        found = from_item(item) if item else {}
        return _read(found) if "drain" in found else None

    def finish(self, drain: str) -> None:
        """Forget the drain; one that began since stays."""
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key=self._key("STATE"),
                ConditionExpression="drain = :drain",
                ExpressionAttributeValues={":drain": {"S": drain}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def count_message(self, fingerprint: str, now: datetime) -> int:
        """How often this message was replayed before; one more is counted."""
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key=self._key(f"MESSAGE#{fingerprint}"),
            UpdateExpression="ADD replays :one SET expires = :expires",
            ExpressionAttributeValues={":one": {"N": "1"}, ":expires": _expires(now, MESSAGE_DAYS)},
            ReturnValues="ALL_NEW",
        )
        return int(from_item(answer["Attributes"])["replays"]) - 1

    def _update(self, expression: str, values: Mapping[str, Any]) -> dict[str, Any]:
        request: dict[str, Any] = {"UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
        if values:
            request["ExpressionAttributeValues"] = {name: to_value(value) for name, value in values.items()}
        answer = self._dynamodb.update_item(TableName=self._table, Key=self._key("STATE"), **request)
        return from_item(answer["Attributes"])

    def _key(self, sort: str) -> Item:
        return {"pk": {"S": f"DRAIN#{self._queue}"}, "sk": {"S": sort}}


def _read(found: Mapping[str, Any]) -> DrainState:
    names = ("drain", "passes", "pass_replayed", "stop", *COUNTS)
    kept = {name: found[name] for name in names if name in found}
    incident = "" if found.get("incident", "-") == "-" else str(found["incident"])
    started = datetime.fromisoformat(found["started"])
    began = datetime.fromisoformat(found["pass_began"]) if "pass_began" in found else started
    stuck, samples = tuple(found.get("stuck", ())), tuple(found.get("samples", ()))
    return DrainState(**kept, incident=incident, started=started, pass_began=began, stuck=stuck, samples=samples)


def _expires(now: datetime, days: int) -> dict[str, str]:
    return {"N": str(int((now + timedelta(days=days)).timestamp()))}
