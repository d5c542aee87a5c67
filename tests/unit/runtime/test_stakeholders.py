"""What an incident costs: in its messages, and told to stakeholders when it passes their bounds and when it ends."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.effect import Effects
from pipewarden.hold import Hold
from pipewarden.impact import Impact, estimate_usd, say_impact, say_terms, seconds_until
from pipewarden.incident import IncidentState
from pipewarden.incident_write import Write
from pipewarden.route_settings import Stakeholders
from pipewarden.stakeholder import MOST_LOOKS, inform
from pipewarden.window import QuietHours
from tests.unit.runtime.scene import START, Scene

COSTLY = Impact(text="The report is late.", per_hour_usd=1_000.0, customers=300)
LATE, RATE, WHO = "The report is late.", "1,000 USD", "300 customers"
BOUNDS = (
    Stakeholders(above_usd=500.0, notify=("board",)),
    Stakeholders(above_usd=2_000.0, notify=("board", "secondary")),
)


def failed(impact: Impact = COSTLY, **more: Any) -> Scene:
    scene = Scene(impact=impact, stakeholders=BOUNDS, **more)
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    return scene


def asked(scene: Scene) -> list[tuple[datetime, dict[str, Any]]]:
    """Every look that is scheduled, with its time, in the order in which it was asked for."""
    rows = [(row["ScheduleExpression"][3:-1], row["Target"]["Input"]) for row in scene.aws.scheduler.schedules.values()]
    return [(datetime.fromisoformat(f"{at}+00:00"), json.loads(text)) for at, text in rows if '"above"' in text]


def follow(scene: Scene) -> str:
    """Let the time of the latest look come."""
    moment, event = asked(scene)[-1]
    scene.time = moment
    return inform(scene.workplace, event)


def told(scene: Scene) -> list[str]:
    return [
        f"{row['topic'].rpartition('-')[2]}: {row['subject']}"
        for row in scene.aws.sns.published
        if row["subject"].startswith("[impact")
    ]


@pytest.mark.parametrize(
    ("impact", "seconds", "usd"),
    [
        (Impact(per_hour_usd=1_200), 5_400, 1_800),
        (Impact(once_usd=500), 0, 500),
        (Impact(once_usd=500, after_seconds=60), 59, 0),
        (Impact(once_usd=500, per_hour_usd=60, after_seconds=3_600), 7_200, 560),
        (Impact(customers=3), 7_200, 0),
    ],
    ids=["by the hour", "at once", "nothing before its time", "both after a while", "no money"],
)
def test_the_estimate(impact: Impact, seconds: float, usd: float) -> None:
    assert estimate_usd(impact, seconds) == usd


@pytest.mark.parametrize(
    ("impact", "above", "seconds"),
    [
        (Impact(per_hour_usd=1_200), 600, 1_800),
        (Impact(once_usd=500, after_seconds=60), 500, 60),
        (Impact(once_usd=500, per_hour_usd=100, after_seconds=60), 600, 3_660),
        (Impact(once_usd=500), 501, None),
        (Impact(customers=3), 1, None),
    ],
    ids=["by the hour", "at once", "both", "never that much", "no money"],
)
def test_when_a_bound_is_reached(impact: Impact, above: float, seconds: float | None) -> None:
    assert seconds_until(impact, above) == seconds
    if seconds is not None:
        assert estimate_usd(impact, seconds) >= above > estimate_usd(impact, seconds - 1)


@pytest.mark.parametrize(
    ("impact", "seconds", "over", "lines"),
    [
        (None, 60, False, ()),
        (COSTLY, 5_400, False, (LATE, f"about 1,500 USD so far (1h 30m), {RATE} more each hour; {WHO}")),
        (COSTLY, 0, False, (LATE, f"{RATE} each hour; {WHO}")),
        (COSTLY, 5_400, True, (LATE, "about 1,500 USD in 1h 30m; 300 customers")),
        (
            Impact(once_usd=5_000, per_hour_usd=10, after_seconds=7_200),
            60,
            False,
            ("nothing in the first 2h, then 5,000 USD at once and 10 USD each hour",),
        ),
        (Impact(customers=1), 60, False, ("1 customer",)),
        (Impact(text="Nobody can order."), 60, True, ("Nobody can order.",)),
    ],
    ids=["none declared", "going on", "just begun", "over", "not yet", "customers only", "words only"],
)  # fmt: skip
def test_the_impact_in_words(impact: Impact | None, seconds: float, over: bool, lines: tuple[str, ...]) -> None:
    assert say_impact(impact, seconds, over=over) == lines


def test_what_was_declared_in_one_line() -> None:
    impact = Impact(once_usd=500, per_hour_usd=1_200.5, after_seconds=1_800, customers=300, text="Old figures.")
    assert say_terms(impact) == "500 USD once and 1,200.50 USD an hour after 30m; 300 customers; Old figures."


def test_each_bound_is_told_once_and_those_who_were_told_hear_of_the_end() -> None:
    scene = failed()
    assert [moment for moment, _ in asked(scene)] == [START + timedelta(minutes=30, seconds=5)]
    assert told(scene) == []
    assert follow(scene) == "informed"
    assert told(scene) == ["board: [impact] test/import: about 500 USD in 30m"]
    assert inform(scene.workplace, asked(scene)[0][1]) == "it was told already"
    assert follow(scene) == "informed"
    assert told(scene)[1:] == [f"{who}: [impact] test/import: about 2,000 USD in 2h" for who in ("board", "secondary")]
    scene.time = START + timedelta(hours=3, seconds=5)
    scene.run("r2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    ended = "[impact over] test/import: about 3,000 USD in 3h"
    assert told(scene)[3:] == [f"board: {ended}", f"secondary: {ended}"]
    assert scene.incident.informed == (500.0, 2_000.0)
    assert inform(scene.workplace, asked(scene)[-1][1]) == "the incident is recovered"
    lines = [entry.text for entry in scene.store.timeline(scene.incident.id) if entry.kind == "informed"]
    assert lines[0] == "Business impact of import (test) has passed 500 USD: about 500 USD in 30m"


def test_nobody_is_told_of_what_ended_before_its_bound() -> None:
    scene = failed()
    scene.time += timedelta(minutes=10)
    scene.run("r2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    assert follow(scene) == "the incident is recovered"
    assert told(scene) == []


@pytest.mark.parametrize(
    ("impact", "stakeholders"),
    [(Impact(customers=3), BOUNDS), (Impact(once_usd=499.0), BOUNDS), (COSTLY, ()), (None, BOUNDS)],
    ids=["no money", "never that much", "nobody to tell", "no impact"],
)
def test_nothing_is_scheduled_that_could_not_be_told(impact: Impact | None, stakeholders: Any) -> None:
    scene = Scene(impact=impact, stakeholders=stakeholders)
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    assert asked(scene) == []


def test_it_is_told_while_retries_go_on_and_says_so() -> None:
    scene = Scene(impact=Impact(once_usd=600.0), stakeholders=BOUNDS)
    scene.handle(scene.ended("extract", "r1", "failed", "transient"))
    scene.handle(scene.due()[0])
    assert follow(scene) == "informed"
    assert "It is being retried; on-call has not been paged." in scene.aws.sns.published[-1]["default"]


def test_who_has_it_is_told() -> None:
    scene = failed()
    assert follow(scene) == "informed"
    assert "On-call was paged at 02:10 UTC; nobody has taken it yet." in scene.aws.sns.published[-1]["default"]
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    assert follow(scene) == "informed"
    assert "Ada has it since 02:40 UTC." in scene.aws.sns.published[-1]["default"]


def test_quiet_hours_put_it_off() -> None:
    scene = failed(severity="P2")
    quiet = QuietHours(start="02:00", end="06:00")
    severities: Any = scene.workplace.settings.severities
    severities["P2"] = replace(severities["P2"], quiet_hours=quiet)
    assert follow(scene) == "not yet"
    assert asked(scene)[-1] == (datetime.fromisoformat("2026-03-01T06:00:00+00:00"), {**asked(scene)[0][1], "look": 1})
    assert follow(scene) == "informed"


def test_maintenance_puts_it_off() -> None:
    scene = failed()
    hold = Hold(
        by="maintenance", name="patch", since=START, until=START + timedelta(hours=2), why="it failed", text="held"
    )
    scene.store.write(Write(incident=replace(scene.incident, hold=hold)), scene.time)
    assert [follow(scene), told(scene)] == ["not yet", []]
    assert follow(scene) == "informed"


def test_what_comes_and_goes_is_left_alone_while_it_is_well_and_not_for_ever() -> None:
    scene = failed()
    scene.store.write(Write(incident=scene.incident.without_reasons(("run:extract",))), scene.time)
    assert follow(scene) == "not yet"
    before = len(asked(scene))
    assert inform(scene.workplace, {**asked(scene)[-1][1], "look": MOST_LOOKS}) == "not yet"
    assert len(asked(scene)) == before


def test_a_bound_that_is_no_longer_declared_is_told_to_nobody() -> None:
    scene = failed()
    assert inform(scene.workplace, {**asked(scene)[0][1], "above": 7.0}) == "the bound is not declared any more"
    assert inform(scene.workplace, {"incident": "none", "above": 500.0}) == "there is no such incident"


def test_who_is_told_while_it_ends_hears_of_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = failed()
    publish = scene.aws.sns.publish

    def end_it(**call: Any) -> Any:
        monkeypatch.setattr(scene.aws.sns, "publish", publish)
        over = scene.incident.ended_as(IncidentState.RECOVERED, scene.time)
        scene.store.write(Write(incident=over), scene.time)
        return publish(**call)

    monkeypatch.setattr(scene.aws.sns, "publish", end_it)
    assert follow(scene) == "informed"
    assert [line.partition(":")[2][:14] for line in told(scene)] == [" [impact] test", " [impact over]"]


def test_an_incident_that_somebody_closes_tells_its_stakeholders_too() -> None:
    scene = failed()
    follow(scene)
    lasting = replace(scene.incident.reasons[0], lasting=True, told=True)
    scene.store.write(Write(incident=replace(scene.incident, reasons=(lasting,))), scene.time)
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    assert len(told(scene)) == 1, "the function that the internet reaches publishes nothing"
    Effects(scene.workplace).finish_acknowledging(scene.incident.id)
    assert told(scene)[1:] == ["board: [impact over] test/import: about 500 USD in 30m"]
    assert scene.incident.pending == ()


def test_a_crash_between_the_incident_and_its_schedule_forgets_no_bound() -> None:
    for call in range(1, 12):
        scene = Scene(impact=COSTLY, stakeholders=BOUNDS)
        signal = scene.ended("extract", "r1", "failed", "deterministic")
        scene.aws.crash_at(call, after=True)
        scene.deliver_until_done(signal)
        assert [event["above"] for _, event in asked(scene)] == [500.0], f"call {call}"


def test_the_page_and_the_end_have_the_impact() -> None:
    scene = failed()
    page = scene.aws.sns.published[0]["default"]
    assert "IMPACT\n  The report is late.\n  1,000 USD each hour; 300 customers\n" in page
    scene.time = START + timedelta(minutes=90, seconds=5)
    scene.run("r2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    end = next(row["default"] for row in scene.aws.sns.published if row["subject"].startswith("[recovered]"))
    assert "IMPACT\n  The report is late.\n  about 1,500 USD in 1h 30m; 300 customers\n" in end
