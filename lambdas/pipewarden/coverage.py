"""How far the runs of each resource are known for certain, kept in one item per pipeline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipewarden.incident_write import item_key, put
from pipewarden.item import from_item

COVERAGE_DAYS = 400
BATCH_TRIES = 5
FIELDS = ("first", "until", "started")


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Of one resource: every run that ended after `first` and up to `until` was seen, or fed into the signals queue.

    `first` is when it was looked at for the first time: what ended before is none of our business, so that a first
    deployment pages nobody for last week's failures. `started` is when the latest run that was listed started.
    """

    first: datetime
    until: datetime
    started: datetime | None = None


class CoverageStore:
    """The items `PIPELINE#<name>` / `RECONCILED`, and the marks of signals that were handled."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def load(self, pipeline: str) -> dict[str, Coverage]:
        """By resource; empty before the first pass."""
        key = item_key(f"PIPELINE#{pipeline}", "RECONCILED")
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        rows: Mapping[str, Mapping[str, str]] = from_item(item).get("resources", {}) if item else {}
        return {
            name: Coverage(**{field: datetime.fromisoformat(row[field]) for field in FIELDS if row.get(field)})
            for name, row in rows.items()
        }

    def save(self, pipeline: str, coverage: Mapping[str, Coverage], now: datetime) -> None:
        """Two passes at once may overwrite each other: the older one only makes the next pass look further back."""
        values = {"resources": {name: row.__dict__ for name, row in coverage.items()}}
        self._dynamodb.put_item(
            **put(self._table, f"PIPELINE#{pipeline}", "RECONCILED", values, now, COVERAGE_DAYS)["Put"]
        )

    def unseen(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of the signal keys that nobody has handled yet. Raises ValueError when DynamoDB does not answer."""
        left = list(dict.fromkeys(keys))
        found = {key for at in range(0, len(left), 100) for key in self._seen(left[at : at + 100])}
        return frozenset(left) - found

    def _seen(self, keys: list[str]) -> Iterable[str]:
        request: Any = {
            self._table: {"Keys": [item_key(f"SEEN#{key}", "SEEN") for key in keys], "ConsistentRead": True}
        }
        for _ in range(BATCH_TRIES):
            answer = self._dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(self._table, ()):
                yield item["pk"]["S"].removeprefix("SEEN#")
            request = answer.get("UnprocessedKeys")
            if not request:
                return
        raise ValueError("DynamoDB did not answer for every key")
