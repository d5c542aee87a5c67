"""What tells of a run that never ends, where nobody declared how long one may take."""

from collections.abc import Iterable, Mapping, Sequence

from pipewarden.outlasting import USUAL_TIMES
from pipewarden.technology import Technology
from pipewarden_plan.model import Pipeline, Resource
from pipewarden_plan.remarks import Remarks

LIMITS = ("duration", "finished_by")
LISTED = 10


def notice_stuck(pipelines: Iterable[Pipeline], technologies: Mapping[str, Technology], remarks: Remarks) -> None:
    """Say which default holds, and where there is none."""
    scheduled: list[str] = []
    alone: list[str] = []
    for pipeline in pipelines:
        for resource in pipeline.resources:
            if _is_listed(resource, technologies[resource.type]) and not _limited(pipeline, resource):
                (scheduled if pipeline.schedule else alone).append(f"{pipeline.name}.{resource.name}")
    if scheduled:
        remarks.notice(
            f"A run counts as stuck when its next one is due and it takes {USUAL_TIMES:g} times as long as usual, for "
            f"nothing says how long it may take: {_named(scheduled)}. "
            "`expect: {duration: {ratio: 2}}` tells earlier."
        )
    if alone:
        remarks.notice(
            "Nothing of Pipewarden tells of a run that never ends, for there is neither a schedule nor a duration: "
            f"{_named(alone)}. `expect: {{duration: {{max: 2h}}}}` does."
        )


def _is_listed(resource: Resource, technology: Technology) -> bool:
    """Whether the reconciler sees its runs while they go on, and asks for them there."""
    return technology.runs and technology.recent_runs is not None and not resource.within


def _limited(pipeline: Pipeline, resource: Resource) -> bool:
    """`success_within` tells of a run that never ends by the success that does not come."""
    return any(key in expect for expect in (pipeline.expect, resource.expect) for key in (*LIMITS, "success_within"))


def _named(found: Sequence[str]) -> str:
    more = len(found) - LISTED
    return ", ".join(found[:LISTED]) + (f" and {more:,} more" if more > 0 else "")
