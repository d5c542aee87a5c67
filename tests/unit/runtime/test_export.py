"""What happens at the end of an incident, and when somebody takes it: told, counted, kept for good."""

import json
from dataclasses import replace

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.effect import Effects
from pipewarden.export import export_key, read_export
from pipewarden.route_settings import Channel
from tests.unit.runtime.memory_aws import refusal
from tests.unit.runtime.room import Room
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_crashes import exhausted, recovered, retry_due


def exported(scene: Scene) -> dict[str, object]:
    ((key, body),) = scene.aws.s3.objects.items()
    assert key == export_key(scene.incident.id)
    found: dict[str, object] = json.loads(body)
    return found


def test_an_incident_that_is_over_is_in_the_archive() -> None:
    scene = Scene()
    scene.handle(recovered(scene))
    found = exported(scene)
    assert (found["state"], found["format"]) == ("recovered", 1)
    assert "pending" not in found
    lines = [row["text"] for row in found["timeline"]]  # type: ignore[attr-defined]
    assert any(line.startswith("Recovered: import (test)") for line in lines), "what was told is part of it"
    assert len(found["page_facts"]) == 1  # type: ignore[arg-type]
    assert scene.incident.pending == ()


def test_an_export_is_read_as_the_incident_it_was() -> None:
    scene = Scene()
    scene.handle(recovered(scene))
    ((_, body),) = scene.aws.s3.objects.items()
    incident, timeline = read_export(body.decode())
    table = scene.incident
    assert incident == replace(table, version=incident.version)
    assert timeline == scene.store.timeline(table.id)


def test_an_export_that_fails_is_made_when_the_signal_comes_again() -> None:
    scene = Scene()
    signal = recovered(scene)
    put = scene.aws.s3.put_object
    scene.aws.s3.put_object = lambda **_: (_ for _ in ()).throw(refusal("PutObject", "SlowDown", 503))  # type: ignore[method-assign]
    with pytest.raises(Exception, match="SlowDown"):
        scene.handle(signal)
    told = len(scene.subjects)
    scene.aws.s3.put_object = put  # type: ignore[method-assign]
    scene.deliver_until_done(signal)
    assert exported(scene)["state"] == "recovered"
    assert len(scene.subjects) == told, "nobody is told twice"


@pytest.mark.parametrize(
    ("incident", "key"),
    [
        ("crm-import-20260301-0210-4f1c", "incidents/date=2026-03-01/crm-import-20260301-0210-4f1c.json"),
        ("strange", "incidents/date=unknown/strange.json"),
    ],
)
def test_the_id_alone_says_where_it_is(incident: str, key: str) -> None:
    assert export_key(incident) == key


def test_what_was_cured_before_anybody_was_told_is_counted() -> None:
    scene = Scene()
    scene.handle(retry_due(scene))
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    assert scene.incident.auto_remediated
    assert scene.metric("IncidentsAutoRemediated") == [1.0]
    assert exported(scene)["auto_remediated"] is True


def test_what_was_paged_is_not() -> None:
    scene = Scene()
    scene.handle(recovered(scene))
    assert not scene.incident.auto_remediated
    assert scene.metric("IncidentsAutoRemediated") == []


def escalate(scene: Scene) -> str:
    """As Lambda calls the escalator for what the acknowledge function asked."""
    (call,) = [event for name, event in scene.aws.functions.invoked if name.endswith("escalator")]
    assert call["tell"] == "acknowledged"
    return Effects(scene.workplace).finish_acknowledging(call["incident"])


def test_whoever_was_told_hears_that_somebody_has_it() -> None:
    room = Room()
    try:
        scene = Scene()
        route = scene.workplace.settings.severities["P1"]
        scene.workplace.settings.severities["P1"] = replace(route, notify=("team", "pager"))  # type: ignore[index]
        pager = Channel(type="pagerduty", secret="s", fields={"region": room.address})
        scene.workplace.settings.channels["pager"] = pager  # type: ignore[index]
        scene.aws.secretsmanager.secrets["s"] = "r" * 32
        scene.handle(exhausted(scene))
        assert acknowledge(scene.workplace, scene.incident.id, "Ann")[0] == "acknowledged"
        scene.aws.sns.published.clear()
        assert escalate(scene) == "told"
    finally:
        room.close()
    assert [taken.json["event_action"] for taken in room.taken] == ["trigger", "acknowledge"]
    assert {taken.json["dedup_key"] for taken in room.taken} == {scene.incident.id}
    assert scene.subjects == [
        "pipewarden-test-page-P1: [acknowledged] test/import: by Ann",
        "pipewarden-test-to-primary: [acknowledged] test/import: by Ann",
    ]
    assert scene.incident.pending == ()
    assert escalate(scene) == "nothing to tell", "Lambda may call twice"


@pytest.mark.parametrize(("outcome", "told"), [("succeeded", False), ("stopped", True)])
def test_an_acknowledgement_that_could_not_be_told_is_told_by_the_next_signal(outcome: str, told: bool) -> None:
    """Unless that ends the incident: then its end is all there is to tell."""
    scene = Scene()
    scene.handle(exhausted(scene))
    invoke = scene.aws.functions.invoke
    scene.aws.functions.invoke = lambda **_: (_ for _ in ()).throw(refusal("Invoke", "Throttled"))  # type: ignore[method-assign]
    assert acknowledge(scene.workplace, scene.incident.id, "Ann")[0] == "acknowledged"
    scene.aws.functions.invoke = invoke  # type: ignore[method-assign]
    assert [effect.kind for effect in scene.incident.pending] == ["acknowledged"]
    scene.time = scene.time.replace(hour=scene.time.hour + 1)
    scene.run("r4", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r4", outcome))
    assert any("[acknowledged]" in subject for subject in scene.subjects) == told
    assert not any("[closed]" in subject for subject in scene.subjects)
    assert scene.incident.pending == ()
