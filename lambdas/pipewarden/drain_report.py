"""What a drain says when it is over."""

from datetime import datetime
from typing import Any, Literal

from pipewarden.drain_policy import DrainPolicy
from pipewarden.drain_store import DrainState
from pipewarden.names import Names
from pipewarden.signal import Signal, SignalKind

Stop = Literal["", "poison", "asked", "passes"]
"""Why a drain ended before its time: too much came back, a person asked, or messages come back after every pass."""


def drain_report(
    policy: DrainPolicy,
    state: DrainState,
    place: tuple[str, str],
    incident: str,
    names: Names,
    now: datetime,
    stop: Stop,
    left: int,
    returned: int,
) -> Signal:
    """The numbers of a drain for the responder. `place` is pipeline and resource; `left` what stays in the queue."""
    pipeline, resource = place
    detail: dict[str, Any] = {
        "received": state.received,
        "replayed": state.replayed,
        "returned": returned,
        "quarantined": state.quarantined,
        "archived": state.archived,
        "left": left,
        "passes": state.passes + 1,
        "samples": list(state.samples),
        "quarantine": policy.quarantine_queue,
        "archive": f"s3://{names.archive_bucket()}/dead-letters/{pipeline}/{resource}/" if state.archived else "",
        "dead_letter_queue": policy.dead_letter_queue,
        "where": policy.where,
    }
    if stop:
        detail |= {"stop": stop, "stopped_by": state.stop}
    return Signal(
        kind=SignalKind.DRAIN_FINISHED,
        time=now,
        run_id=state.drain,
        pipeline=pipeline,
        resource=resource,
        incident=state.incident or incident,
        detail=detail,
    )
