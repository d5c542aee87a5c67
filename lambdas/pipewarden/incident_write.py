"""One change of the table as the actions of a transaction. Pure; `incident_store` says what the items are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipewarden.breaker import Breaker
from pipewarden.cost import Cost
from pipewarden.incident import Incident
from pipewarden.incident_record import history_item, incident_item
from pipewarden.item import Item, to_item, to_text
from pipewarden.run_history import RunHistory

SEEN_DAYS = 15  # longer than a message can stay in a queue
RUN_DAYS = 45
INCIDENT_DAYS = 400
HISTORY_DAYS = 400
BUDGET_DAYS = 2
BREAKER_DAYS = 400
MOST_INPUT_BYTES = 380_000  # an item holds 400 KB

Action = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StartedRun:
    """A run that we started, found by its service's id."""

    incident: str
    resource: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Write:
    """One atomic change. `input` is (lane and number of an attempt, what its failed run was started with); `breakers`
    are by the pk of their items; `spent` is added to what retries of the pipeline took today (less than nothing gives
    back)."""

    signal_key: str = ""
    signal_time: str = ""
    incident: Incident | None = None
    pipeline: str = ""
    resource: str = ""
    runs: RunHistory | None = None
    started: tuple[str, StartedRun] | None = None
    input: tuple[str, Mapping[str, Any]] | None = None
    counts_retry: bool = False
    breakers: tuple[tuple[str, Breaker], ...] = ()
    spent: Cost | None = None
    ends: tuple[datetime, ...] | None = None


def plan_write(table: str, change: Write, now: datetime) -> tuple[Incident | None, list[Action]]:
    """The incident as it will be written, and the actions that write everything or nothing."""
    actions: list[Action] = []
    written = None
    if change.incident:
        written = _next_version(change.incident)
        actions = _incident_actions(table, change.incident, written, now)
    if change.ends is not None:
        ends = {"ends": [to_text(end) for end in change.ends]}
        actions.append(put(table, f"PIPELINE#{change.pipeline}", "ENDS", ends, now, BUDGET_DAYS))
    if change.runs is not None:
        actions.append(_runs_action(table, change, change.runs, now))
    if change.started:
        run, mapped = change.started
        actions.append(put(table, f"RUN#{run}", "RUN", mapped.__dict__, now, RUN_DAYS))
    if change.input and written:
        actions += _input_actions(table, written.id, change.input, now)
    if change.counts_retry:
        actions.append(_count_action(table, now))
    actions += [_breaker_action(table, pk, breaker, now) for pk, breaker in change.breakers]
    if change.spent:
        actions.append(_spent_action(table, change.pipeline, change.spent, now))
    if change.signal_key:
        seen = {"incident": written.id if written else "", "time": change.signal_time}
        actions.append(put(table, f"SEEN#{change.signal_key}", "SEEN", seen, now, SEEN_DAYS, new=True))
    return written, actions


def put(table: str, pk: str, sk: str, values: Any, now: datetime, days: int | None, *, new: bool = False) -> Action:
    """One Put action; `new` refuses to overwrite."""
    item = {**to_item(values), **item_key(pk, sk)}
    if days is not None:
        item["expires"] = {"N": str(int((now + timedelta(days=days)).timestamp()))}
    request: dict[str, Any] = {"TableName": table, "Item": item}
    if new:
        request["ConditionExpression"] = "attribute_not_exists(pk)"
    return {"Put": request}


def item_key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def hour(now: datetime) -> str:
    """Sort key of the budget of the hour."""
    return f"HOUR#{now:%Y-%m-%dT%H}"


def day(now: datetime) -> str:
    """Sort key of what retries of a pipeline took in one day."""
    return f"SPENT#{now:%Y-%m-%d}"


def spent_attribute(unit: str) -> str:
    """Prefixed, because `seconds` is a reserved word of DynamoDB's expressions."""
    return f"retry_{unit}"


def breaker_keys(pipeline: str) -> dict[str, str]:
    """The pk of the pipeline's circuit breaker and of the environment's."""
    return {"pipeline": f"PIPELINE#{pipeline}", "environment": "BUDGET"}


def _next_version(incident: Incident) -> Incident:
    entries = incident.entries + len(incident.fresh)
    return replace(incident, version=incident.version + 1, entries=entries, fresh=(), ending=False)


def _incident_actions(table: str, incident: Incident, written: Incident, now: datetime) -> list[Action]:
    """META, the timeline entries, and the pipeline's pointer when the incident begins or ends."""
    base, pk, pointer = incident.version, f"INCIDENT#{incident.id}", f"PIPELINE#{incident.pipeline}"
    index = {"gsi1pk": "INCIDENT", "gsi1sk": f"{to_text(incident.opened)}#{incident.id}"}
    meta = put(table, pk, "META", index, now, INCIDENT_DAYS, new=not base)
    meta["Put"]["Item"].update(incident_item(written))
    actions = [_only_on_version(meta, base)]
    for number, entry in enumerate(incident.fresh, start=incident.entries):
        actions.append(put(table, pk, f"T#{to_text(entry.time)}#{number:04d}", entry.__dict__, now, INCIDENT_DAYS))
    if not base and not incident.over:
        actions.append(put(table, pointer, "OPEN", {"incident": incident.id}, now, None, new=True))
    elif base and incident.ending:
        actions.append(_close_action(table, pointer, incident.id))
    return actions


def _only_on_version(action: Action, base: int) -> Action:
    if base:
        action["Put"]["ConditionExpression"] = "version = :version"
        action["Put"]["ExpressionAttributeValues"] = {":version": {"N": str(base)}}
    return action


def _close_action(table: str, pointer: str, incident: str) -> Action:
    request = {
        "TableName": table,
        "Key": item_key(pointer, "OPEN"),
        "ConditionExpression": "attribute_not_exists(pk) OR incident = :incident",
        "ExpressionAttributeValues": {":incident": {"S": incident}},
    }
    return {"Delete": request}


def _runs_action(table: str, change: Write, runs: RunHistory, now: datetime) -> Action:
    base = runs.version
    pk, sk = f"PIPELINE#{change.pipeline}", f"RUNS#{change.resource}"
    action = put(table, pk, sk, {}, now, HISTORY_DAYS, new=not base)
    action["Put"]["Item"].update(history_item(replace(runs, version=base + 1)))
    return _only_on_version(action, base)


def _input_actions(table: str, incident: str, kept: tuple[str, Mapping[str, Any]], now: datetime) -> list[Action]:
    """Nothing for an input that no item holds: then the retry cannot be started, and people are told so."""
    text = json.dumps(kept[1], default=str)
    if len(text.encode()) > MOST_INPUT_BYTES:
        return []
    return [put(table, f"INCIDENT#{incident}", f"INPUT#{kept[0]}", {"input": text}, now, SEEN_DAYS)]


def _count_action(table: str, now: datetime) -> Action:
    expires = str(int((now + timedelta(days=BUDGET_DAYS)).timestamp()))
    request = {
        "TableName": table,
        "Key": item_key("BUDGET", hour(now)),
        "UpdateExpression": "ADD retries :one SET expires = :expires",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":expires": {"N": expires}},
    }
    return {"Update": request}


def _breaker_action(table: str, pk: str, breaker: Breaker, now: datetime) -> Action:
    base = breaker.version
    action = put(table, pk, "BREAKER", replace(breaker, version=base + 1).__dict__, now, BREAKER_DAYS, new=not base)
    return _only_on_version(action, base)


def _spent_action(table: str, pipeline: str, spent: Cost, now: datetime) -> Action:
    expires = str(int((now + timedelta(days=BUDGET_DAYS)).timestamp()))
    request = {
        "TableName": table,
        "Key": item_key(f"PIPELINE#{pipeline}", day(now)),
        "UpdateExpression": f"ADD {spent_attribute(spent.unit)} :amount SET expires = :expires",
        "ExpressionAttributeValues": {":amount": {"N": repr(round(spent.amount, 6))}, ":expires": {"N": expires}},
    }
    return {"Update": request}
