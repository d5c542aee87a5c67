"""How many metrics of ours one pipeline writes: each is paid for by the hour, and one dashboard shows 2,500 at most."""

from collections.abc import Mapping

from pipewarden.technology import Technology
from pipewarden_plan.limits import PIPELINE_METRICS
from pipewarden_plan.model import Model, Pipeline
from pipewarden_plan.own_metrics import metrics_of, own_metrics
from pipewarden_plan.price_table import price_table
from pipewarden_plan.remarks import Remarks

TOO_MANY = "PW422"


def count_metrics(pipeline: Pipeline, technologies: Mapping[str, Technology]) -> int:
    """Metrics with the dimension of this pipeline. Dimensions are environment, pipeline and resource, never a run, so
    nothing that happens makes more of them."""
    counts = (metrics_of(resource, pipeline, technologies[resource.type]) for resource in pipeline.resources)
    return len(own_metrics("pipeline")) + sum(number for count in counts for _, number in count)


def hold_metrics(model: Model, technologies: Mapping[str, Technology], remarks: Remarks) -> None:
    """Refuse a pipeline with more of them than one dashboard could show."""
    price = price_table().prices["custom-metric"].usd
    for pipeline in model.pipelines:
        count = count_metrics(pipeline, technologies)
        if count > PIPELINE_METRICS:
            message = (
                f"writes {count:,} metrics of Pipewarden's own for {len(pipeline.resources)} resources "
                f"(up to {count * price:.0f} USD a month), and {PIPELINE_METRICS:,} are the most for one pipeline"
            )
            cure = "declare parts of it as pipelines of their own; depends_on ties them together"
            remarks.refuse(pipeline.mark, f"pipelines.{pipeline.name}", message, cure, TOO_MANY)
