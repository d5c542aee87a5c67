"""The one table: incidents, what points to them, and what is remembered about runs. Every write is conditional.

| pk | sk | Attributes |
| --- | --- | --- |
| `INCIDENT#<id>` | `META` | the fields of `Incident`; `gsi1pk` = `INCIDENT`, `gsi1sk` = `<opened>#<id>` |
| `INCIDENT#<id>` | `T#<time>#<number>` | one `Entry` of the timeline |
| `INCIDENT#<id>` | `PAGE#<number>` | the facts of a page as sent (`page.Page`), for rungs that send it again |
| `PIPELINE#<name>` | `OPEN` | `incident`: the pipeline's open incident; gone when that is over |
| `PIPELINE#<name>` | `RUNS#<resource>` | `RunHistory` |
| `RUN#<pipeline>#<resource>#<run id>` | `RUN` | `incident`, `resource`, `attempt`: a run that we started |
| `SEEN#<signal key>` | `SEEN` | `incident`: a signal that was handled or is being handled; `time` of the event |
| `BUDGET` | `HOUR#<hour>` | `retries` started in that hour |
| `DRAIN#<queue>` | `STATE` | lease and counts of a drain (`drain_store`) |

META carries `version`; a write names the version it read, so of two responders one reads again and decides again.
Signals are marked as seen in the transaction that changes the incident; effects wait in `pending` until they are done.
`expires` is the TTL attribute (epoch seconds).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pipewarden.incident import Entry, Incident
from pipewarden.incident_record import history_item, incident_item, read_entry, read_history, read_incident
from pipewarden.item import Item, from_item, to_item, to_text
from pipewarden.run_history import RunHistory

SEEN_DAYS = 15  # longer than a message can stay in a queue
RUN_DAYS = 45
INCIDENT_DAYS = 400
HISTORY_DAYS = 400
BATCH_TRIES = 5


class ConflictError(Exception):
    """Somebody else wrote first: read again, decide again."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """That a signal was met before: the incident it changed, and when its event happened."""

    incident: str = ""
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class StartedRun:
    """A run that we started, found by its service's id."""

    incident: str
    resource: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What one consistent batch read found."""

    seen: Seen | None = None
    open_incident: str = ""
    run: StartedRun | None = None
    runs: RunHistory = field(default_factory=RunHistory)
    retries_this_hour: int = 0
    incident: Incident | None = None


@dataclass(frozen=True, kw_only=True)
class Write:
    """One atomic change. `base_version` is the version of the incident that was read, 0 for a new one."""

    signal_key: str = ""
    signal_time: str = ""
    incident: Incident | None = None
    pipeline: str = ""
    resource: str = ""
    runs: RunHistory | None = None
    started: tuple[str, StartedRun] | None = None
    counts_retry: bool = False


class IncidentStore:
    """Reads and conditional writes of the table through a low-level DynamoDB client."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(
        self,
        now: datetime,
        *,
        signal_key: str,
        pipeline: str = "",
        resource: str = "",
        run: str = "",
        incident: str = "",
    ) -> Snapshot:
        """Everything a decision needs in one call, and one more when an incident is open that was not named."""
        wanted = {"seen": _key(f"SEEN#{signal_key}", "SEEN"), "budget": _key("BUDGET", _hour(now))}
        if pipeline:
            wanted["open"] = _key(f"PIPELINE#{pipeline}", "OPEN")
        if pipeline and resource:
            wanted["runs"] = _key(f"PIPELINE#{pipeline}", f"RUNS#{resource}")
        if run:
            wanted["run"] = _key(f"RUN#{run}", "RUN")
        if incident:
            wanted["incident"] = _key(f"INCIDENT#{incident}", "META")
        found = self._batch_get(wanted)
        named = read_incident(found["incident"]) if "incident" in found else None
        open_id = str(from_item(found["open"])["incident"]) if "open" in found else ""
        current = named if named and named.id == open_id else self.load(open_id) if open_id else None
        seen, mapped = found.get("seen"), found.get("run")
        return Snapshot(
            seen=Seen(**_plain(seen, "incident", "time")) if seen else None,
            open_incident=open_id,
            run=StartedRun(**_plain(mapped, "incident", "resource", "attempt")) if mapped else None,
            runs=read_history(found["runs"]) if "runs" in found else RunHistory(),
            retries_this_hour=int(from_item(found["budget"])["retries"]) if "budget" in found else 0,
            incident=current,
        )

    def load(self, incident: str) -> Incident | None:
        """The incident by its id, read consistently; None when there is none."""
        key = _key(f"INCIDENT#{incident}", "META")
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return read_incident(item) if item else None

    def load_runs(self, pipeline: str, resource: str) -> RunHistory:
        """What is remembered about the runs of one resource."""
        key = _key(f"PIPELINE#{pipeline}", f"RUNS#{resource}")
        item = self._dynamodb.get_item(TableName=self._table, Key=key).get("Item")
        return read_history(item) if item else RunHistory()

    def timeline(self, incident: str) -> list[Entry]:
        """Every entry, oldest first."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": f"INCIDENT#{incident}"}, ":prefix": {"S": "T#"}},
        )
        return [read_entry(item) for page in pages for item in page["Items"]]

    def recent(self, limit: int = 50) -> list[Incident]:
        """The latest incidents of all pipelines, newest first."""
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName="by_time",
            KeyConditionExpression="gsi1pk = :all",
            ExpressionAttributeValues={":all": {"S": "INCIDENT"}},
            ScanIndexForward=False,
            Limit=limit,
        )
        return [read_incident(item) for item in answer["Items"]]

    def write(self, change: Write, now: datetime) -> Incident | None:
        """Do one change as a whole or not at all; the incident as written. Raises ConflictError when outrun."""
        actions: list[dict[str, Any]] = []
        written = None
        if change.incident:
            written, actions = self._incident_actions(change.incident, now)
        if change.runs is not None:
            actions.append(self._runs_action(change, now))
        if change.started:
            actions.append(self._put(f"RUN#{change.started[0]}", "RUN", change.started[1].__dict__, now, RUN_DAYS))
        if change.counts_retry:
            actions.append(self._count_action(now))
        if change.signal_key:
            seen = {"incident": written.id if written else "", "time": change.signal_time}
            actions.append(self._put(f"SEEN#{change.signal_key}", "SEEN", seen, now, SEEN_DAYS, new=True))
        self._transact(actions)
        return written

    def put_page(self, incident: str, number: int, facts: Item, now: datetime) -> None:
        """Keep what a page said, masked already, for the rungs that say it again. The same number is overwritten."""
        action = self._put(f"INCIDENT#{incident}", f"PAGE#{number:03d}", {}, now, INCIDENT_DAYS)["Put"]
        action["Item"]["page"] = {"M": facts}
        self._dynamodb.put_item(**action)

    def load_page(self, incident: str, number: int) -> Item | None:
        key = _key(f"INCIDENT#{incident}", f"PAGE#{number:03d}")
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return dict(item["page"]["M"]) if item else None

    def _incident_actions(self, incident: Incident, now: datetime) -> tuple[Incident, list[dict[str, Any]]]:
        """META, the timeline entries, and the pipeline's pointer when the incident begins or ends."""
        base = incident.version
        entries = incident.fresh
        written = replace(incident, version=base + 1, entries=incident.entries + len(entries), fresh=(), ending=False)
        keys = {"gsi1pk": "INCIDENT", "gsi1sk": f"{to_text(incident.opened)}#{incident.id}"}
        meta = self._put(f"INCIDENT#{incident.id}", "META", keys, now, INCIDENT_DAYS)["Put"]
        meta["Item"].update(incident_item(written))
        if base:
            meta["ConditionExpression"] = "version = :version"
            meta["ExpressionAttributeValues"] = {":version": {"N": str(base)}}
        else:
            meta["ConditionExpression"] = "attribute_not_exists(pk)"
        actions = [{"Put": meta}]
        for number, entry in enumerate(entries, start=incident.entries):
            sort = f"T#{to_text(entry.time)}#{number:04d}"
            actions.append(self._put(f"INCIDENT#{incident.id}", sort, entry.__dict__, now, INCIDENT_DAYS))
        pointer = f"PIPELINE#{incident.pipeline}"
        if not base and not incident.over:
            actions.append(self._put(pointer, "OPEN", {"incident": incident.id}, now, None, new=True))
        elif base and incident.ending:
            actions.append(self._close_action(pointer, incident.id))
        return written, actions

    def _close_action(self, pointer: str, incident: str) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._table,
                "Key": _key(pointer, "OPEN"),
                "ConditionExpression": "attribute_not_exists(pk) OR incident = :incident",
                "ExpressionAttributeValues": {":incident": {"S": incident}},
            }
        }

    def _runs_action(self, change: Write, now: datetime) -> dict[str, Any]:
        assert change.runs is not None
        base = change.runs.version
        put = self._put(f"PIPELINE#{change.pipeline}", f"RUNS#{change.resource}", {}, now, HISTORY_DAYS)["Put"]
        put["Item"].update(history_item(replace(change.runs, version=base + 1)))
        put["ConditionExpression"] = "version = :version" if base else "attribute_not_exists(pk)"
        if base:
            put["ExpressionAttributeValues"] = {":version": {"N": str(base)}}
        return {"Put": put}

    def _count_action(self, now: datetime) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": _key("BUDGET", _hour(now)),
                "UpdateExpression": "ADD retries :one SET expires = :expires",
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":expires": {"N": _expires(now, 2)}},
            }
        }

    def _put(
        self, pk: str, sk: str, values: Any, now: datetime, days: int | None, *, new: bool = False
    ) -> dict[str, Any]:
        item = {**to_item(values), **_key(pk, sk)}
        if days is not None:
            item["expires"] = {"N": _expires(now, days)}
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if new:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        return {"Put": put}

    def _transact(self, actions: Sequence[dict[str, Any]]) -> None:
        try:
            self._dynamodb.transact_write_items(TransactItems=list(actions))
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            codes = {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", ())}
            if not codes or codes & {"ConditionalCheckFailed", "TransactionConflict"}:
                raise ConflictError(", ".join(sorted(codes))) from error
            raise
        except self._dynamodb.exceptions.TransactionInProgressException as error:
            raise ConflictError("in progress") from error

    def _batch_get(self, wanted: dict[str, Item]) -> dict[str, Item]:
        names = {(key["pk"]["S"], key["sk"]["S"]): name for name, key in wanted.items()}
        found: dict[str, Item] = {}
        request: Any = {self._table: {"Keys": list(wanted.values()), "ConsistentRead": True}}
        for _ in range(BATCH_TRIES):
            answer = self._dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(self._table, ()):
                found[names[item["pk"]["S"], item["sk"]["S"]]] = item
            request = answer.get("UnprocessedKeys")
            if not request:
                return found
        raise ConflictError("DynamoDB did not answer for every key")


def _key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _hour(now: datetime) -> str:
    return f"HOUR#{now:%Y-%m-%dT%H}"


def _expires(now: datetime, days: int) -> str:
    return str(int((now + timedelta(days=days)).timestamp()))


def _plain(item: Item, *names: str) -> dict[str, Any]:
    values = from_item(item)
    return {name: values[name] for name in names if name in values}
