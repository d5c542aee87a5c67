"""What a class leads to, through the real decision; and real errors with declared patterns, through the responder."""

from dataclasses import replace

import pytest

from pipewarden.decision import decide
from pipewarden.error_pattern import ErrorPattern, FailureClass
from pipewarden.failure import classify
from pipewarden.responder import Responder
from pipewarden.retry_policy import RetryPolicy
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.cases import POLICY, TRANSIENT
from tests.unit.runtime.scene import START, Scene

FAILED = Signal(kind=SignalKind.RUN_FAILED, time=START, technology="job", identity="extract", run_id="r1")
EVERY = ("transient", "resource", "deterministic", "unknown")


def outcome(failure_class: FailureClass, used: int, classes: tuple[str, ...]) -> str:
    retry = RetryPolicy(attempts=3, backoff_seconds=(60.0, 900.0), classes=classes)
    history = replace(TRANSIENT, failure_class=failure_class, earlier_attempts=used)
    return decide(FAILED, history, replace(POLICY, retry=retry), START).action


@pytest.mark.parametrize(
    ("failure_class", "classes", "actions"),
    [
        pytest.param("transient", ("transient", "unknown"), "retry retry retry page", id="transient: every attempt"),
        pytest.param("unknown", ("transient", "unknown"), "retry page page page", id="unknown: once"),
        pytest.param("unknown", EVERY, "retry page page page", id="unknown: once, whatever is declared"),
        pytest.param("unknown", ("transient",), "page page page page", id="unknown: never, where it is not declared"),
        pytest.param("deterministic", ("transient", "unknown"), "page page page page", id="deterministic: never"),
        pytest.param("resource", ("transient", "unknown"), "page page page page", id="resource: never by itself"),
        pytest.param("deterministic", EVERY, "retry retry retry page", id="deterministic: as declared, on purpose"),
    ],
)
def test_what_a_class_leads_to(failure_class: FailureClass, classes: tuple[str, ...], actions: str) -> None:
    assert " ".join(outcome(failure_class, used, classes) for used in range(4)) == actions


def scene_with(*patterns: ErrorPattern) -> Scene:
    """The scene with the real classifier, and patterns declared for `extract`."""
    scene = Scene()
    settings = scene.workplace.settings
    pipeline = settings.pipelines["import"]
    extract = replace(pipeline.resources["extract"], error_patterns=patterns)
    pipelines = {"import": replace(pipeline, resources={**pipeline.resources, "extract": extract})}
    scene.workplace = replace(
        scene.workplace, classify=classify, settings=replace(settings, pipelines={**settings.pipelines, **pipelines})
    )
    scene.responder = Responder(scene.workplace)
    return scene


def test_a_known_error_is_paged_with_its_pattern_and_confidence() -> None:
    scene = scene_with()
    scene.handle(scene.ended("extract", "r1", "failed", "KeyError: 'customer_id'"))
    text = scene.aws.sns.published[0]["default"]
    assert (
        "class: deterministic, the error says \"KeyError: 'customer_id'\" (pattern code-fault, high confidence)" in text
    )


def test_a_declared_pattern_holds_the_page_back() -> None:
    scene = scene_with(ErrorPattern("customer_id", "transient", "The export was late.", id="declared:customer_id"))
    scene.handle(scene.ended("extract", "r1", "failed", "KeyError: 'customer_id'"))
    assert scene.aws.sns.published == []


def test_the_advice_of_a_declared_pattern_stands_on_the_page() -> None:
    scene = scene_with(ErrorPattern("reset by peer", "deterministic", "Call the partner.", id="declared:reset by peer"))
    scene.handle(scene.ended("extract", "r1", "failed", "Connection reset by peer"))
    text = scene.aws.sns.published[0]["default"]
    assert "(pattern declared:reset by peer, certain confidence)" in text
    assert "advice: Call the partner." in text
