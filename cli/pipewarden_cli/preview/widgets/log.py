"""Log widgets: the answer of a Logs Insights query as a table, bars, a pie or lines."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.request import LogAnswer, LogRequest
from pipewarden_cli.preview.timeframe import Timeframe, moment
from pipewarden_cli.preview.widgets.contents import Contents, note, rounded, unknown_properties
from pipewarden_cli.preview.widgets.drawn import PALETTE

KNOWN = frozenset(
    (
        "accountId",
        "logGroupNames",
        "logGroups",
        "query",
        "queryLanguage",
        "region",
        "stacked",
        "title",
        "view",
        "legend",
        "yAxis",
    )
)
VIEWS = frozenset(("table", "timeSeries", "bar", "pie", "logTable"))
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def read_log_request(properties: Mapping[str, Any], frame: Timeframe) -> LogRequest:
    """What to ask for."""
    groups = [loose.text(group) for group in loose.listed(properties.get("logGroupNames"))]
    return LogRequest(
        query=_COMMENT.sub("", loose.text(properties.get("query"))).strip(),
        start=frame.start,
        end=frame.end,
        region=loose.text(properties.get("region")),
        groups=tuple(group for group in groups if group),
    )


def draw_log(properties: Mapping[str, Any], request: LogRequest, answer: LogAnswer) -> Contents:
    """The rows in the widget's view; a view that does not fit the rows falls back to the table."""
    title = loose.text(properties.get("title")) or "Log query"
    if answer.error:
        return note("No answer to this log query", [answer.error, request.query], title, "warning")
    view = loose.text(properties.get("view")) or "table"
    notes = unknown_properties(properties, KNOWN)
    if view not in VIEWS:
        notes.append(f"The view {view} is not known; the rows are shown as a table.")
    contents = None
    if answer.rows and view == "timeSeries":
        contents = _over_time(answer, request, loose.flag(properties.get("stacked")))
    elif answer.rows and view in ("bar", "pie"):
        contents = _shares(answer, view)
    return {**(contents or _table(answer)), "title": title, "notes": notes}


def _table(answer: LogAnswer) -> Contents:
    numeric = [
        at
        for at in range(len(answer.columns))
        if answer.rows and all(_number(row[at]) is not None for row in answer.rows)
    ]
    return {
        "kind": "table",
        "columns": list(answer.columns),
        "rows": [list(row) for row in answer.rows],
        "colors": [],
        "numeric": numeric,
        "empty": "No records match this query in the chosen time.",
    }


def _shares(answer: LogAnswer, view: str) -> Contents | None:
    value = next((at for at in range(len(answer.columns)) if _number(answer.rows[0][at]) is not None), None)
    if value is None:
        return None
    names = [at for at in range(len(answer.columns)) if at != value and _number(answer.rows[0][at]) is None]
    items = [
        {
            "label": " ".join(row[at] for at in names) or answer.columns[value],
            "value": rounded(_number(row[value])),
            "color": PALETTE[number % len(PALETTE)],
        }
        for number, row in enumerate(answer.rows[:40])
    ]
    return {"kind": view, "items": items, "unit": answer.columns[value]}


def _over_time(answer: LogAnswer, request: LogRequest, stacked: bool) -> Contents | None:
    times = [moment(row[0].replace(" ", "T")) for row in answer.rows]
    if None in times:
        return None
    stamps = sorted({at for at in times if at is not None})
    step = min((b - a for a, b in itertools.pairwise(stamps)), default=request.end - request.start)
    first = stamps[0] - (stamps[0] - request.start) // step * step
    count = max(1, min(5000, -(-(request.end - first) // step)))
    lines: dict[str, list[float | int | None]] = {}
    texts = [at for at in range(1, len(answer.columns)) if _number(answer.rows[0][at]) is None]
    for at, row in zip(times, answer.rows, strict=True):
        for column in range(1, len(answer.columns)):
            if column in texts:
                continue
            label = " ".join([*(row[t] for t in texts), *([answer.columns[column]] if not texts else [])])
            values = lines.setdefault(label, [None] * count)
            index = ((at or 0) - first) // step
            if 0 <= index < count:
                values[index] = rounded(_number(row[column]))
    series = [
        {"label": label, "color": PALETTE[number % len(PALETTE)], "axis": 0, "values": values}
        for number, (label, values) in enumerate(lines.items())
    ]
    return {
        "kind": "lines",
        "stacked": stacked,
        "start": first,
        "end": request.end,
        "step": step,
        "series": series,
        "bands": [],
        "marks": [],
        "spans": [],
        "legend": "bottom",
        "axes": [{"min": 0, "max": None, "label": ""}],
    }


def _number(text: str) -> float | None:
    return loose.number(text) if text.strip() else None


__all__: Sequence[str] = ("draw_log", "read_log_request")
