"""Pipeline names are unique across all files."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading


def check_names(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    first: dict[str, PipelineReading] = {}
    for pipeline in pipelines:
        if (other := first.setdefault(pipeline.name, pipeline)) is not pipeline:
            message = f"is declared a second time, first in {other.mark}"
            yield pipeline.finding(
                "PW201", (), message, "rename one of them: a name stands for one pipeline everywhere"
            )
