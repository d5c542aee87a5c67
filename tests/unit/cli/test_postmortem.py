"""The post-mortem of an incident: complete documents beside, from days in memory; the command that prints one."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.export import read_exported_pages
from pipewarden.impact import Impact
from pipewarden.incident import IncidentState, Reason
from pipewarden.page import read_page
from pipewarden.route_settings import Stakeholders
from pipewarden.signal import Signal, SignalKind
from pipewarden.stakeholder import inform
from pipewarden.window import Maintenance
from pipewarden_cli.main import main
from pipewarden_cli.postmortem.contents import Mark, Record, Surroundings
from pipewarden_cli.postmortem.render import guide, render_postmortem
from pipewarden_cli.postmortem.surroundings import windows_between
from tests.unit.cli.incident_sample import CLOSED, PAGED, FakeAws, reason
from tests.unit.cli.test_exported_incident import table
from tests.unit.cli.test_incidents import aws
from tests.unit.runtime.scene import START, Scene
from tests.unit.runtime.test_crashes import recovered

__all__ = ["aws"]
GOLDEN = Path(__file__).parent / "golden"


def exhausted() -> Scene:
    """Retried twice, paged, acknowledged, recovered; it cost something, and stakeholders heard of it."""
    impact = Impact(text="The morning report is late.", per_hour_usd=1_200.0, customers=300)
    scene = Scene(impact=impact, stakeholders=(Stakeholders(above_usd=600.0, notify=("board",)),))
    scene.handle(scene.ended("extract", "r1", "failed", "transient: password=hunter2 | 503"))
    for _ in range(2):
        due = scene.due()[-1]
        scene.time = max(scene.time, due.time)
        scene.handle(due)
        scene.time += timedelta(minutes=7)
        scene.handle(scene.ended("extract", scene.jobs.started[-1].run_id, "failed", "transient: 503"))
    scene.time += timedelta(minutes=3)
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    scene.time = START + timedelta(minutes=40)
    inform(scene.workplace, {"incident": scene.incident.id, "above": 600.0})
    scene.run("r9", "running", started=scene.time)
    scene.time += timedelta(minutes=20)
    scene.handle(scene.ended("extract", "r9", "succeeded"))
    return scene


def still_open() -> Scene:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic: bad row"))
    return scene


def dead_letters() -> Scene:
    scene = Scene()
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="dead"))
    scene.time += timedelta(minutes=3)
    detail = {"received": 43, "replayed": 40, "quarantined": 3, "left": 0, "quarantine": "in-quarantine"}
    about = {"pipeline": "import", "resource": "ingest", "incident": scene.incident.id}
    scene.handle(Signal(kind=SignalKind.DRAIN_FINISHED, time=scene.time, detail=detail, **about))
    return scene


def record_of(scene: Scene) -> Record:
    incident = scene.incident
    items = [scene.store.load_page(incident.id, number) for number in range(1, incident.pages + 1)]
    pages = tuple(read_page(item) for item in items if item)
    return Record(incident=incident, timeline=scene.store.timeline(incident.id), pages=pages)


MARKS = (
    Mark(time=START - timedelta(minutes=30), kind="deployment", text="jobs was deployed within five minutes of this"),
    Mark(time=START - timedelta(hours=5), kind="maintenance", text="patch began, for 1h until 22:10 UTC"),
)


@pytest.mark.parametrize(
    ("name", "day", "around"),
    [
        ("recovered", exhausted, {"marks": MARKS, "respond_within_seconds": 3_600.0}),
        ("open", still_open, {"unknown": ("deployments (CloudWatch said AccessDenied)",)}),
        ("dead-letters", dead_letters, {}),
    ],
    ids=["recovered", "open", "dead letters"],
)
def test_the_document_is_as_it_stands_beside(name: str, day: Callable[[], Scene], around: dict[str, Any]) -> None:
    scene = day()
    text = render_postmortem(record_of(scene), Surroundings(environment="test", now=scene.time, **around))
    golden = GOLDEN / f"postmortem-{name}.md"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    assert "hunter2" not in text


def test_the_archive_gives_the_same_document_as_the_table() -> None:
    scene = exhausted()
    around = Surroundings(environment="test", now=scene.time)
    (body,) = [body for key, body in scene.aws.s3.objects.items() if key.startswith("incidents/")]
    assert read_exported_pages(body.decode()) == record_of(scene).pages
    exported = table(scene.aws.s3.objects).record(scene.incident.id)
    known = record_of(scene)
    told = [entry for entry in known.timeline if entry in exported.timeline]
    assert render_postmortem(exported, around) == render_postmortem(replace(known, timeline=told), around)


@pytest.mark.parametrize("kind", ["run", "alarm", "deadline", "dead-letters"])
@pytest.mark.parametrize("failure_class", ["transient", "resource", "deterministic", "unknown", ""])
def test_there_are_five_whys_and_actions_for_everything(kind: Any, failure_class: Any) -> None:
    found = guide(reason(kind=kind, failure_class=failure_class))
    assert len(found["whys"]) == 5
    assert "{cause}" in found["whys"][0]
    assert len(found["actions"]) >= 2
    assert guide(None)["whys"]


def test_windows_around_it_are_found_by_what_covers_the_pipeline() -> None:
    patch = Maintenance(name="patch", cron="0 4 * * *", duration_seconds=3_600)
    other = replace(patch, name="other", pipelines=("other",))
    since = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
    marks = list(windows_between((patch, other), "import", since, since + timedelta(days=1)))
    assert [(mark.time.day, mark.text) for mark in marks] == [
        (1, "patch began, for 1h until 05:00 UTC"),
        (2, "patch began, for 1h until 05:00 UTC"),
    ]


def test_the_command_prints_it(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "prod", PAGED.id, "--postmortem"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Post-mortem: orders (prod), ")
    assert text.count("| **deployment** | jobs was deployed within five minutes of this |") == 1
    assert "(asked for within 1h)" in text


def test_metrics_that_cannot_be_read_keep_nothing_else_from_being_told(
    aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.missing = "metrics"
    assert main(["incidents", "prod", PAGED.id, "--postmortem"]) == 0
    assert "Not known: deployments (CloudWatch said AccessDenied)." in capsys.readouterr().out


def test_it_asks_which_incident(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "prod", "--postmortem"]) == 2
    assert capsys.readouterr().err.startswith("pipewarden: Which incident? Give its id")


def test_one_that_somebody_closed_without_any_reason_has_a_document() -> None:
    bare = replace(CLOSED, reasons=(), attempts=(), ended=CLOSED.opened)
    text = render_postmortem(Record(incident=bare), Surroundings(environment="prod", now=CLOSED.opened))
    assert "| State | closed |" in text
    assert bare.state == IncidentState.CLOSED


def test_what_could_break_a_table_or_a_block_does_not() -> None:
    nasty: Reason = reason(text="a | b <script>\nc", error="```\n# not a heading\npassword=hunter2")
    text = render_postmortem(
        Record(incident=replace(PAGED, reasons=(nasty,))), Surroundings(environment="prod", now=PAGED.opened)
    )
    assert "a \\| b &lt;script> c" in text
    assert "'''\n# not a heading\npassword=****\n```" in text


@pytest.mark.parametrize(
    ("hours", "expected"), [("24", 1), ("26", 2), ("51", 3)], ids=["only what is open", "a day", "two days"]
)
def test_what_was_open_in_the_last_hours(
    hours: str, expected: int, aws: FakeAws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.incidents[CLOSED.id] = replace(CLOSED, ended=CLOSED.opened + timedelta(hours=1))
    assert main(["incidents", "prod", "--hours", hours]) == 0
    assert len(capsys.readouterr().out.splitlines()) == expected + 1


@pytest.mark.parametrize("hours", ["0", "x", "9000"])
def test_hours_are_a_number(hours: str, aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["incidents", "prod", "--hours", hours])
    assert "must be a whole number of hours from 1 to 8760" in capsys.readouterr().err


def test_a_recovered_incident_is_exported_with_all_that_the_document_needs() -> None:
    scene = Scene()
    scene.handle(recovered(scene))
    assert table(scene.aws.s3.objects).record(scene.incident.id).incident.id == scene.incident.id
