"""AWS Glue Data Quality: what the evaluation of one ruleset found.

Events: https://docs.aws.amazon.com/glue/latest/dg/data-quality-alerts.html. Its sample event and its sample handler
spell the fields differently (`resultID` and `resultId`, `rulesFailed` and `numRulesFailed`), and EventBridge's list of
events has another source than the page; both are taken. An evaluation sends an event only while "publish metrics to
CloudWatch" is on. Which rules failed, and why, only GetDataQualityResult tells
(https://docs.aws.amazon.com/glue/latest/webapi/API_GetDataQualityResult.html). Results cannot be listed by ruleset, so
nothing looks for evaluations that no event told of: expect freshness of the data beside it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.error_pattern import ErrorPattern
from pipewarden.graph import graph
from pipewarden.run import Run
from pipewarden.run_alarms import DIMENSIONS, NAMESPACE, RUN_FAILED, SOURCE
from pipewarden.run_events import run_events
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, Grant, Technology

TYPE = "glue-data-quality"
ALERTS = "https://docs.aws.amazon.com/glue/latest/dg/data-quality-alerts.html"
RULESET = "arn:$(partition):glue:$(region):$(account):dataQualityRuleset/$(ruleset)"
BAD = ("FAIL", "ERROR")
MOST_TOLD = 5
_graph = partial(graph, NAMESPACE, DIMENSIONS)


def read_event(event: Mapping[str, Any]) -> Signal | None:
    detail = event["detail"]
    failed, passed = (_number(detail, word) for word in ("Failed", "Succeeded"))
    is_bad = detail["state"] != "SUCCEEDED" or failed > 0
    return Signal(
        kind=SignalKind.RUN_FAILED if is_bad else SignalKind.RUN_SUCCEEDED,
        time=datetime.fromisoformat(event["time"]).astimezone(UTC),
        technology=TYPE,
        identity=detail["rulesetNames"][0],
        run_id=detail.get("resultID") or detail["resultId"],
        state=detail["state"],
        error=f"{failed} of {failed + passed} rules failed" if is_bad else "",
    )


def describe_run(clients: Clients, _target: Target, signal: Signal) -> Run:
    """The evaluation with its score and, where rules failed, their names and what Glue says about each."""
    found = clients("glue").get_data_quality_result(ResultId=signal.run_id)
    rules = found.get("RuleResults", [])
    bad = [rule for rule in rules if rule.get("Result") in BAD]
    is_bad = bool(bad) or signal.state != "SUCCEEDED"
    score = found.get("Score")
    return Run(
        run_id=signal.run_id,
        state="failed" if is_bad else "succeeded",
        word=signal.state,
        started=found.get("StartedOn"),
        ended=found.get("CompletedOn"),
        error=_tell(bad, len(rules)) if is_bad else "",
        score=None if score is None else round(100.0 * float(score), 4),
    )


def _number(detail: Mapping[str, Any], word: str) -> int:
    return int(detail.get(f"rules{word}", detail.get(f"numRules{word}", 0)))


def _tell(bad: list[Mapping[str, Any]], rules: int) -> str:
    told = [
        ": ".join(filter(None, (rule.get("Description") or rule.get("Name"), rule.get("EvaluationMessage"))))
        for rule in bad[:MOST_TOLD]
    ]
    more = [f"and {len(bad) - MOST_TOLD} more"] if len(bad) > MOST_TOLD else []
    return "\n".join([f"{len(bad)} of {rules} rules failed", *told, *more])


TECHNOLOGY = Technology(
    type=TYPE,
    title="AWS Glue Data Quality ruleset",
    summary="What each evaluation of a ruleset found: the page names the rules that failed, with Glue's own words.",
    example={"type": TYPE, "ruleset": "customers-$(env)", "expect": {"score": "98%"}},
    fields={
        "ruleset": {
            "$ref": "#/$defs/name",
            "description": "Name of the ruleset. Its evaluations must publish metrics to CloudWatch.",
        },
    },
    required=("ruleset",),
    identity="ruleset",
    arn=RULESET,
    expectations={
        "score": {
            "$ref": "#/$defs/percentage",
            "description": "The score of an evaluation (the part of the rules that passed) is not lower.",
        },
    },
    alarms=(
        RUN_FAILED,
        AlarmRule(
            key="score",
            meaning="The data's quality score is lower than declared.",
            first_steps=(
                "Open the evaluation: which rules failed, and since when?",
                "Look at what wrote the data last, and hold back what reads it until it is mended.",
            ),
            namespace=NAMESPACE,
            metric="QualityScore",
            dimensions=DIMENSIONS,
            statistic="Minimum",
            comparison="<",
            threshold="score",
            source=SOURCE,
            unit="Percent",
            missing="ignore",
        ),
    ),
    widgets=(
        _graph("quality score", "Percent", ("QualityScore", "Minimum", "score")),
        _graph(
            "evaluations", "Count", ("RunsSucceeded", "Sum", "passed"), ("RunsFailed", "Sum", "failed"), stacked=True
        ),
    ),
    scores=True,
    events=run_events(
        ("aws.glue-dataquality", "aws.glue"),
        "Data Quality Evaluation Results Available",
        word="state",
        failed=({"anything-but": ["SUCCEEDED"]},),
        succeeded=("SUCCEEDED",),
        identity_path="detail.rulesetNames",
        identity="$(ruleset)",
    ),
    grants=(Grant(purpose="read", actions=("glue:GetDataQualityResult",), resources=(RULESET,)),),
    errors=(
        ErrorPattern(
            r"\d{1,6} of \d{1,6} rules failed",
            "deterministic",
            "The data is not as its rules say. Mend what writes it; the same data fails again.",
            id="glue-quality-rules",
            ground="message",
            source=ALERTS,
        ),
    ),
    console="https://$(region).$(console)/glue/home?region=$(region)#/v2/data-catalog/data-quality",
    read_event=read_event,
    describe_run=describe_run,
)
