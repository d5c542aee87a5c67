"""Incidents and run histories as the attributes of their items, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipewarden.attempt import Attempt
from pipewarden.breaker import Breaker
from pipewarden.hold import Hold
from pipewarden.impact import Impact
from pipewarden.incident import Effect, Entry, Incident, IncidentState, Reason
from pipewarden.item import Item, from_item, to_item, to_moment
from pipewarden.run_history import RunHistory

MOMENTS = frozenset(
    {"opened", "leased_until", "paged", "last_paged", "acknowledged", "ended", "since", "due", "claimed"}
    | {"until", "calm_since", "claimed_until", "started", "at", "time", "last_good", "last_good_started", "last_failed"}
    | {"overdue", "planned", "remediated"}
)
UNWRITTEN = ("fresh", "ending")


def incident_item(incident: Incident) -> Item:
    """The attributes of the META item, without keys; timeline entries are items of their own."""
    names = [name for name in Incident.__dataclass_fields__ if name not in UNWRITTEN]
    return to_item({name: getattr(incident, name) for name in names})


def read_incident(item: Item) -> Incident:
    values = _known(from_item(item), Incident)
    return Incident(
        **{
            **values,
            "state": IncidentState(values.get("state", "open")),
            "reasons": tuple(Reason(**_known(row, Reason)) for row in values.get("reasons", ())),
            "attempts": tuple(
                Attempt(**{"failed_run_id": "", **_known(row, Attempt)}) for row in values.get("attempts", ())
            ),
            "pending": tuple(Effect(**_known(row, Effect)) for row in values.get("pending", ())),
            "rungs": tuple(values.get("rungs", ())),
            "impact": Impact(**_known(values["impact"], Impact)) if values.get("impact") else None,
            "informed": tuple(float(above) for above in values.get("informed", ())),
            "hold": Hold(**_known(values["hold"], Hold)) if values.get("hold") else None,
        }
    )


def read_entry(item: Item) -> Entry:
    return Entry(**{"text": "", **_known(from_item(item), Entry)})


def history_item(history: RunHistory) -> Item:
    return to_item({name: getattr(history, name) for name in RunHistory.__dataclass_fields__})


def read_history(item: Item) -> RunHistory:
    values = _known(from_item(item), RunHistory)
    days = {day: (int(counts[0]), int(counts[1])) for day, counts in values.get("days", {}).items()}
    lists = {name: tuple(values.get(name, ())) for name in ("durations", "dpu_hours")}
    acted = {name: moment for name, text in values.get("acted", {}).items() if (moment := to_moment(text))}
    return RunHistory(**{**values, "days": days, "acted": acted, **lists})


def read_breaker(item: Item) -> Breaker:
    values = _known(from_item(item), Breaker)
    failures = tuple(moment for text in values.get("failures", ()) if (moment := to_moment(text)))
    return Breaker(**{**values, "failures": failures})


def _known(values: Mapping[str, Any], record: Any) -> dict[str, Any]:
    """The attributes that the record has: an older or newer version's item is still read."""
    defaults = {name: "" for name in ("text", "resource") if name in record.__dataclass_fields__}
    kept = {name: values[name] for name in record.__dataclass_fields__ if name in values}
    return {**defaults, **{name: _moment(name, value) for name, value in kept.items()}}


def _moment(name: str, value: Any) -> datetime | Any:
    return to_moment(value) if name in MOMENTS and isinstance(value, str) else value
