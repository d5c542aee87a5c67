"""Logs Insights queries, asked all at once and waited for within bounds."""

import re
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden_cli.preview.account.metric_data import Clients
from pipewarden_cli.preview.request import LogAnswer, LogRequest

WAIT_SECONDS = 20.0
PAUSE_SECONDS = 0.4
_SOURCE = re.compile(r"\s*SOURCE\s+(?:'([^']+)'|\"([^\"]+)\"|([^\s|]+))\s*\|?", re.IGNORECASE)


def ask(request: LogRequest, clients: Clients, pause: Callable[[float], None] = time.sleep) -> LogAnswer:
    """The rows of one query; when it is refused or takes too long, an answer that says so."""
    groups, query = sources(request)
    if not groups:
        return LogAnswer(error="The query names no log group (SOURCE '...').")
    try:
        client = clients("logs", request.region)
        started = client.start_query(
            logGroupNames=groups[:50], startTime=request.start, endTime=request.end, queryString=query
        )
        return _wait(client, started["queryId"], pause)
    except ClientError as refused:
        error = refused.response.get("Error", {})
        return LogAnswer(error=f"{error.get('Code', 'Error')}: {error.get('Message', refused)}")
    except BotoCoreError as failed:
        return LogAnswer(error=str(failed))


def sources(request: LogRequest) -> tuple[list[str], str]:
    """The log groups of a query, and the query without its SOURCE commands."""
    groups, at = list(request.groups), 0
    while match := _SOURCE.match(request.query, at):
        groups.append(match[1] or match[2] or match[3])
        at = match.end()
    return list(dict.fromkeys(groups)), request.query[at:].strip()


def _wait(client: Any, query_id: str, pause: Callable[[float], None]) -> LogAnswer:
    for _ in range(int(WAIT_SECONDS / PAUSE_SECONDS)):
        answer = client.get_query_results(queryId=query_id)
        if answer["status"] == "Complete":
            return _rows(answer["results"])
        if answer["status"] not in ("Scheduled", "Running", "Unknown"):
            return LogAnswer(error=f"The query ended as {answer['status']}.")
        pause(PAUSE_SECONDS)
    return LogAnswer(error=f"The query was not done within {WAIT_SECONDS:.0f} seconds.")


def _rows(results: list[list[dict[str, str]]]) -> LogAnswer:
    columns = list(dict.fromkeys(cell["field"] for row in results for cell in row if cell["field"] != "@ptr"))
    rows = [{cell["field"]: str(cell.get("value", "")) for cell in row} for row in results]
    return LogAnswer(tuple(columns), tuple(tuple(row.get(name, "") for name in columns) for row in rows))
