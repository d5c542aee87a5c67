"""Any CloudWatch metric, with the words of the other technologies."""

from typing import Any

from pipewarden.alarm_rule import AlarmRule, Comparison
from pipewarden.grading import graded, graded_band
from pipewarden.technology import Technology, Widget

SOURCE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html"
DIMENSIONS = {"*": "$(dimensions)"}
LIMIT: tuple[dict[str, Any], ...] = ({"type": "number"}, {"$ref": "#/$defs/percentage"})
STATISTIC: dict[str, Any] = {
    "type": "string",
    "title": "a statistic: Average, Sum, Minimum, Maximum, SampleCount, p99, tm90 ...",
    "pattern": r"^(Average|Sum|Minimum|Maximum|SampleCount|IQM|(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?)$",
}
VALUES: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 1024}
INPUT: dict[str, Any] = {
    "metric": {"type": "string", "minLength": 1, "maxLength": 255, "description": "Name of the metric."},
    "namespace": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "description": "That of the resource's metric unless given.",
    },
    "dimensions": {
        "type": "object",
        "maxProperties": 30,
        "additionalProperties": VALUES,
        "description": "Those of the resource's metric unless given.",
    },
    "statistic": {**STATISTIC, "description": "That of the resource's metric unless given."},
}


def _alarm(key: str, meaning: str, comparison: Comparison) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=(
            "Open the graph: is it one point, a step or a slope?",
            "Ask who writes this metric what changed at that time.",
        ),
        namespace="$(namespace)",
        metric="$(metric)",
        dimensions=DIMENSIONS,
        statistic="$(statistic)",
        comparison=comparison,
        threshold=key,
        source=SOURCE,
        # With a unit CloudWatch would look only at data points of that unit, and we do not know it.
        unit="",
        period_field="period",
        expression_field="expression",
        inputs_field="metrics",
        # Between two points of a metric that is written once a day the last answer stands.
        missing="ignore",
    )


SILENT = AlarmRule(
    key="silent",
    meaning="Nothing was written for longer than declared.",
    first_steps=(
        "Look whether the job that writes the metric runs.",
        "Compare namespace, name and dimensions with what it writes: one letter more makes another metric.",
    ),
    namespace="$(namespace)",
    metric="$(metric)",
    dimensions=DIMENSIONS,
    statistic="SampleCount",
    comparison="<",
    threshold=1,
    given="written_within",
    source=SOURCE,
    unit="",
    period_field="written_within",
    missing="breaching",
)
TECHNOLOGY = Technology(
    type="metric",
    title="CloudWatch metric",
    summary="Any metric with one exact set of dimensions, kept between a lowest and a highest value or near the usual.",
    example={
        "type": "metric",
        "namespace": "DataPipeline/Quality",
        "metric": "CompletenessScore",
        "dimensions": {"PipelineName": "customer-import", "Table": "customers"},
        "expect": {"min": "98%"},
    },
    fields={
        "namespace": {
            "type": "string",
            "title": "a CloudWatch namespace such as DataPipeline/Quality",
            "minLength": 1,
            "maxLength": 255,
            "description": "Namespace of the metric.",
        },
        "metric": {
            "type": "string",
            "title": "the name of a CloudWatch metric",
            "minLength": 1,
            "maxLength": 255,
            "description": "Name of the metric.",
        },
        "dimensions": {
            "type": "object",
            "description": "All dimensions of the metric: CloudWatch finds nothing under a part of them.",
            "maxProperties": 30,
            "default": {},
            "additionalProperties": VALUES,
        },
        "statistic": {
            **STATISTIC,
            "default": "Average",
            "description": "How the values of one period become one: Average, Sum, Minimum, Maximum, p99 ...",
        },
        "emitted": {
            "type": "boolean",
            "description": "Somebody saw it in the console: it exists though the metric catalogue does not have it, or "
            "its service writes it only when that is switched on, and it is.",
        },
        "expression": {
            "type": "string",
            "title": "metric math over `m`, the metric of this resource, and the ids under `metrics`",
            "minLength": 1,
            "maxLength": 2048,
            "description": "What is judged in place of the metric: metric math in which `m` is this metric and the "
            "others go by their ids, such as `100 * m / calls`.",
        },
        "metrics": {
            "type": "object",
            "description": "Further metrics of the expression, by an id of your choice.",
            "maxProperties": 9,
            "propertyNames": {"pattern": "^[a-z][a-zA-Z0-9_]{0,254}$", "not": {"enum": ["m", "e", "band"]}},
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["metric"],
                "properties": INPUT,
            },
        },
        "period": {"$ref": "#/$defs/duration", "default": "5m", "description": "Length of one period."},
        "business": {
            "type": "boolean",
            "default": False,
            "description": "Whether it stands on the executive dashboard; where no metric says so, all of them do.",
        },
    },
    required=("namespace", "metric"),
    identity="",
    arn="",
    expectations={
        "min": graded(*LIMIT, description="The metric is not lower.", example="95%"),
        "max": graded(*LIMIT, description="The metric is not higher.", example="95%"),
        "anomaly": graded_band(),
        "written_within": {
            "$ref": "#/$defs/duration",
            "description": "A value comes at least so often; judged from the deployment on.",
        },
    },
    alarms=(
        _alarm("min", "The metric is lower than declared.", "<"),
        _alarm("max", "The metric is higher than declared.", ">"),
        _alarm("anomaly", "The metric is far from what is usual.", "outside-band"),
        SILENT,
    ),
    widgets=(
        Widget(
            title="$(resource): $(metric)",
            metrics=(("$(namespace)", "$(metric)", DIMENSIONS, "$(statistic)", "$(metric)"),),
            unit="",
        ),
    ),
    console="https://$(region).$(console)/cloudwatch/home?region=$(region)#metricsV2:query=$(namespace)%20$(metric)",
)
