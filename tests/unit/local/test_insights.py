"""Logs Insights over events in memory."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipewarden.names import Names
from pipewarden_cli.local.insights.event import discover
from pipewarden_cli.local.insights.query import MOST_ROWS, run_query
from pipewarden_cli.local.insights.token import QueryError
from pipewarden_cli.preview.account.logs import sources
from pipewarden_cli.preview.request import LogRequest
from pipewarden_plan import log_widget
from pipewarden_plan.diagnostic_plan import PIPELINE
from pipewarden_plan.plan import Plan
from tests.everything_on import everything_on

HOUR = 3_600_000
START = 1_773_792_000_000  # 2026-03-18 00:00 UTC
REQUEST = "6f0c1e9a-0000-4000-8000-000000000001"
REPORT = (
    f"REPORT RequestId: {REQUEST}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 64 MB"
)
PLAIN = ("WARN slow", "ERROR TimeoutError: after 30 s", "ERROR ValueError: row 7", "ERROR TimeoutError: after 45 s")
DECISIONS: tuple[Mapping[str, Any], ...] = (
    {"pipeline": "a", "signal": "run-failed", "message": "retry: attempt 1", "incident": "i1", "seconds": 30},
    {"pipeline": "a", "signal": "run-failed", "message": "page: all failed", "incident": "i1", "seconds": 50},
    {"pipeline": "b", "signal": "run-succeeded", "message": "clear: it succeeded", "incident": "i2"},
    {"pipeline": "b", "signal": "noted", "message": "noted", "deep": {"list": [{"name": "x"}]}},
)


def run(query: str, messages: Iterable[str | Mapping[str, Any]], limit: int = MOST_ROWS) -> list[dict[str, str]]:
    """The rows without their pointers, of messages that were written an hour apart."""
    texts = [text if isinstance(text, str) else json.dumps(text) for text in messages]
    events = [
        discover(START + at * HOUR, text, {"@log": "1:/g", "@logStream": "s", "@ptr": str(at)})
        for at, text in enumerate(texts)
    ]
    found = run_query(query, events, limit).rows
    return [{name: value for name, value in row.items() if name != "@ptr"} for row in found]


def column(name: str, query: str, messages: Iterable[str | Mapping[str, Any]] = DECISIONS) -> list[str | None]:
    return [row.get(name) for row in run(query, messages)]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        pytest.param("fields incident", ["", "i2", "i1", "i1"], id="the latest event first, without a sort"),
        pytest.param("fields incident | sort @timestamp asc", ["i1", "i1", "i2", ""], id="sorted"),
        pytest.param("fields incident | sort pipeline desc, seconds asc", ["", "i2", "i1", "i1"], id="by two fields"),
        pytest.param("fields incident | limit 2", ["", "i2"], id="limit"),
        pytest.param("fields incident | dedup incident", ["", "i2", "i1"], id="dedup keeps what has no value"),
        pytest.param("fields incident | filter seconds > 40", ["i1"], id="numbers compare as numbers"),
        pytest.param("fields incident | filter seconds / 10 + 1 = 4", ["i1"], id="arithmetic"),
        pytest.param("fields incident | filter ispresent(seconds)", ["i1", "i1"], id="a field that is there"),
        pytest.param("fields incident | filter seconds != 30", ["i1"], id="what is missing is unequal to nothing"),
        pytest.param("fields incident | filter not ispresent(incident)", [""], id="not"),
        pytest.param("fields incident | filter pipeline in ['b', 'c']", ["", "i2"], id="in a list"),
        pytest.param("fields incident | filter pipeline not in ['b']", ["i1", "i1"], id="not in a list"),
        pytest.param("fields incident | filter message like 'page'", ["i1"], id="like a text"),
        pytest.param("fields incident | filter message like /(?i)PAGE|clear/", ["i2", "i1"], id="like an expression"),
        pytest.param("fields incident | filter message not like /:/", [""], id="not like"),
        pytest.param("fields incident | filter pipeline='a' and seconds=30 or incident='i2'", ["i2", "i1"], id="or"),
        pytest.param("fields incident | filter pipeline='a' and (seconds=30 or incident='i2')", ["i1"], id="brackets"),
        pytest.param("fields incident # a comment\n| filter signal = 'noted'", [""], id="a comment"),
        pytest.param("fields message as incident | filter seconds = 30", ["retry: attempt 1"], id="another name"),
        pytest.param("fields toupper(incident) as incident | limit 3", ["", "I2", "I1"], id="a function"),
        pytest.param("fields deep.list.0.name as incident | limit 1", ["x"], id="a field within fields"),
        pytest.param("filter message like /a|b/ | fields `incident` | limit 1", ["i2"], id="a pipe in an expression"),
    ],
)
def test_rows(query: str, wanted: list[str]) -> None:
    assert [found or "" for found in column("incident", query)] == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        pytest.param("stats count(*) as n, count(seconds) as s", [{"n": "4", "s": "2"}], id="without groups"),
        pytest.param(
            "stats sum(seconds) as s, avg(seconds) as m by pipeline | sort pipeline",
            [{"pipeline": "a", "s": "80", "m": "40"}, {"pipeline": "b"}],
            id="by a field, and nothing where there are no numbers",
        ),
        pytest.param(
            "stats count(*) by bin(2h) | sort bin(2h)",
            [
                {"bin(2h)": "2026-03-18 00:00:00.000", "count(*)": "2"},
                {"bin(2h)": "2026-03-18 02:00:00.000", "count(*)": "2"},
            ],
            id="by time, named as it is written",
        ),
        pytest.param(
            "stats max(seconds) as high, min(seconds) as low, pct(seconds, 50) as half, count_distinct(incident) as d, "
            "stddev(seconds) as dev",
            [{"high": "50", "low": "30", "half": "30", "d": "2", "dev": "14.1421"}],
            id="extremes, percentiles, different values",
        ),
        pytest.param(
            "stats latest(message) as last, earliest(@timestamp) as first by incident | filter ispresent(incident) "
            "| sort incident | limit 1",
            [{"incident": "i1", "last": "page: all failed", "first": "2026-03-18 00:00:00.000"}],
            id="the latest and the earliest, and a filter of groups",
        ),
        pytest.param(
            "stats sum(seconds) / count(*) as part | display part", [{"part": "20"}], id="arithmetic of aggregates"
        ),
        pytest.param(
            "parse message /^(?<action>[a-z]+):/ | stats count(*) as n by action | sort action",
            [
                {"n": "1"},
                {"action": "clear", "n": "1"},
                {"action": "page", "n": "1"},
                {"action": "retry", "n": "1"},
            ],
            id="by what an expression finds",
        ),
        pytest.param(
            'parse message "*: attempt *" as action, number | filter ispresent(number) | display action, number',
            [{"action": "retry", "number": "1"}],
            id="by a pattern with stars",
        ),
    ],
)
def test_groups(query: str, wanted: list[dict[str, str]]) -> None:
    assert run(query, DECISIONS) == wanted


def test_lambda_reports_have_fields() -> None:
    query = (
        "filter @type = 'REPORT' | stats max(@duration) as ms, max(@maxMemoryUsed / @memorySize) as part by @requestId"
    )
    assert run(query, [f"START RequestId: {REQUEST} Version: $LATEST", REPORT]) == [
        {"@requestId": REQUEST, "ms": "12.5", "part": "0.5"}
    ]


def test_patterns_leave_out_what_varies() -> None:
    found = run("filter @message like /ERROR/ | pattern @message | sort @sampleCount desc", PLAIN)
    assert [(row["@pattern"], row["@sampleCount"], row["@severityLabel"]) for row in found] == [
        ("ERROR TimeoutError: after <Token-1> s", "2", "ERROR"),
        ("ERROR ValueError: row <Token-1>", "1", "ERROR"),
    ]


def test_what_has_no_value_is_never_a_duplicate() -> None:
    messages = [{"id": "a"}, {"other": 1}, {"id": "a"}, {"other": 2}]
    assert column("id", "fields id, other | dedup id", messages) == [None, "a", None]


def test_the_incident_table_shows_each_incident_once_with_the_last_that_was_done() -> None:
    names = Names("prod", "123456789012", "us-east-1")
    (drawn,) = log_widget.incidents(["a"], names)
    _, query = sources(LogRequest(query=str(drawn.properties["query"]), start=0, end=0))
    told = {"pipeline": "a", "since": "2026-03-18T00:00:00Z", "incident": "i1"}
    lines = [{**told, "message": text} for text in ("retry: attempt 1", "retry: attempt 2", "page: exhausted")]
    assert [row["message"] for row in run(query, [*lines, {**told, "pipeline": "b"}])] == ["page: exhausted"]


def test_the_limit_of_the_call_counts_too() -> None:
    assert len(run("fields @message | limit 3", PLAIN, limit=2)) == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("fields a | invent b", "there is no command invent", id="command"),
        pytest.param("fields shout(@message)", "there is no function shout", id="function"),
        pytest.param("filter a = ", "ends too early", id="half a comparison"),
        pytest.param("filter (a = 1", ") is missing before the end", id="a bracket"),
        pytest.param("stats a by b", "stats takes aggregates", id="no aggregate"),
        pytest.param("limit many", "limit takes a whole number", id="limit"),
        pytest.param("filter a like /(/", "the regular expression /(/ is wrong", id="expression"),
        pytest.param("stats count(*) by bin(x)", "x is no length of time", id="length"),
        pytest.param("parse @message 'a * *' as one", "finds 2 values, but names 1", id="names of parse"),
        pytest.param("fields a ; b", "unexpected ';' at character 10", id="sign"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(query: str, words: str) -> None:
    with pytest.raises(QueryError) as refused:
        run(query, PLAIN)
    assert words in str(refused.value)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return everything_on(tmp_path_factory.mktemp("project"))


def logged(plan: Plan) -> list[str]:
    """Lines as the responder, Lambda, a job, a state machine and an application write them, for the first pipeline."""
    name = plan.teams[0].alarms[0].pipeline
    decision = {
        "signal": "run-failed",
        "pipeline": name,
        "resource": "it",
        "message": "retry: attempt 1 of 3",
        "incident": "INCIDENT-ID",
        "run_id": "RUN-ID",
        "since": "2026-03-18T00:00:00Z",
        "hangs_below": "",
    }
    measured = {"Environment": "full", "Pipeline": name, "RunsSucceeded": [1], "RunsFailed": [0]}
    state = {"type": "TaskFailed", "id": 2, "execution_arn": "RUN-ID", "details": {"error": "E", "cause": "c"}}
    invoked = REPORT, f"CORRELATION-ID ERROR ValueError: RUN-ID {name}"
    wrong = {"level": "ERROR", "message": "row 17 has no id"}
    return [json.dumps(line) for line in (decision, measured, state, wrong)] + list(invoked)


def test_every_saved_query_and_every_widget_of_the_plan_runs_and_finds_something(plan: Plan) -> None:
    saved = [query.text for team in plan.teams for query in team.queries]
    bodies = [board.body for team in plan.teams for board in team.dashboards]
    bodies += [board.body for board in plan.core.dashboards]
    drawn = [
        sources(LogRequest(query=chosen(plan, widget["properties"]["query"]), start=0, end=0))[1]
        for body in bodies
        for widget in body["widgets"]
        if widget["type"] == "log"
    ]
    assert len(saved) > 10
    assert len(drawn) > 5
    lines = logged(plan)
    nothing = [query for query in dict.fromkeys((*saved, *drawn)) if not found_in(lines, query)]
    assert "\n".join(nothing) == ""


def chosen(plan: Plan, query: str) -> str:
    """The query once somebody has chosen a pipeline in the diagnostic dashboard."""
    return query.replace(PIPELINE, plan.teams[0].alarms[0].pipeline)


def found_in(lines: list[str], query: str) -> bool:
    """Whether the query finds something whichever pipeline it asks for; Glue's stream is named after the run."""
    at = {"@log": "1:/g", "@logStream": "RUN-ID", "@ptr": "p"}
    events = [discover(START, line, at) for line in lines]
    for event in events:
        if "REPORT" in event["@message"]:
            event["@requestId"] = "RUN-ID"  # what the reader of a saved query puts there
    return bool(run_query(query, events).rows)


def test_the_table_of_saved_queries_is_run_whole(plan: Plan) -> None:
    table = json.loads((Path(__file__).parents[3] / "config/pipewarden_plan/queries.json").read_text(encoding="utf-8"))
    names = {row["name"] for rows in table.values() for row in rows}
    assert names <= {query.name.rsplit("/", 1)[-1] for team in plan.teams for query in team.queries}
