"""Logs Insights: queries that aggregate, and fields out of JSON and of Lambda's reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cloudwatch_logs

from pipewarden_cli.local.insights.query import MOST_ROWS, run_query
from pipewarden_cli.local.insights.token import QueryError
from pipewarden_cli.local.log_records import as_rows

NAME = "CloudWatch Logs Insights"
IMITATED = (
    "Queries know the commands fields, display, filter, filterIndex, parse, stats, sort, limit, dedup and pattern, "
    "with arithmetic, the common functions and aggregates, and the fields discovered in JSON and in Lambda's START, "
    "END and REPORT lines; another command or function is a MalformedQueryException that names it.",
    "What is missing in an event is equal to nothing and unequal to nothing; `pattern` replaces what usually varies "
    "(numbers, ids, quoted values) instead of clustering.",
    "Queries are complete at once. OpenSearch PPL and SQL, and queries over saved views, do not run.",
)


def fill() -> None:
    """Run every query by our own module; the emulator still checks the log groups and keeps the results."""
    cloudwatch_logs._start_query = _running(cloudwatch_logs._start_query)


def _running(inner: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    def start_query(data: Mapping[str, Any]) -> Any:
        text = str(data.get("queryString", ""))
        groups = cloudwatch_logs._resolve_query_log_groups(data)
        records = cloudwatch_logs._collect_query_records(groups, data.get("startTime", 0), data.get("endTime", 0))
        try:
            answer = run_query(text, as_rows(records), int(data.get("limit") or MOST_ROWS))
        except QueryError as wrong:
            return error_response_json("MalformedQueryException", str(wrong), 400)
        response = inner({**data, "queryString": ""})
        if response[0] == 200:
            kept = cloudwatch_logs._queries[json.loads(response[2])["queryId"]]
            kept["queryString"] = text
            kept["results"] = [[{"field": name, "value": value} for name, value in row.items()] for row in answer.rows]
            kept["statistics"]["recordsMatched"] = float(answer.matched)
        return response

    return start_query
