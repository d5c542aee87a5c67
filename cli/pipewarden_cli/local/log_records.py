"""What the emulator keeps of log events, as rows of Logs Insights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ministack.core.responses import get_account_id

from pipewarden_cli.local.insights.event import discover
from pipewarden_cli.local.insights.value import Row


def as_rows(records: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Events as rows; AWS puts the account before the name of a log group."""
    for record in records:
        log = f"{get_account_id()}:{record['@log']}"
        place = {"@log": log, "@logStream": record["@logStream"], "@ptr": record["@ptr"]}
        yield discover(int(record["_timestamp_ms"]), str(record["@message"]), place)
