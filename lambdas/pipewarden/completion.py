"""That a pipeline has run through: off unless declared, one message for each run that succeeded. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipewarden.duration import say_seconds, say_time
from pipewarden.message import Message, fit_sms, fit_subject
from pipewarden.pipeline_settings import PipelineSettings
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import History, Policy
from pipewarden.technology import Technology

OLD_NEWS = timedelta(days=1)


def completes(pipeline: PipelineSettings, resource: str, technologies: Mapping[str, Technology]) -> bool:
    """Whether a pipeline has run through when a run of the resource succeeds: none follows it, and none holds it."""

    def runs(name: str) -> bool:
        technology = technologies.get(pipeline.resources[name].type)
        return technology is not None and bool(technology.runs or technology.retry)

    found = pipeline.resources[resource]
    return (
        not found.within
        and runs(resource)
        and not any(resource in other.after and runs(name) for name, other in pipeline.resources.items())
    )


def completion_signal(signal: Signal, history: History, policy: Policy, now: datetime) -> Signal | None:
    """What is to be told of a success; None when nobody asked, or when it is a day old: then it is no news.

    The same run gives the same signal, whichever event or list told of it.
    """
    if signal.kind != SignalKind.RUN_SUCCEEDED or not policy.completes or now - signal.time > OLD_NEWS:
        return None
    durations = history.runs.durations
    seconds = history.run.duration_seconds if history.run else None
    facts = {
        "seconds": seconds,
        "usual": sum(durations) / len(durations) if durations else None,
        "retry": history.attempt.number if history.attempt else None,
    }
    return Signal(
        kind=SignalKind.COMPLETED,
        time=signal.time,
        pipeline=policy.pipeline,
        resource=policy.resource,
        run_id=signal.run_id,
        redrive=signal.redrive,
        detail={name: value for name, value in facts.items() if value is not None},
    )


def render_completion(signal: Signal, environment: str) -> Message:
    """`customer-import (prod): load finished 03:12 UTC after 41m (usual 38m)`."""
    seconds, usual, retry = (signal.detail.get(name) for name in ("seconds", "usual", "retry"))
    took = f" after {say_seconds(float(seconds))}" if seconds is not None else ""
    took += f" (usual {say_seconds(float(usual))})" if took and usual is not None else ""
    story = f"{signal.resource} finished {say_time(signal.time)}{took}"
    first = f"{signal.pipeline} ({environment}): {story}"
    again = f"It was retry {retry}.\n" if retry else ""
    return Message(
        subject=fit_subject(f"[finished] {environment}/{signal.pipeline}: {story}"),
        headline=first,
        text=f"{first}\n\n{again}Run {signal.run_id}. Nobody has to act.\n",
        sms=fit_sms(first),
    )
