"""`pipewarden incidents` and `pipewarden ack`, with AWS in memory."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipewarden.incident import IncidentState
from pipewarden_cli.incident_table import read_report
from pipewarden_cli.main import main
from pipewarden_cli.report.times import date_and_clock
from tests.unit.cli.incident_sample import CLOSED, OPENED, PAGED, RECOVERED, FakeAws, reason, write_project


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeAws:
    """The account of environment prod; the project is the current folder."""
    monkeypatch.chdir(write_project(tmp_path))
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    fake = FakeAws()

    class Session:
        def __init__(self, region_name: str) -> None:
            assert region_name == "eu-west-1"

        def client(self, service: str, **_: Any) -> FakeAws:
            return fake

    monkeypatch.setattr("boto3.session.Session", Session)
    return fake


def test_open_incidents_are_listed(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "prod"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split("  ")[0] == "incident"
    cells = [cell.strip() for cell in row.split("  ") if cell.strip()]
    assert cells == [PAGED.id, "paged", "P1", "orders", date_and_clock(OPENED), "orders.load failed", "1"]


def test_ended_ones_are_listed_on_demand_newest_first(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "prod", "--all"]) == 0
    assert [row.split()[0] for row in capsys.readouterr().out.splitlines()[1:]] == [PAGED.id, RECOVERED.id, CLOSED.id]


def test_a_narrow_terminal_gets_blocks_of_lines(
    aws: FakeAws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["incidents", "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{PAGED.id}  P1  paged  orders.load"
    assert lines[4:6] == ["", f"{RECOVERED.id}  P1  recovered  orders.load"]


def test_nothing_open_says_so(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.incidents.clear()
    assert main(["incidents"]) == 0
    assert capsys.readouterr().out == "No open incident in environment prod. Ended ones: --all\n"


@pytest.mark.parametrize("words", [["prod", PAGED.id], ["prod", "orders"], [PAGED.id[:-2]]], ids=" ".join)
def test_one_incident_is_told_from_its_start(
    words: list[str], aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["incidents", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{PAGED.id}  P1  paged  orders.load"
    assert lines[2] == "  error (deterministic): ValueError: line 7"
    assert lines[3] == f"  opened {date_and_clock(OPENED)}, 1 retry, paged once, called primary"
    assert [line[12:] for line in lines[4:]] == [
        "load: run jr_1 failed",
        "load: retry 1 runs as jr_2",
        "paged P1: retry 1 failed too",
        "acknowledged by ada",
        "of a later version",
    ]


def test_json_holds_everything_and_is_stable(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    main(["incidents", "prod", PAGED.id, "--json"])
    text = capsys.readouterr().out
    found = json.loads(text)
    assert found["paged"] == ["primary"]
    assert found["opened"] == OPENED.isoformat()
    assert [moment["label"] for moment in found["timeline"]] == [
        "failed",
        "retry 1",
        "paged",
        "acknowledged",
        "of a later version",
    ]
    main(["incidents", "prod", "--json"])
    (listed,) = json.loads(capsys.readouterr().out)
    assert {**listed, "timeline": found["timeline"]} == found
    main(["incidents", "prod", PAGED.id, "--json"])
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("words", "changes", "code", "sentence"),
    [
        (
            ["incidents", "prod", "invoices"],
            {},
            1,
            "There is no incident 'invoices' in environment prod (ended ones are found for 30 days); list them with: "
            "pipewarden incidents prod --all",
        ),
        (["incidents", "prd"], {}, 2, "There is no environment 'prd'; declared are: prod."),
        (["incidents", "prd", "orders"], {}, 2, "There is no environment 'prd'; declared are: prod."),
        (
            ["incidents"],
            {"missing": "table"},
            2,
            "Stack pipewarden-prod-core is not deployed in account 123456789012, eu-west-1; deploy it with: make "
            "deploy ENV=prod (once before the first time: cdk bootstrap aws://123456789012/eu-west-1).",
        ),
        (
            ["incidents"],
            {"account": "999999999999"},
            2,
            "These AWS credentials belong to account 999999999999, but environment prod is account 123456789012 "
            "(config/environments/prod.yaml); switch with AWS_PROFILE.",
        ),
        (["incidents", "--local"], {}, 2, "No embedded AWS is running on "),
        (["ack", "orders"], {"missing": "function"}, 2, "Stack pipewarden-prod-core is not deployed in account"),
        (
            ["ack", "orders"],
            {"answer": "fails"},
            2,
            'Function pipewarden-prod-acknowledge failed: {"errorMessage": "KeyError"}; its log is '
            "/aws/lambda/pipewarden-prod-acknowledge.",
        ),
        (
            ["ack", "orders"],
            {"answer": "nothing"},
            1,
            f"{PAGED.id} is still not acknowledged; try again, or use the link in the page.",
        ),
        (["ack", "invoices", "--env", "prod"], {}, 1, "There is no incident 'invoices' in environment prod"),
    ],
)
def test_failures_are_sentences(
    words: list[str],
    changes: dict[str, Any],
    code: int,
    sentence: str,
    aws: FakeAws,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in changes.items():
        setattr(aws, name, value)
    assert main(words) == code
    printed = capsys.readouterr().err
    assert printed.startswith(f"pipewarden: {sentence}")
    assert printed.count("\n") == 1


def test_an_ambiguous_start_lists_the_candidates(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(PAGED, id="orders-20261121-0900-ef56")
    aws.incidents[other.id] = other
    assert main(["ack", "orders-2026"]) == 1
    assert capsys.readouterr().err == (
        f"pipewarden: 2 incidents begin with 'orders-2026': {other.id}, {PAGED.id}; give more of the id.\n"
    )
    assert main(["ack", PAGED.id, "--by", "ada"]) == 0


def test_acknowledging_says_who_has_it_and_what_stops(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ack", "orders", "--by", "ada"]) == 0
    assert aws.invoked == [{"incident": PAGED.id, "by": "ada"}]
    assert capsys.readouterr().out == (
        f"ada has acknowledged {PAGED.id} (orders, P1).\n"
        "Nobody further is called (phone). A new failure of the pipeline will page again.\n"
    )


def test_acknowledging_twice_keeps_the_first_name(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ack", "orders", "--by", "ada"])
    capsys.readouterr()
    assert main(["ack", "orders", "--by", "eve"]) == 0
    assert len(aws.invoked) == 1
    assert capsys.readouterr().out.startswith(f"ada acknowledged {PAGED.id} already, at ")


def test_an_incident_that_is_over_needs_nobody(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ack", RECOVERED.id]) == 0
    assert aws.invoked == []
    assert capsys.readouterr().out == (
        f"{RECOVERED.id} is over (recovered since {date_and_clock(RECOVERED.ended or OPENED)}); "
        "there is nothing to acknowledge.\n"
    )


def test_an_incident_may_end_while_it_is_acknowledged(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.answer = "recovers meanwhile"
    assert main(["ack", "orders", "--by", "ada"]) == 0
    assert "there is nothing to acknowledge" in capsys.readouterr().out


def test_the_login_name_is_the_default(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "grace")
    assert main(["ack", "orders"]) == 0
    assert aws.invoked[0]["by"] == "grace"


def test_errors_in_pipelines_do_not_keep_anybody_from_acknowledging(aws: FakeAws) -> None:
    Path("config/pipelines/shop.yaml").write_text("version: [", encoding="utf-8")
    assert main(["ack", "orders", "--by", "ada"]) == 0


def test_errors_in_the_environment_are_shown(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    Path("config/environments/prod.yaml").write_text("version: 1\n", encoding="utf-8")
    assert main(["ack", "orders", "--env", "prod"]) == 1
    assert "\n  config/environments/prod.yaml:1: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (replace(PAGED, reasons=()), {"headline": "", "resource": "", "error": ""}),
        (
            replace(PAGED, reasons=(reason(text="first"), reason(key="b", text="evidence", evidence=True))),
            {"headline": "first"},
        ),
        (
            replace(PAGED, reasons=(reason(text="gone", open=False), reason(key="b", text="open", resource="x"))),
            {"headline": "open", "resource": "x"},
        ),
        (replace(PAGED, state=IncidentState.CLOSED, ended=OPENED), {"state": "closed", "closed": OPENED}),
    ],
    ids=["no reason", "evidence explains but does not head", "an open reason before a gone one", "closed"],
)
def test_what_a_report_shows_of_an_incident(incident: Any, expected: dict[str, Any]) -> None:
    report = read_report(incident)
    assert {name: getattr(report, name) for name in expected} == expected
