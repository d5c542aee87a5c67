"""What calls people for nothing: counted by what opened the incidents, with advice."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.attempt import Attempt
from pipewarden.incident import Incident, IncidentState
from pipewarden_cli.main import main
from pipewarden_cli.noise.count import Source, count_noise, source_of
from tests.unit.cli.incident_sample import OPENED, PAGED, RECOVERED, FakeAws, reason
from tests.unit.cli.test_incidents import aws

__all__ = ["aws"]
ALARM = reason(key="alarm:prod/shop/orders/load.stale", kind="alarm", detail={"alarm": "prod/shop/orders/load.stale"})
BARE = replace(PAGED, attempts=(), rungs=())
MORE_POINTS = "(alarms: {load.stale: {periods: 5, datapoints: 3}})"
POINTS = f"ask for more bad points {MORE_POINTS}"
FIRES = f"ask for more bad points before it fires {MORE_POINTS}, or raise its threshold."


def alarm(number: int, **more: Any) -> Incident:
    """An incident that an alarm opened, was paged, and recovered before anybody took it."""
    ended = OPENED + timedelta(minutes=5)
    known: dict[str, Any] = {"reasons": (ALARM,), "state": IncidentState.RECOVERED, "ended": ended}
    return replace(BARE, id=f"orders-{number}", **{**known, **more})


def taken(number: int, minutes: float, **more: Any) -> Incident:
    return alarm(number, acknowledged=OPENED + timedelta(minutes=minutes), acknowledged_by="Ada", **more)


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({"reasons": (ALARM,)}, Source(pipeline="orders", key="load.stale", kind="alarm")),
        ({"reasons": (reason(),)}, Source(pipeline="orders", key="load runs", kind="run")),
        ({"reasons": (reason(kind="deadline"),)}, Source(pipeline="orders", key="load deadline", kind="deadline")),
        (
            {"reasons": (reason(evidence=True), replace(ALARM, since=OPENED + timedelta(1)))},
            Source(pipeline="orders", key="load.stale", kind="alarm"),
        ),
    ],
    ids=["an alarm by its key", "runs of a resource", "a deadline", "evidence opens nothing"],
)
def test_what_opened_an_incident(changes: dict[str, Any], source: Source) -> None:
    assert source_of(replace(BARE, **changes)) == source


def test_counts_of_one_source() -> None:
    incidents = [alarm(1), alarm(2, pages=2), taken(3, 10), taken(4, 20), alarm(5, pages=0, flaps=2)]
    (row,) = count_noise(incidents, {"P1": 3_600.0})
    assert (row.incidents, row.pages, row.flaps) == (5, 5, 2)
    assert (row.by_itself, row.paged_for_nothing, row.share_by_itself) == (3, 2, 0.6)
    assert (row.taken, row.never_taken, row.seconds_to_acknowledge) == (2, 2, 900.0)


def test_the_one_that_pages_most_comes_first_and_what_has_no_reason_is_left_out() -> None:
    other = replace(BARE, id="x", pipeline="zoo", pages=9)
    rows = count_noise([alarm(1), other, replace(BARE, id="y", reasons=())], {})
    assert [row.source.pipeline for row in rows] == ["zoo", "orders"]


RUNS: dict[str, Any] = {"reasons": (reason(),), "state": IncidentState.RECOVERED, "ended": OPENED}
RETRIED = (Attempt(resource="load", number=1, state="failed", due=OPENED, failed_run_id="r"),)


@pytest.mark.parametrize(
    ("incidents", "advice"),
    [
        ([alarm(1), alarm(2)], []),
        (
            [alarm(1), alarm(2), taken(3, 9), taken(4, 9)],
            [f"2 of 4 ended without anybody: {FIRES}",
             "Nobody took 2 of 4: lower it (alarms: {load.stale: {severity: P3}}), or drop it."],
        ),
        ([alarm(1), taken(2, 9), taken(3, 9)], []),
        (
            [taken(1, 9, flaps=3)],
            [f"It comes and goes: move its threshold away from normal values, or {POINTS}."],
        ),
        ([taken(n, 90) for n in range(3)],
         ["It is taken after 1h 30m and asks for 1h: its severity promises more than its route keeps."]),
        (
            [taken(n, 9, **{**RUNS, "flaps": 1}) for n in range(3)],
            ["It fails again after each recovery: look for the cause that the incidents have in common."],
        ),
        (
            [alarm(n, **RUNS) for n in range(3)],
            ["A later run cures most of these, and nothing was retried: allow retries (retry.attempts), or teach their "
             "errors (error_patterns).",
             "Nobody took 3 of 3: lower it (severity: P3), or drop it."],
        ),
        ([taken(n, 9, **RUNS, attempts=RETRIED) for n in range(3)], []),
    ],
    ids=[
        "two pages say nothing",
        "half cured themselves and nobody took them",
        "a third is no noise",
        "it flaps",
        "taken too late",
        "runs that come and go",
        "runs that are never retried",
        "runs that are answered",
    ],
)  # fmt: skip
def test_advice(incidents: list[Incident], advice: list[str]) -> None:
    (row,) = count_noise(incidents, {"P1": 3_600.0})
    assert list(row.advice) == advice


def fill(aws: FakeAws) -> None:
    aws.incidents = {incident.id: incident for incident in [*(alarm(n) for n in range(3)), RECOVERED]}


def test_the_command_prints_each_source_with_its_advice(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    fill(aws)
    assert main(["noise", "prod", "--days", "7"]) == 0
    assert capsys.readouterr().out == (
        "prod, last 7 days: 4 incidents, 3 pages\n"
        "\n"
        "orders  load.stale\n"
        "  3 pages in 3 incidents, 100% ended by themselves, 3 never taken\n"
        f"  -> 3 of 3 ended without anybody: ask for more bad points before it fires {MORE_POINTS}, or raise its "
        "threshold.\n"
        "  -> Nobody took 3 of 3: lower it (alarms: {load.stale: {severity: P3}}), or drop it.\n"
        "\n"
        "orders  load runs\n"
        "  0 pages in 1 incident, 100% ended by themselves\n"
    )


def test_json_holds_the_same(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    fill(aws)
    assert main(["noise", "prod", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert (first["key"], first["pages"], first["never_taken"], len(first["advice"])) == ("load.stale", 3, 3, 2)
    assert (second["pipeline"], second["kind"]) == ("orders", "run")


def test_no_incident_says_so(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.incidents.clear()
    assert main(["noise"]) == 0
    assert capsys.readouterr().out == "No incident in environment prod in the last 30 days.\n"


def test_a_bounded_number_is_read_and_that_is_said(
    aws: FakeAws, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(aws)
    monkeypatch.setattr("pipewarden_cli.incident_table.MOST_INCIDENTS", 2)
    assert main(["noise", "prod"]) == 0
    assert capsys.readouterr().out.endswith("Only the newest 2 incidents were read.\n")


@pytest.mark.parametrize("days", ["0", "401", "a"])
def test_days_are_a_number(days: str, aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["noise", "--days", days])
    assert "must be a whole number of days from 1 to 400" in capsys.readouterr().err
