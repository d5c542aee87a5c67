"""Which alarms a declaration gives, and what each of them says."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden.alarm_rule import AlarmRule
from pipewarden.registry import technologies
from pipewarden.route_settings import Severity
from pipewarden_plan.finding import DeclarationError
from pipewarden_plan.limits import DESCRIPTION_CHARACTERS
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.model import AlarmOverride, Mark, Model
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]


def alarms_of(plan: Plan, pipeline: str = "customer-import") -> dict[str, AlarmPlan]:
    return {alarm.key: alarm for team in plan.teams for alarm in team.alarms if alarm.pipeline == pipeline}


EXPECTED = [
    pytest.param("extract.failed", "RunsFailed", ">=", 1, "P0", id="an override moves one alarm to another severity"),
    pytest.param(
        "extract.duration", "RunDurationSeconds", ">", 2700, "P1", id="an expectation of the pipeline reaches its runs"
    ),
    pytest.param("load.duration-ratio", "DurationRatio", ">", 2, "P1", id="a dotted expectation is found"),
    pytest.param("load.success-rate", "SuccessRate", "<", 95, "P1", id="a plain rate is short for its minimum"),
    pytest.param(
        "ingest.dead-letter", "ApproximateNumberOfMessagesVisible", ">", 0, "P1", id="what an alarm needs is declared"
    ),
    pytest.param("customers.freshness", "DataAgeSeconds", ">", 90000, "P1", id="an expectation of the resource"),
    pytest.param(
        "customers.volume-anomaly", "NewObjects", "outside-band", 2, "P1", id="`true` is a band of two deviations"
    ),
    pytest.param("completeness.min", "CompletenessScore", "<", 98, "P1", id="any metric"),
]


@pytest.mark.parametrize(
    ("key", "metric", "comparison", "threshold", "severity"),
    EXPECTED,
)
def test_alarm(plan: Plan, key: str, metric: str, comparison: str, threshold: float, severity: str) -> None:
    alarm = alarms_of(plan)[key]
    assert (alarm.metric.name, alarm.comparison, alarm.threshold) == (metric, comparison, threshold)
    assert (alarm.severity, alarm.action_topic) == (severity, f"pipewarden-prod-alarm-{severity}")
    assert alarm.tags["severity"] == severity


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("merge.duration", id="what another resource starts is judged by its owner's expectations"),
        pytest.param("ingest.depth", id="no expectation, no alarm"),
        pytest.param("customers.volume-max", id="half an expectation gives half the alarms"),
    ],
)
def test_no_alarm(plan: Plan, key: str) -> None:
    assert key not in alarms_of(plan)


def test_a_name_says_what_and_where(plan: Plan) -> None:
    alarm = alarms_of(plan)["extract.failed"]
    assert alarm.name == "prod/crm/customer-import/extract.failed"
    assert alarm.where == "config/pipelines/crm.yaml:9"
    where = {"Environment": "prod", "Pipeline": "customer-import", "Resource": "extract"}
    assert dict(alarm.metric.dimensions) == where


def test_declared_dimensions_are_taken_as_they_are(plan: Plan) -> None:
    dimensions = alarms_of(plan)["completeness.min"].metric.dimensions
    assert dict(dimensions) == {"PipelineName": "customer-import", "Table": "customers"}


def test_an_alarm_switched_off_stays_in_the_plan(plan: Plan) -> None:
    assert alarms_of(plan)["ingest.oldest-message"].disabled_reason == "switched off under `alarms:`"


def test_an_override_changes_what_it_names(planned: Planned, declare: Declare) -> None:
    override = AlarmOverride(threshold=5, period_seconds=3600, periods=3, datapoints=2, missing="breaching")
    alarm = alarms_of(planned(declare["customer_import"](alarms={"load.failed": override})))["load.failed"]
    found = (alarm.threshold, alarm.period_seconds, alarm.periods, alarm.datapoints, alarm.missing)
    assert found == (5, 3600, 3, 2, "breaching")


OWN_RUNBOOK = "https://wiki.example.com/runbooks/late-file"
OVERRIDES: list[tuple[str, Any, Callable[[AlarmPlan], Any], Any]] = [
    ("severity", "P0", lambda alarm: (alarm.severity, alarm.action_topic), ("P0", "pipewarden-prod-alarm-P0")),
    ("threshold", 5.0, lambda alarm: alarm.threshold, 5.0),
    ("period_seconds", 600, lambda alarm: alarm.period_seconds, 600),
    ("periods", 4, lambda alarm: (alarm.periods, alarm.datapoints), (4, 1)),
    ("datapoints", 1, lambda alarm: alarm.datapoints, 1),
    ("missing", "missing", lambda alarm: alarm.missing, "missing"),
    ("statistic", "p90", lambda alarm: alarm.metric.statistic, "p90"),
    ("low_samples", "ignore", lambda alarm: alarm.low_samples, "ignore"),
    ("steps", ("Ask the partner.",), lambda alarm: (alarm.first_steps, alarm.own_steps), (("Ask the partner.",), True)),
    ("runbook", OWN_RUNBOOK, lambda alarm: (alarm.runbook, alarm.tags["runbook"]), (OWN_RUNBOOK, OWN_RUNBOOK)),
    ("meaning", "The file is late.", lambda alarm: alarm.description.partition("\n")[0], "**The file is late.**"),
]


@pytest.mark.parametrize(("field", "value", "seen", "expected"), OVERRIDES, ids=[row[0] for row in OVERRIDES])
def test_every_field_of_an_alarm_can_be_overridden(
    planned: Planned, declare: Declare, field: str, value: Any, seen: Callable[[AlarmPlan], Any], expected: Any
) -> None:
    changed = declare["customer_import"](alarms={"load.failed": AlarmOverride(**{field: value})})
    assert seen(alarms_of(planned(changed))["load.failed"]) == expected
    if field != "datapoints":
        assert seen(alarms_of(planned(declare["customer_import"]()))["load.failed"]) != expected


def test_every_field_of_an_override_is_in_that_table() -> None:
    about_the_override = {"enabled", "reason", "mark"}
    fields = {field.name for field in dataclasses.fields(AlarmOverride)} - about_the_override
    assert fields == {row[0] for row in OVERRIDES}


def test_own_steps_and_runbook_stand_in_the_description(planned: Planned, declare: Declare) -> None:
    override = AlarmOverride(steps=("Ask the partner.", "Start it by hand."), runbook=OWN_RUNBOOK)
    alarm = alarms_of(planned(declare["customer_import"](alarms={"load.failed": override})))["load.failed"]
    assert alarm.description.partition("First steps:")[2] == (
        f"\n1. Ask the partner.\n2. Start it by hand.\n\nRunbook: {OWN_RUNBOOK}\n\nOwner: crm-data"
    )


@pytest.mark.parametrize(
    ("override", "said"),
    [
        pytest.param(
            {"steps": tuple(f"{number} {'step ' * 35}" for number in range(9))},
            "an alarm's description takes 1,024 characters: the last 5 of 9 steps stand in pages only",
            id="steps without room",
        ),
        pytest.param(
            {"low_samples": "ignore"},
            "low_samples changes nothing: it is about percentiles, and the alarm judges Sum",
            id="few values of what is no percentile",
        ),
        pytest.param({"low_samples": "ignore", "statistic": "p90"}, None, id="few values of a percentile"),
        pytest.param({"steps": ("Ask the partner.",) * 9}, None, id="steps with room"),
    ],
)
def test_the_plan_says_what_cloudwatch_does_not_get(
    planned: Planned, declare: Declare, override: dict[str, Any], said: str | None
) -> None:
    plan = planned(declare["customer_import"](alarms={"load.failed": AlarmOverride(**override)}))
    found = [notice for notice in plan.notices if "load.failed" in notice]
    assert found == ([f"config/pipelines/crm.yaml:9: prod/crm/customer-import/load.failed: {said}"] if said else [])


def test_the_reason_for_a_change_stays_in_the_plan(planned: Planned, declare: Declare) -> None:
    changed = AlarmOverride(threshold=3, reason="two failures a night are usual")
    alarm = alarms_of(planned(declare["customer_import"](alarms={"load.failed": changed})))["load.failed"]
    assert (alarm.deployed, alarm.reason) == (True, "two failures a night are usual")


def test_what_is_switched_off_keeps_its_reason(planned: Planned, declare: Declare) -> None:
    off = AlarmOverride(enabled=False, reason="the partner pages by itself")
    alarm = alarms_of(planned(declare["customer_import"](alarms={"load.failed": off})))["load.failed"]
    assert alarm.disabled_reason == "the partner pages by itself"


def test_an_override_that_changes_nothing_is_a_notice(planned: Planned, declare: Declare) -> None:
    plan = planned(declare["customer_import"](alarms={"load.duratoin": AlarmOverride(severity="P0")}))
    assert [notice for notice in plan.notices if "load.duratoin" in notice and "load.duration" in notice]


def test_seconds_are_compared_in_the_unit_of_the_metric(planned: Planned, declare: Declare) -> None:
    job = declare["resource"]("export", "lambda", function="f", expect={"duration": {"max": 60}})
    alarm = alarms_of(planned(declare["pipeline"]("exports", job)), "exports")["export.duration"]
    assert (alarm.metric.unit, alarm.threshold) == ("Milliseconds", 60_000)


REFUSED = [
    pytest.param({"period_seconds": 60, "periods": 1500}, "90000 s in all", id="more than a day of short periods"),
    pytest.param({"period_seconds": 3600, "periods": 200}, "720000 s in all", id="more than a week of long periods"),
    pytest.param({"periods": 2, "datapoints": 3}, "never fire", id="more datapoints than periods"),
    pytest.param({"period_seconds": 90}, "a period of 90 s", id="a period that is no whole minute"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_what_cloudwatch_would_refuse_is_an_error_with_its_line(
    planned: Planned, declare: Declare, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(DeclarationError) as refused:
        planned(declare["customer_import"](alarms={"load.failed": AlarmOverride(**changes)}))
    (finding,) = refused.value.findings
    assert words in str(finding)
    assert finding.mark == Mark("config/pipelines/crm.yaml", 9)
    assert "pipelines.customer-import.alarms.load.failed" in str(finding)


@pytest.mark.parametrize(
    ("period", "periods"), [(60, 1440), (3600, 168)], ids=["a day of minutes fits", "a week of hours fits"]
)
def test_the_longest_ranges_are_taken(planned: Planned, declare: Declare, period: int, periods: int) -> None:
    override = AlarmOverride(period_seconds=period, periods=periods)
    alarm = alarms_of(planned(declare["customer_import"](alarms={"load.failed": override})))["load.failed"]
    assert alarm.period_seconds * alarm.periods in (86_400, 604_800)


def test_a_threshold_that_the_metric_never_passes_is_an_error(planned: Planned, declare: Declare) -> None:
    job = declare["resource"]("export", "lambda", function="f", expect={"duration": {"max": 900}})
    with pytest.raises(DeclarationError, match=r"never above 900000"):
        planned(declare["pipeline"]("exports", job))


def test_the_description_tells_what_to_do(plan: Plan) -> None:
    text = alarms_of(plan)["customers.freshness"].description
    assert text.startswith("**The newest object is older than declared.**")
    for part in ("s3-dataset `customers`", "P1", "1. Look whether", "https://wiki.example.com/runbooks/", "crm-data"):
        assert part in text


@pytest.mark.parametrize(
    ("meaning", "steps"),
    [
        pytest.param("short", ("step " * 60,) * 6, id="long steps: the last go first"),
        pytest.param("word " * 400, ("step",), id="a long meaning is cut"),
        pytest.param("word " * 400, (), id="and also without steps"),
    ],
)
def test_a_description_fits_and_keeps_the_runbook(
    model: Model, declare: Declare, meaning: str, steps: tuple[str, ...]
) -> None:
    rule: AlarmRule = dataclasses.replace(technologies()["sqs"].alarms[0], meaning=meaning, first_steps=steps)
    changed = {**technologies(), "sqs": dataclasses.replace(technologies()["sqs"], alarms=(rule,))}
    text = alarms_of(make_plan(model, changed))["ingest.oldest-message"].description
    assert len(text) <= DESCRIPTION_CHARACTERS
    assert "Runbook: https://wiki.example.com/runbooks/customer-import" in text


@pytest.mark.parametrize(
    ("runbook", "tag"),
    [
        ("https://wiki.example.com/a", "https://wiki.example.com/a"),
        ("https://wiki.example.com/a?page=1#top", None),
        ("https://wiki.example.com/" + "a" * 300, None),
    ],
    ids=["an address that a tag takes", "characters that a tag refuses", "too long for a tag"],
)
def test_the_runbook_is_a_tag_where_a_tag_takes_it(
    planned: Planned, declare: Declare, runbook: str, tag: str | None
) -> None:
    alarm = alarms_of(planned(declare["customer_import"](runbook=runbook)))["load.failed"]
    assert alarm.tags.get("runbook") == tag
    assert runbook in alarm.description


@pytest.mark.parametrize(
    ("execution_class", "metric", "per_run", "per_day"),
    [("standard", "RunDPUHours", 5 / 0.44, 50 / 0.44), ("flex", "RunFlexDPUHours", 5 / 0.29, 50 / 0.29)],
)
def test_dollars_become_what_the_metric_counts(
    planned: Planned, declare: Declare, execution_class: str, metric: str, per_run: float, per_day: float
) -> None:
    expect = {"cost": {"per_run": 5.0, "per_day": 50.0}}
    job = declare["resource"]("load", "glue-job", job_name="load", execution_class=execution_class, expect=expect)
    alarms = alarms_of(planned(declare["pipeline"]("nightly", job)), "nightly")
    run, day = alarms["load.cost-run"], alarms["load.cost-day"]
    assert (run.metric.name, day.metric.name) == (metric, metric)
    assert (run.threshold, day.threshold) == (pytest.approx(per_run), pytest.approx(per_day))
    assert (run.metric.statistic, day.metric.statistic, day.period_seconds) == ("Maximum", "Sum", 86_400)


def test_an_expression_of_a_row_has_its_metrics_and_its_fields(planned: Planned, declare: Declare) -> None:
    expect = {"error_rate": 5.0, "utilization": 80.0, "lag": 300}
    function = declare["resource"]("f", "lambda", function="f", reserved_concurrency=40, expect=expect)
    alarms = alarms_of(planned(declare["pipeline"]("clicks", function)), "clicks")
    rate = alarms["f.error-rate"]
    assert (rate.expression, rate.threshold, rate.metric.name) == ("100 * m / calls", 5.0, "Errors")
    assert rate.inputs == {"calls": dataclasses.replace(rate.metric, name="Invocations")}
    assert (alarms["f.utilization"].expression, alarms["f.utilization"].threshold) == ("100 * m / 40", 80.0)
    assert (alarms["f.lag"].metric.name, alarms["f.lag"].threshold) == ("IteratorAge", 300_000)


def test_the_size_of_a_bucket_is_declared_in_gigabytes(planned: Planned, declare: Declare) -> None:
    bucket = declare["resource"]("b", "s3-bucket", bucket="lake", forecast_days=30, expect={"max_gb": 2.5})
    alarms = alarms_of(planned(declare["pipeline"]("lake", bucket)), "lake")
    assert {key: (alarm.threshold, alarm.expression) for key, alarm in alarms.items()} == {
        "b.size": (2.5e9, ""),
        "b.forecast": (2.5e9, "m + 30 * DIFF(m)"),
    }


@pytest.mark.parametrize(
    ("routed", "override", "severity"),
    [
        (("P2", "P3"), {}, "P3"),
        (("P2",), {}, "P2"),
        (("P1", "P2", "P3"), {"t.changed": AlarmOverride(severity="P1")}, "P1"),
    ],
    ids=["its own", "that of its pipeline where its own has no route", "an override goes before both"],
)
def test_the_severity_of_a_row(
    planned: Planned, declare: Declare, routed: tuple[str, ...], override: Mapping[str, AlarmOverride], severity: str
) -> None:
    severities = dict.fromkeys(routed, Severity(respond_within_seconds=14_400, notify=("data-email",)))
    table = declare["resource"]("t", "glue-table", table="lake.customers")
    plan = planned(declare["pipeline"]("lake", table, alarms=override), severities=severities)
    alarm = alarms_of(plan, "lake")["t.changed"]
    assert (alarm.severity, alarm.action_topic) == (severity, f"pipewarden-prod-alarm-{severity}")


def graded(planned: Planned, declare: Declare, **override: AlarmOverride) -> dict[str, AlarmPlan]:
    score = declare["resource"](
        "score",
        "metric",
        namespace="Own",
        metric="Score",
        period=300,
        expect={"max": {"P2": 95.0, "P1": 99.0}, "anomaly": {"P2": 2, "P1": 3.5}, "min": 5},
    )
    alarms = {f"score.{key}": value for key, value in override.items()}
    return alarms_of(planned(declare["pipeline"]("scores", score, severity="P0", alarms=alarms)), "scores")


def test_a_limit_that_is_graded_gives_an_alarm_for_each_severity(planned: Planned, declare: Declare) -> None:
    found = {key: (alarm.severity, alarm.threshold) for key, alarm in graded(planned, declare).items()}
    assert found == {
        "score.min": ("P0", 5),
        "score.max-p2": ("P2", 95),
        "score.max-p1": ("P1", 99),
        "score.anomaly-p2": ("P2", 2),
        "score.anomaly-p1": ("P1", 3.5),
    }


def test_each_alarm_of_a_graded_limit_has_its_own_name_topic_and_tag(planned: Planned, declare: Declare) -> None:
    alarm = graded(planned, declare)["score.max-p1"]
    assert (alarm.name, alarm.row, alarm.action_topic) == (
        "prod/crm/scores/score.max-p1",
        "max",
        "pipewarden-prod-alarm-P1",
    )
    assert alarm.tags["severity"] == "P1"


def test_each_alarm_of_a_graded_limit_is_overridden_by_its_own_key(planned: Planned, declare: Declare) -> None:
    found = graded(planned, declare, **{"max-p2": AlarmOverride(threshold=90, severity="P0")})
    assert (found["score.max-p2"].threshold, found["score.max-p2"].severity) == (90, "P0")
    assert (found["score.max-p1"].threshold, found["score.max-p1"].severity) == (99, "P1")


def test_durations_that_are_graded_are_compared_in_seconds(planned: Planned, declare: Declare) -> None:
    queue = declare["resource"]("in", "sqs", queue="q", expect={"oldest_message": {"P2": 600, "P1": 3600}})
    found = alarms_of(planned(declare["pipeline"]("queues", queue)), "queues")
    assert {key: alarm.threshold for key, alarm in found.items()} == {
        "in.oldest-message-p2": 600,
        "in.oldest-message-p1": 3600,
    }
