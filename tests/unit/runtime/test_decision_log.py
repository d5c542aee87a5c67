"""What the responder and the acknowledge function log: the rows of the dashboards' table of incidents."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipewarden.acknowledgement import acknowledge
from pipewarden.responder import Responder
from tests.unit.runtime.scene import Scene


class Lines:
    def __init__(self) -> None:
        self.written: list[tuple[str, Mapping[str, Any]]] = []

    def info(self, msg: object, /, *, extra: Mapping[str, Any]) -> None:
        self.written.append((str(msg), extra))

    warning = info


def logging_scene() -> tuple[Scene, Lines]:
    scene, lines = Scene(), Lines()
    scene.workplace = replace(scene.workplace, log=lines)
    scene.responder = Responder(scene.workplace)
    return scene, lines


def test_a_decision_says_the_incident_since_when_it_is_and_what_hangs_below() -> None:
    scene, lines = logging_scene()
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    ((message, facts),) = lines.written
    assert message.startswith("retry: ")
    assert facts["incident"] == scene.incident.id
    assert facts["since"] == f"{scene.incident.since:%Y-%m-%d %H:%M:%S}"
    assert facts["hangs_below"] == "report"


def test_what_concerns_no_incident_is_no_row_of_the_table() -> None:
    scene, lines = logging_scene()
    scene.handle(scene.ended("extract", "r1", "succeeded"))
    ((message, facts),) = lines.written
    assert message.startswith("ignore: ")
    assert not {"incident", "since"} & facts.keys()


def test_who_took_an_incident_over_is_the_last_that_is_said_of_it() -> None:
    scene, lines = logging_scene()
    scene.handle(scene.ended("extract", "r1", "failed", "data: no column"))
    acknowledge(scene.workplace, scene.incident.id, "ada")
    message, facts = lines.written[-1]
    assert message == "acknowledge: taken by ada"
    assert facts["incident"] == scene.incident.id
    assert facts["since"] == lines.written[0][1]["since"]
