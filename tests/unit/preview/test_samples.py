"""Samples: always the same, shaped by what is declared, with one night that goes wrong."""

from functools import lru_cache
from pathlib import Path

import pytest

from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.evaluator.samples import Samples
from pipewarden_cli.preview.request import LogRequest
from pipewarden_cli.preview.samples.answers import SampleAnswers
from pipewarden_cli.preview.samples.runs import downtimes
from pipewarden_cli.preview.samples.schedule import starts
from pipewarden_cli.preview.samples.search import found_metrics, searches_in
from pipewarden_cli.preview.samples.source import SampleMetrics
from pipewarden_cli.preview.samples.world import NOW, World
from pipewarden_cli.project import plan_environment

PROJECT = Path(__file__).parents[3]
DAY = 86_400
T = "customers"


@lru_cache(maxsize=1)
def example() -> World:
    return World(plan_environment(PROJECT, "prod"))


def own(name: str, pipeline: str, resource: str) -> Metric:
    return Metric.of("Pipewarden", name, {"Environment": "prod", "Pipeline": pipeline, "Resource": resource})


def samples(metric: Metric, days: int = 3) -> Samples:
    return SampleMetrics(example()).samples(metric, None, NOW - days * DAY, NOW)


def in_night(stamp: float) -> bool:
    return 1 <= stamp % DAY / 3600 < 6


@pytest.mark.parametrize(
    ("schedule", "since", "until", "expected"),
    [
        pytest.param({"cron": "0 2 * * *", "timezone": "UTC"}, 0, 2 * DAY, [7200, DAY + 7200], id="every night"),
        pytest.param({"cron": "30 1 * * MON"}, 0, 7 * DAY, [4 * DAY + 5400], id="on Mondays (day 0 was a Thursday)"),
        pytest.param(
            {"cron": "0 2 * * *", "timezone": "America/New_York"}, 0, DAY, [7 * 3600], id="in its own timezone"
        ),
        pytest.param({"rate": "21600"}, 0, DAY, [600, 22_200, 43_800, 65_400], id="at a rate"),
        pytest.param({}, 0, 7200, [600, 4200], id="hourly where nothing is declared"),
        pytest.param({"cron": "what", "timezone": "Mars"}, 0, DAY, [7200], id="at two where it cannot be read"),
    ],
)
def test_starts(schedule: dict[str, str], since: int, until: int, expected: list[int]) -> None:
    assert starts(schedule, since, until, 10) == expected


def test_the_clock_changes_with_its_timezone() -> None:
    # 29 March 2026: London leaves winter time, so two o'clock local time is one o'clock UTC from then on.
    before, after = 1_774_569_600, 1_774_915_200
    hours = {at % DAY // 3600 for at in starts({"cron": "0 2 * * *", "timezone": "Europe/London"}, before, after, 0)}
    assert hours == {1, 2}


def test_a_nightly_job_has_one_good_run_a_night() -> None:
    found = samples(own("RunsSucceeded", "customer-import", "extract"), days=7)
    good = [stamp for stamp, value in zip(found.timestamps, found.sums, strict=True) if value]
    assert [int(stamp // DAY) for stamp in good] == list(range(NOW // DAY - 7, NOW // DAY + 1))
    assert all(in_night(stamp) for stamp in good)


def test_last_night_two_attempts_failed_and_the_third_took_too_long() -> None:
    runs = [run for run in example().runs("customer-import", "extract") if run.start > NOW - DAY // 2]
    assert [(run.attempt, run.succeeded) for run in runs] == [(1, False), (2, False), (3, True)]
    durations = samples(own("RunDurationSeconds", "customer-import", "extract"))
    usual, last = durations.sums[0], durations.sums[-1]
    assert usual < 2700 < last or last > 1.8 * usual


def test_what_hangs_behind_the_failed_job_ran_after_it() -> None:
    extract, load = (example().runs("customer-import", name)[-1] for name in ("extract", "load"))
    assert load.start >= extract.end


def test_a_job_inside_a_state_machine_runs_within_it() -> None:
    for load, merge in zip(*(example().runs("customer-import", name) for name in ("load", "merge")), strict=True):
        assert load.start < merge.start < load.end


def test_among_hourly_runs_the_rescued_one_is_over_by_now() -> None:
    runs = example().runs("orders-import", "load")
    assert [(run.attempt, run.succeeded) for run in runs if run.attempt > 1] == [(2, False), (3, True)]
    assert runs[-1].attempt == 1


def test_one_pipeline_of_the_other_team_is_failing_now() -> None:
    failing = [name for name, (trouble, _) in example().troubles.items() if trouble == "failing"]
    assert failing == ["invoices"]
    assert not example().runs("invoices", "book")[-1].succeeded
    assert downtimes(example().runs("invoices", "book"))[-1][1] > NOW - 300


@pytest.mark.parametrize(
    ("metric", "least", "most"),
    [
        pytest.param(
            Metric.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "customer-ingest-dlq-prod"}),
            50, 200, id="a burst in a dead-letter queue",
        ),
        pytest.param(
            Metric.of("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": "order-events-prod"}),
            600, 1000, id="messages wait too long for a while",
        ),
        pytest.param(own("DataAgeSeconds", "catalogue", "products"), 90_000, 100_000, id="data that is late"),
        pytest.param(own("SuccessRate", "customer-import", "extract"), 95, 100, id="a rate in percent"),
        pytest.param(
            Metric.of("DataPipeline/Quality", "CompletenessScore", {"PipelineName": "customer-import", "Table": T}),
            98, 100, id="a score on the good side of its threshold",
        ),
        pytest.param(Metric.of("CWAgent", "mem_used_percent", {"InstanceId": "i"}), 5, 97, id="a share of a machine"),
        pytest.param(own("Heartbeat", "", ""), 1, 1, id="a heartbeat"),
    ],
)  # fmt: skip
def test_the_highest_value(metric: Metric, least: float, most: float) -> None:
    assert least <= max(samples(metric).maximums) <= most


def test_the_dead_letters_were_none_before_and_are_not_all_gone() -> None:
    found = samples(Metric.of("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": "order-events-dlq-prod"}))
    assert set(found.maximums[:600]) == {0.0}
    assert 0 < found.maximums[-1] < max(found.maximums) / 2


def test_a_metric_has_the_same_samples_whoever_asks() -> None:
    metric = Metric.of("AWS/SQS", "NumberOfMessagesSent", {"QueueName": "order-events-prod"})
    long, short = samples(metric, days=3), samples(metric, days=1)
    start = short.timestamps[0]
    assert [v for t, v in zip(long.timestamps, long.sums, strict=True) if t >= start] == short.sums
    assert SampleMetrics(World(example().plan)).samples(metric, None, NOW - 3 * DAY, NOW) == long


def test_nothing_happens_after_now() -> None:
    for metric in (
        own("RunsFailed", "invoices", "book"),
        Metric.of("AWS/SQS", "NumberOfMessagesSent", {"QueueName": "x"}),
    ):
        assert max(samples(metric).timestamps) < NOW


def states() -> dict[str, str]:
    names = [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}" for name in example().alarms]
    return {alarm.name: alarm.state for alarm in SampleAnswers(example()).alarms(names)}


def test_alarms_agree_with_the_samples() -> None:
    raised = {name for name, state in states().items() if state == "ALARM"}
    assert {
        "prod/crm/customer-import/ingest.dead-letter",
        "prod/shop/order-events/events.dead-letter",
        "prod/shop/invoices/book.failed",
        "prod/shop/catalogue/products.freshness",
    } <= raised
    assert len(raised) < len(states()) / 2


def test_an_alarm_says_since_when() -> None:
    [alarm] = SampleAnswers(example()).alarms(["prod/crm/customer-import/ingest.dead-letter"])
    assert alarm.since is not None
    assert abs(alarm.since - example().burst[0]) <= 600
    assert "threshold" in alarm.reason


def test_an_alarm_that_no_plan_knows_is_missing() -> None:
    assert SampleAnswers(example()).alarms(["prod/crm/nobody"]) == []
    assert len(SampleAnswers(World()).alarms(["prod/crm/nobody"])) == 1


def test_composites_are_in_alarm_while_a_child_is() -> None:
    plan = example().plan
    assert plan
    composites = [composite for team in plan.teams for composite in team.composites if composite.children]
    answers = SampleAnswers(example())
    for composite in composites:
        [found] = answers.alarms([composite.name])
        assert (found.state == "ALARM") == any(child.state == "ALARM" for child in answers.alarms(composite.children))


@pytest.mark.parametrize(
    ("search", "values"),
    [
        pytest.param(
            '{AWS/EC2,InstanceId} MetricName="CPUUtilization"', ["instance-a", "instance-b", "instance-c"], id="schema"
        ),
        pytest.param("{AWS/Lambda,FunctionName} Errors", ["function-a", "function-b", "function-c"], id="a bare name"),
        pytest.param('{N,Queue} MetricName="M" Queue=("x" OR "y")', ["x", "y"], id="given values"),
        pytest.param('Namespace="N" MetricName="M" Queue="x"', ["x"], id="no schema"),
    ],
)
def test_a_search_finds_examples_where_nothing_is_declared(search: str, values: list[str]) -> None:
    found = found_metrics(search, [])
    assert sorted({value for metric in found for _, value in metric.dimensions}) == values


def test_a_search_finds_what_is_declared() -> None:
    answers = SampleAnswers(example())
    found = answers.search('{AWS/Lambda,FunctionName} MetricName="Invocations"', "")
    assert [dict(metric.dimensions)["FunctionName"] for metric in found] == ["crm-export-prod"]


def test_searches_of_an_expression() -> None:
    expression = "SUM(SEARCH('{A,B} C', 'Sum', 60)) + MAX(SEARCH(\"{D} E\", 'Sum', 60))"
    assert searches_in(expression) == ["{A,B} C", "{D} E"]


def log(query: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    answer = SampleAnswers(example()).logs(LogRequest(query, NOW - DAY, NOW))
    assert not answer.error
    return answer.columns, answer.rows


@pytest.mark.parametrize(
    ("query", "columns", "rows"),
    [
        pytest.param("fields @timestamp, @message | limit 5", ("@timestamp", "@message"), 5, id="fields"),
        pytest.param("fields @message | display level, run as job", ("level", "job"), 20, id="display wins"),
        pytest.param("filter x = 1", ("@timestamp", "@message"), 20, id="neither"),
        pytest.param("stats count(*) as n by bin(6h)", ("bin(6h)", "n"), 5, id="over time"),
        pytest.param("stats count(*) as n, max(d) by level", ("level", "n", "max(d)"), 4, id="by a column"),
        pytest.param("stats count(*) as n by level, bin(12h)", ("bin(12h)", "level", "n"), 12, id="by both"),
        pytest.param(
            "filter @message like /a|b/ | stats count(*)", ("count(*)",), 1, id="one number; a bar in a regex"
        ),
    ],
)
def test_log_rows_have_the_columns_that_the_query_asks_for(query: str, columns: tuple[str, ...], rows: int) -> None:
    found = log(query)
    assert found[0] == columns
    assert len(found[1]) == rows


def test_log_lines_speak_of_the_failed_run() -> None:
    _, rows = log("SOURCE '/aws-glue/jobs/error' | fields @timestamp, @message, pipeline")
    assert {"customer-import", "invoices", "orders-import"} == {row[2] for row in rows}
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), reverse=True)


def test_patterns_count_the_lines() -> None:
    columns, rows = log("filter @message like /ERROR/ | pattern @message")
    assert columns == ("@pattern", "@sampleCount", "@ratio", "@severityLabel")
    assert sum(int(row[1]) for row in rows) > len(rows)


def test_an_empty_query_is_said() -> None:
    assert SampleAnswers(World()).logs(LogRequest("", NOW - DAY, NOW)).error == "The widget has no query."


RESPONDER = "SOURCE '/aws/lambda/pipewarden-prod-responder' | fields @timestamp, pipeline, message"


@pytest.mark.parametrize(
    ("query", "pipelines", "message"),
    [
        pytest.param(
            f"{RESPONDER} | filter signal = 'run-failed' and pipeline in ['crm-export', 'customer-import']",
            {"customer-import"}, "retry: attempt 2 of 3 in 15 min", id="retries of one team's pipelines",
        ),
        pytest.param(
            f"{RESPONDER} | filter pipeline = 'invoices'",
            {"invoices"},
            "page: retries exhausted: 3 of 3 failed",
            id="the page",
        ),
        pytest.param(
            f"{RESPONDER} | filter signal = 'run-succeeded'", {"customer-import", "orders-import"},
            "clear: retry 2 succeeded", id="the end of the incident",
        ),
    ],
)  # fmt: skip
def test_the_responders_log_tells_what_was_decided(query: str, pipelines: set[str], message: str) -> None:
    _, rows = log(query)
    assert {row[1] for row in rows} == pipelines
    assert rows[0][2] == message


def test_a_query_that_asks_for_each_incident_once_gets_its_latest_line() -> None:
    source = "SOURCE '/aws/lambda/pipewarden-prod-responder' | fields @timestamp, since, incident, message, hangs_below"
    _, every = log(f"{source} | sort @timestamp desc")
    _, once = log(f"{source} | sort @timestamp desc | dedup incident | limit 20")
    latest = {row[2]: row for row in reversed(every)}
    assert sorted(once) == sorted(latest.values())
    assert len(once) < len(every)
    assert any(row[4] == "invoices, settlement" for row in once)
    assert all(row[1] <= row[0] for row in once)
