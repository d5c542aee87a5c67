"""Retries, look-ups and descriptions against recorded conversations with the AWS APIs."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden.pipeline_settings import ResourceSettings
from pipewarden.run import Run
from pipewarden.run_signal import told_of
from pipewarden.signal import Signal
from pipewarden.target import Target
from pipewarden.technology import Technology
from pipewarden.usage import METRICS

Declare = Callable[[Technology], Target]
Recorded = tuple[Technology, Path]
Converse = Callable[[Sequence[Mapping[str, Any]]], Any]

TOKEN = "0123456789abcdef0123456789abcdef"
NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
"""Operations that IAM knows under another name."""


def test_a_retry_asks_for_what_is_recorded_and_for_nothing_else(
    recorded_retry: Recorded, declare: Declare, converse: Converse
) -> None:
    technology, path = recorded_retry
    recorded = _load(path)
    clients = converse(recorded["calls"])
    assert technology.retry
    if "raises" in recorded:
        with pytest.raises((ClientError, ValueError), match=recorded["raises"]):
            technology.retry.start(clients, declare(technology), _run(recorded["failed"]), TOKEN)
    else:
        started = technology.retry.start(clients, declare(technology), _run(recorded["failed"]), TOKEN)
        _compare(started, recorded["started"])
    asked = {NAMES.get(call, call) for call in clients.asked}
    granted = {action for grant in technology.grants if grant.purpose in ("read", "retry") for action in grant.actions}
    assert asked <= set(technology.retry.calls)
    assert asked <= granted


def test_a_look_for_an_earlier_retry_finds_it_or_nothing(
    recorded_find: Recorded, declare: Declare, converse: Converse
) -> None:
    technology, path = recorded_find
    recorded = _load(path)
    assert technology.retry
    since = datetime.fromisoformat(recorded["since"])
    clients = converse(recorded["calls"])
    found = technology.retry.find(clients, declare(technology), _run(recorded["failed"]), since)
    if recorded["found"] is None:
        assert found is None
    else:
        assert found
        _compare(found, recorded["found"])


def test_a_run_is_described_with_its_error_and_where_it_logs(
    recorded_describe: Recorded, declare: Declare, converse: Converse
) -> None:
    technology, path = recorded_describe
    recorded = _load(path)
    signal = Signal.from_json((path.parent / f"{recorded['event']}.signal.json").read_text(encoding="utf-8"))
    clients = converse(recorded["calls"])
    assert technology.describe_run
    run = technology.describe_run(clients, declare(technology), signal)
    _compare(run, recorded["run"])
    assert set(run.usage) <= set(METRICS)
    _check_grants(technology, clients.asked, "read")


def test_a_run_that_is_listed_gives_the_very_signal_that_its_event_gives(
    recorded_describe: Recorded, declare: Declare, converse: Converse
) -> None:
    """Else the reconciler would take for unseen what an event told of, and a failure would be handled twice."""
    technology, path = recorded_describe
    recorded = _load(path)
    if not technology.runs:
        return
    event = Signal.from_json((path.parent / f"{recorded['event']}.signal.json").read_text(encoding="utf-8"))
    assert technology.describe_run
    run = technology.describe_run(converse(recorded["calls"]), declare(technology), event)
    resource = ResourceSettings(type=technology.type, fields={}, identities=(event.identity,))
    told = told_of(run, resource, event.time)
    assert told
    assert replace(told, redrive=event.redrive).key == event.key


def test_recent_runs_are_those_that_started_or_ended_since(
    recorded_recent: Recorded, declare: Declare, converse: Converse
) -> None:
    technology, path = recorded_recent
    recorded = _load(path)
    clients = converse(recorded["calls"])
    assert technology.recent_runs
    runs = technology.recent_runs(clients, declare(technology), datetime.fromisoformat(recorded["since"]))
    assert [run.run_id for run in runs] == recorded["run_ids"]
    for purpose in ("read", "list"):
        _check_grants(technology, clients.asked, purpose)
    listed = {action for grant in technology.grants if grant.purpose == "list" for action in grant.actions}
    assert listed == set(clients.asked), "the reconciler lists and does nothing else"


def test_what_a_technology_can_do_is_recorded(technology: Technology) -> None:
    folder = Path(__file__).parents[2] / "events" / technology.type
    if technology.retry:
        assert (folder / "retry.json").exists()
        assert (folder / "find-nothing.json").exists()
    assert not technology.describe_run or (folder / "describe.json").exists()
    assert not technology.recent_runs or (folder / "recent.json").exists()


def _check_grants(technology: Technology, asked: Sequence[str], purpose: str) -> None:
    granted = {action for grant in technology.grants if grant.purpose == purpose for action in grant.actions}
    assert {NAMES.get(call, call) for call in asked} <= granted


def _run(values: Mapping[str, Any]) -> Run:
    ended = datetime.fromisoformat(values["ended"]) if "ended" in values else None
    return Run(**{**values, "ended": ended})


def _compare(run: Run, expected: Mapping[str, Any]) -> None:
    assert {name: getattr(run, name) for name in expected} == dict(expected)


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
