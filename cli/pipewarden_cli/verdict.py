"""What a failed run would be taken for and what would be done about it, without any run."""

from datetime import UTC, datetime
from typing import NamedTuple

from pipewarden.decision import decide
from pipewarden.failure import Failure, classify
from pipewarden.policy import make_policy
from pipewarden.registry import technologies
from pipewarden.retry_policy import RetryPolicy
from pipewarden.run import Run
from pipewarden.settings import Settings
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy
from pipewarden_plan.grammar import grammar

INCIDENT = "classify"


class Verdict(NamedTuple):
    """The failure and the decision about its first occurrence, of a resource for which nothing is open."""

    failure: Failure
    decision: Decision


def judge(run: Run, type_: str, policy: Policy) -> Verdict:
    """What the responder would make of the run; `type_` "" stands for a technology that has no patterns of its own."""
    failure = classify(technologies().get(type_), run, policy.error_patterns)
    history = History(
        incident_id=INCIDENT,
        run=run,
        failure_class=failure.failure_class,
        failure_reason=failure.explanation,
        advice=failure.advice,
    )
    now = datetime.now(UTC)
    signal = Signal(kind=SignalKind.RUN_FAILED, time=now, technology=type_, identity="", run_id=run.run_id)
    return Verdict(failure, decide(signal, history, policy, now))


def default_policy() -> Policy:
    """The policy of a resource that declares nothing, with the schema's own defaults."""
    read = grammar().reader("retry")({}, str)
    retry = RetryPolicy(attempts=read["attempts"], backoff_seconds=read["backoff"], classes=tuple(read["classes"]))
    return Policy(
        pipeline="", resource="the resource", severity="P2", respond_within_seconds=14_400, retry=retry, retryable=True
    )


def declared_policy(settings: Settings, pipeline: str, resource: str) -> tuple[Policy, str]:
    """The policy of a declared resource, and its type. Raises KeyError for one that is not declared."""
    return make_policy(settings, technologies(), pipeline, resource), settings.pipelines[pipeline].resources[
        resource
    ].type
