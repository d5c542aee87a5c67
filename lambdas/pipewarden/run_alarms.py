"""What every technology that runs has in common: expectations about runs, and the alarms and widgets over our own
metrics of them.

The responder writes these metrics (embedded metric format) when a run ends, so they exist for every technology alike.
An expectation of a pipeline applies to each of its run resources that is not `within` another; one of the resource
itself goes first.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from pipewarden.alarm_rule import AlarmRule
from pipewarden.graph import graph

NAMESPACE: Final = "Pipewarden"
DIMENSIONS: Final[Mapping[str, str]] = {
    "Environment": "$(env)",
    "Pipeline": "$(pipeline)",
    "Resource": "$(resource)",
}
SOURCE: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html"
_alarm = partial(AlarmRule, namespace=NAMESPACE, dimensions=DIMENSIONS, source=SOURCE)
_graph = partial(graph, NAMESPACE, DIMENSIONS)

EXPECTATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "duration": {
        "type": "object",
        "description": "How long a good run takes. Without it, and without `finished_by`, a run of a schedule is stuck "
        "when the next one is due and it takes three times as long as recent good runs.",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            "max": {"$ref": "#/$defs/duration", "description": "No run may take longer."},
            "ratio": {
                "type": "number",
                "exclusiveMinimum": 1,
                "maximum": 100,
                "description": "No run may take longer than this many times the mean of recent good runs.",
            },
        },
    },
    "success_within": {
        "$ref": "#/$defs/duration",
        "title": "a length of time such as 26h",
        "description": "A run has succeeded within this time, whatever the schedule.",
        "examples": ["26h"],
    },
    "runs": {
        "type": "object",
        "description": "How many runs start at least in each window; windows follow one another from midnight UTC on.",
        "additionalProperties": False,
        "required": ["min", "per"],
        "properties": {
            "min": {"type": "integer", "minimum": 1, "maximum": 900, "description": "The fewest.", "examples": [20]},
            "per": {"$ref": "#/$defs/duration", "description": "The window: 5m to 1d.", "examples": ["1d"]},
        },
        "examples": [{"min": 20, "per": "1d"}],
    },
    "success_rate": {
        "description": "Part of the runs of the last 30 days (or `over`) that succeeded: 95% is an error rate of 5%.",
        "anyOf": [
            {"$ref": "#/$defs/percentage"},
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["min"],
                "properties": {
                    "min": {"$ref": "#/$defs/percentage", "description": "The lowest rate that is still healthy."},
                    "over": {"$ref": "#/$defs/duration", "description": "The time that counts; 30d unless given."},
                },
            },
        ],
    },
    "slo": {
        "type": "object",
        "description": "A target for the part of the runs that succeed, as a budget of misses that is spent run by "
        "run: people hear when little of it is left, and when it is spent.",
        "additionalProperties": False,
        "required": ["target"],
        "properties": {
            "target": {"$ref": "#/$defs/percentage", "description": "Part of the runs that succeed."},
            "over": {"$ref": "#/$defs/duration", "default": "30d", "description": "What counts: 1d to 90d."},
            "warn_at": {
                "$ref": "#/$defs/percentage",
                "default": "25%",
                "description": "What is left of the budget when people hear of it first.",
            },
        },
    },
}

RUN_FAILED: Final = _alarm(
    key="failed",
    meaning="A run failed.",
    first_steps=(
        "Read the error and the last log lines of the run.",
        "If the class is deterministic, correct the input or the code, then start the run again.",
    ),
    metric="RunsFailed",
    statistic="Sum",
    comparison=">=",
    threshold=1,
    role="run",
)

ALARMS: Final = (
    _alarm(
        key="duration",
        meaning="A run took longer than declared.",
        first_steps=(
            "Compare the amount of input with the last good run.",
            "Look for waiting: locks, throttling, a queue before the workers.",
        ),
        metric="RunDurationSeconds",
        statistic="Maximum",
        comparison=">",
        threshold="duration.max",
        unit="Seconds",
    ),
    _alarm(
        key="duration-ratio",
        meaning="A run took many times longer than recent good runs.",
        first_steps=(
            "Compare the amount of input with the last good run.",
            "Look for what changed since then: code, data layout, size of the workers.",
        ),
        metric="DurationRatio",
        statistic="Maximum",
        comparison=">",
        threshold="duration.ratio",
        unit="None",
    ),
    _alarm(
        key="success-rate",
        meaning="Fewer runs succeed than declared.",
        first_steps=(
            "List the failed runs of the period and group them by error.",
            "Mend the most frequent cause first.",
        ),
        metric="SuccessRate",
        statistic="Minimum",
        comparison="<",
        threshold="success_rate.min",
        unit="Percent",
        # The rate is known at the end of a run only; between two runs the last answer stands.
        missing="ignore",
    ),
    _alarm(
        key="budget-low",
        meaning="Little is left of the error budget: soon a further miss breaks the target.",
        first_steps=(
            "List the missed runs of the time that counts and mend the most frequent cause.",
            "Put off risky changes of this pipeline until the budget has recovered.",
        ),
        metric="ErrorBudgetLeft",
        statistic="Minimum",
        comparison="<",
        threshold="slo.warn_at",
        unit="Percent",
        missing="ignore",
    ),
    _alarm(
        key="budget-spent",
        meaning="The error budget is spent: the target is missed.",
        first_steps=(
            "Tell those who rely on the target.",
            "List the missed runs of the time that counts and mend the most frequent cause.",
        ),
        metric="ErrorBudgetLeft",
        statistic="Minimum",
        comparison="<",
        threshold=0,
        given="slo",
        unit="Percent",
        missing="ignore",
    ),
)

WIDGETS: Final = (
    _graph(
        "runs",
        "Count",
        ("RunsSucceeded", "Sum", "succeeded"),
        ("RunsFailed", "Sum", "failed"),
        ("RunsRetried", "Sum", "retried"),
        stacked=True,
        period_seconds=3600,
    ),
    _graph(
        "duration",
        "Seconds",
        ("RunDurationSeconds", "Maximum", "longest"),
        ("RunDurationSeconds", "p90", "p90"),
        ("RunDurationSeconds", "p50", "median"),
        period_seconds=3600,
    ),
)
