"""The one table: incidents, what points to them, and what is remembered about runs. Every write is conditional.

| pk | sk | Attributes |
| --- | --- | --- |
| `INCIDENT#<id>` | `META` | the fields of `Incident`; `gsi1pk` = `INCIDENT`, `gsi1sk` = `<opened>#<id>` |
| `INCIDENT#<id>` | `T#<time>#<number>` | one `Entry` of the timeline |
| `INCIDENT#<id>` | `PAGE#<number>` | the facts of a page as sent (`page.Page`), for rungs that send it again |
| `INCIDENT#<id>` | `INPUT#<lane>#<attempt>` | `input`: JSON that a retry needs and nobody can be asked for later |
| `PIPELINE#<name>` | `OPEN` | `incident`: the pipeline's open incident; gone when that is over |
| `PIPELINE#<name>` | `ENDS` | `ends`: when its latest incidents ended by themselves |
| `PIPELINE#<name>` | `RUNS#<resource>` | `RunHistory` |
| `RUN#<pipeline>#<resource>#<run id>` | `RUN` | `incident`, `resource`, `attempt`: a run that we started |
| `SEEN#<signal key>` | `SEEN` | `incident`: a signal that was handled or is being handled; `time` of the event |
| `BUDGET` | `HOUR#<hour>` | `retries` started in that hour |
| `HELD#<maintenance or quiet>#<name>` | `<end>` | `incidents`: ids whose pages are held back until then |
| `PIPELINE#<name>`, `BUDGET` | `BREAKER` | the circuit `Breaker` of the pipeline, of the environment |
| `SWITCH` | `SWITCH` | `mode`, `why`, `read`: the kill switch as the latest heartbeat read it (`switch_copy`) |
| `PIPELINE#<name>` | `SPENT#<day>` | `retry_dpu_hours`, `retry_seconds`: what retries took or will take that day |
| `DRAIN#<queue>` | `STATE` | lease and counts of a drain (`drain_store`) |

META carries `version`; a write names the version it read, so of two responders one reads again and decides again.
Signals are marked as seen in the transaction that changes the incident; effects wait in `pending` until they are done.
`expires` is the TTL attribute (epoch seconds).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipewarden import switch_copy
from pipewarden.breaker import Breakers
from pipewarden.cost import UNITS
from pipewarden.incident import Entry, Incident
from pipewarden.incident_record import read_breaker, read_entry, read_history, read_incident
from pipewarden.incident_write import (
    INCIDENT_DAYS,
    StartedRun,
    Write,
    breaker_keys,
    day,
    hour,
    item_key,
    plan_write,
    put,
    spent_attribute,
)
from pipewarden.item import Item, from_item, to_text
from pipewarden.kill_switch import KnownSwitch
from pipewarden.run_history import RunHistory

BATCH_TRIES = 5
MOST_KEYS = 100  # of one BatchGetItem
HELD_DAYS = 7


class ConflictError(Exception):
    """Somebody else wrote first: read again, decide again."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """That a signal was met before: the incident it changed, and when its event happened."""

    incident: str = ""
    time: str = ""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What one consistent batch read found. `incident` is the open one, `named` the one asked for."""

    seen: Seen | None = None
    open_incident: str = ""
    run: StartedRun | None = None
    runs: RunHistory = field(default_factory=RunHistory)
    retries_this_hour: int = 0
    breakers: Breakers = field(default_factory=Breakers)
    spent_today: Mapping[str, float] = field(default_factory=dict)
    incident: Incident | None = None
    named: Incident | None = None
    ends: tuple[datetime, ...] = ()
    switch: KnownSwitch | None = None


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
        wanted = {"seen": item_key(f"SEEN#{signal_key}", "SEEN"), "budget": item_key("BUDGET", hour(now))}
        wanted["switch"] = switch_copy.KEY
        if pipeline:
            wanted["open"] = item_key(f"PIPELINE#{pipeline}", "OPEN")
            wanted["spent"] = item_key(f"PIPELINE#{pipeline}", day(now))
            wanted |= {name: item_key(pk, "BREAKER") for name, pk in breaker_keys(pipeline).items()}
            wanted["ends"] = item_key(f"PIPELINE#{pipeline}", "ENDS")
        if pipeline and resource:
            wanted["runs"] = item_key(f"PIPELINE#{pipeline}", f"RUNS#{resource}")
        if run:
            wanted["run"] = item_key(f"RUN#{run}", "RUN")
        if incident:
            wanted["incident"] = item_key(f"INCIDENT#{incident}", "META")
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
            breakers=Breakers(**{name: read_breaker(found[name]) for name in breaker_keys("") if name in found}),
            spent_today=_spent(from_item(found["spent"])) if "spent" in found else {},
            incident=current,
            named=named,
            switch=switch_copy.read_copy(found["switch"]) if "switch" in found else None,
            ends=tuple(datetime.fromisoformat(end) for end in from_item(found.get("ends", {})).get("ends", ())),
        )

    def load(self, incident: str) -> Incident | None:
        """The incident by its id, read consistently; None when there is none."""
        key = item_key(f"INCIDENT#{incident}", "META")
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return read_incident(item) if item else None

    def load_open(self, pipelines: Sequence[str]) -> list[Incident]:
        """The open incidents of these pipelines."""
        found: dict[str, Item] = {}
        for start in range(0, len(pipelines), MOST_KEYS):
            some = pipelines[start : start + MOST_KEYS]
            found |= self._batch_get({name: item_key(f"PIPELINE#{name}", "OPEN") for name in some})
        loaded = (self.load(str(from_item(item)["incident"])) for item in found.values())
        return [incident for incident in loaded if incident]

    def add_held(self, by: str, name: str, until: datetime, incident: str) -> None:
        """Remember that a page of the incident is held back until that moment. Twice is the same as once."""
        expires = str(int((until + timedelta(days=HELD_DAYS)).timestamp()))
        self._dynamodb.update_item(
            TableName=self._table,
            Key=item_key(f"HELD#{by}#{name}", to_text(until)),
            UpdateExpression="ADD incidents :one SET expires = :expires",
            ExpressionAttributeValues={":one": {"SS": [incident]}, ":expires": {"N": expires}},
        )

    def load_held(self, by: str, name: str, until: datetime) -> list[str]:
        """The ids of the incidents whose pages were held back until that moment."""
        key = item_key(f"HELD#{by}#{name}", to_text(until))
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return sorted(item.get("incidents", {}).get("SS", ()))

    def load_runs(self, pipeline: str, resource: str) -> RunHistory:
        """What is remembered about the runs of one resource."""
        key = item_key(f"PIPELINE#{pipeline}", f"RUNS#{resource}")
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
        written, actions = plan_write(self._table, change, now)
        self._transact(actions)
        return written

    def load_input(self, incident: str, attempt: str) -> dict[str, Any]:
        """What the failed run of an attempt (by lane and number) was started with; empty when it was not kept."""
        key = item_key(f"INCIDENT#{incident}", f"INPUT#{attempt}")
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        found: dict[str, Any] = json.loads(item["input"]["S"]) if item else {}
        return found

    def put_page(self, incident: str, number: int, facts: Item, now: datetime) -> None:
        """Keep what a page said, masked already, for the rungs that say it again. The same number is overwritten."""
        action = put(self._table, f"INCIDENT#{incident}", f"PAGE#{number:03d}", {}, now, INCIDENT_DAYS)["Put"]
        action["Item"]["page"] = {"M": facts}
        self._dynamodb.put_item(**action)

    def load_page(self, incident: str, number: int) -> Item | None:
        key = item_key(f"INCIDENT#{incident}", f"PAGE#{number:03d}")
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return dict(item["page"]["M"]) if item else None

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


def _spent(values: Mapping[str, Any]) -> dict[str, float]:
    return {unit: float(values.get(spent_attribute(unit), 0)) for unit in UNITS}


def _plain(item: Item, *names: str) -> dict[str, Any]:
    values = from_item(item)
    return {name: values[name] for name in names if name in values}
