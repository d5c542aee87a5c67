"""The last lines that a failed run wrote."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.masking import mask

MOST_BYTES = 4_096
MOST_LINES = 40
MOST_LINE_CHARACTERS = 500
AROUND = timedelta(hours=1)


def read_log(logs: Any, group: str, stream: str, run_id: str, around: datetime) -> tuple[str, ...]:
    """The last lines of the run's stream; without a stream, the group's lines that name the run. Masked, bounded.

    A log that cannot be read gives one line that says so: a page without a log is better than no page.
    """
    if not group:
        return ()
    try:
        events = _tail(logs, group, stream) if stream else _search(logs, group, run_id, around)
    except (ClientError, BotoCoreError) as error:
        return (f"(the log could not be read: {error})"[:MOST_LINE_CHARACTERS],)
    return trim_lines([str(event["message"]) for event in events])


def trim_lines(messages: Sequence[str]) -> tuple[str, ...]:
    """The last lines that fit, secrets masked."""
    text = mask("\n".join(message.rstrip("\n") for message in messages))
    lines = [line.rstrip()[:MOST_LINE_CHARACTERS] for line in text.splitlines() if line.strip()]
    kept: list[str] = []
    size = 0
    for line in reversed(lines[-MOST_LINES:]):
        size += len(line.encode()) + 1
        if size > MOST_BYTES:
            break
        kept.append(line)
    return tuple(reversed(kept))


def _tail(logs: Any, group: str, stream: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = logs.get_log_events(
        logGroupName=group, logStreamName=stream, limit=MOST_LINES, startFromHead=False
    )["events"]
    return events


def _search(logs: Any, group: str, run_id: str, around: datetime) -> list[dict[str, Any]]:
    """At most one page: the page must go out soon."""
    if not run_id:
        return []
    span = {name: int(moment.timestamp() * 1000) for name, moment in _span(around).items()}
    events: list[dict[str, Any]] = logs.filter_log_events(
        logGroupName=group, filterPattern=f'"{run_id}"', limit=MOST_LINES, **span
    )["events"]
    return events


def _span(around: datetime) -> dict[str, datetime]:
    return {"startTime": around - AROUND, "endTime": around + AROUND}
