"""Topics, queues and schedules."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden.cron import parse_cron
from pipewarden.signal import Signal
from pipewarden_plan.finding import DeclarationError
from pipewarden_plan.model import Schedule
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_delivery import SchedulePlan
from pipewarden_plan.schedule_plan import minute_of_day, plan_core_schedules, rate_expression
from pipewarden_plan.scheduler_cron import next_day
from tests.unit.plan.conftest import environment

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]


def test_every_alarm_topic_feeds_the_signals_queue_and_only_that(plan: Plan) -> None:
    alarm_topics = [topic for topic in plan.core.topics if topic.purpose == "alarm"]
    assert len(alarm_topics) == len(plan.environment.severities)
    queue = "arn:aws:sqs:us-east-1:123456789012:pipewarden-prod-signals"
    assert {topic.subscriptions for topic in alarm_topics} == {(("sqs", queue),)}


def test_people_listen_to_page_topics_by_mail_and_sms(plan: Plan) -> None:
    found = {topic.name: topic.subscriptions for topic in plan.core.topics if topic.purpose != "alarm"}
    assert found == {
        "pipewarden-prod-page-P0": (("email", "oncall@example.com"),),
        "pipewarden-prod-page-P1": (("email", "oncall@example.com"),),
        "pipewarden-prod-page-P2": (("email", "data@example.com"),),
        "pipewarden-prod-to-primary": (("email", "oncall@example.com"),),
        "pipewarden-prod-to-secondary": (("sms", "+15555550100"),),
    }


def test_a_signal_is_not_delivered_again_while_it_is_handled(plan: Plan) -> None:
    signals = next(queue for queue in plan.core.queues if queue.purpose == "signals")
    responder = next(function for function in plan.core.functions if function.role == "responder")
    assert signals.visibility_seconds >= 6 * responder.timeout_seconds
    assert signals.receives >= 5


def test_dead_letters_outlive_the_signals(plan: Plan) -> None:
    kept = {queue.purpose: queue.retention_seconds for queue in plan.core.queues}
    assert kept["dead-letters"] > kept["signals"]


@pytest.mark.parametrize(
    ("dead_letter", "names"),
    [
        ({"queue": "d", "drain": {"to": "source"}}, ["pipewarden-prod-ingest-queue-quarantine"]),
        ({"queue": "d.fifo", "drain": {"to": "source"}}, ["pipewarden-prod-ingest-queue-quarantine.fifo"]),
        ({"queue": "d", "drain": {"to": "source", "then": "leave"}}, []),
        ({"queue": "d"}, []),
    ],
    ids=["a drained queue", "FIFO stays FIFO", "what fails is left", "watched only"],
)
def test_quarantine(planned: Planned, declare: Declare, dead_letter: dict[str, Any], names: list[str]) -> None:
    queue = declare["resource"]("queue", "sqs", queue="q", dead_letter=dead_letter)
    plan = planned(declare["pipeline"]("ingest", queue))
    assert [queue.name for queue in plan.teams[0].queues] == names
    drain = plan.settings.pipelines["ingest"].resources["queue"].drain
    assert [drain.quarantine_queue] == names if names else not drain or not drain.quarantine_queue


@pytest.mark.parametrize("schedule", ["heartbeat", "deadline-customer-import"])
def test_a_scheduled_message_is_a_signal(plan: Plan, schedule: str) -> None:
    found = next(row for row in [*plan.core.schedules, *plan.teams[0].schedules] if row.name == schedule)
    text = str(found.input).replace("'", '"').replace("<aws.scheduler.scheduled-time>", "2026-03-01T06:00:00Z")
    assert Signal.from_json(text).time.hour == 6


def deadlines(planned: Planned, declare: Declare, cron: str, finished_by: str) -> tuple[SchedulePlan, ...]:
    pipeline = declare["customer_import"](
        schedule=Schedule(cron=cron, timezone="Europe/London"), expect={"finished_by": finished_by}
    )
    return planned(pipeline).teams[0].schedules


CRONS = [
    pytest.param("0 2 * * *", "06:00", ["cron(0 6 * * ? *)"], 4, id="every day"),
    pytest.param("0 2 * * 1-5", "06:30", ["cron(30 6 ? * 2,3,4,5,6 *)"], 4.5, id="weekdays count from 1 there"),
    pytest.param("0 2 * * MON,sun", "06:00", ["cron(0 6 ? * 1,2 *)"], 4, id="names of weekdays"),
    pytest.param("0 2 * * 7", "06:00", ["cron(0 6 ? * 1 *)"], 4, id="seven is a Sunday"),
    pytest.param("0 22 * * 6", "06:00", ["cron(0 6 ? * 1 *)"], 8, id="over midnight it is the next weekday"),
    pytest.param("0 22 * * *", "22:00", ["cron(0 22 * * ? *)"], 24, id="a whole day later"),
    pytest.param("0 2 1 * *", "06:00", ["cron(0 6 1 * ? *)"], 4, id="days of the month"),
    pytest.param(
        "0 22 1,15 * *", "06:00", ["cron(0 6 2,16 * ? *)"], 8, id="over midnight it is the next day of the month"
    ),
    pytest.param("0 2 1 JAN,7 *", "06:00", ["cron(0 6 1 1,7 ? *)"], 4, id="months"),
    pytest.param(
        "0 2 1 * 1", "06:00", ["cron(0 6 1 * ? *)", "cron(0 6 ? * 2 *)"], 4, id="either day field: two schedules"
    ),
    pytest.param("*/20 2-4 * * *", "06:00", ["cron(0 6 * * ? *)"], 4, id="the first run of the day counts"),
]


@pytest.mark.parametrize(("cron", "by", "expressions", "hours"), CRONS)
def test_deadline(planned: Planned, declare: Declare, cron: str, by: str, expressions: list[str], hours: float) -> None:
    found = deadlines(planned, declare, cron, by)
    assert [schedule.expression for schedule in found] == expressions
    assert {schedule.timezone for schedule in found} == {"Europe/London"}
    assert {schedule.input["detail"]["window_seconds"] for schedule in found} == {hours * 3600}
    assert len({schedule.name for schedule in found}) == len(found)


def test_a_deadline_that_no_schedule_can_say_is_an_error(planned: Planned, declare: Declare) -> None:
    with pytest.raises(DeclarationError, match="finished_by is on the day after a run on one of the last days"):
        deadlines(planned, declare, "0 22 31 * *", "06:00")


def test_a_deadline_that_leaves_the_months_is_a_notice(planned: Planned, declare: Declare) -> None:
    pipeline = declare["customer_import"](schedule=Schedule(cron="0 22 * 6 *"), expect={"finished_by": "06:00"})
    assert any("is not watched" in notice for notice in planned(pipeline).notices)


def test_no_deadline_no_schedule(planned: Planned, declare: Declare) -> None:
    assert planned(declare["crm_export"]()).teams[0].schedules == ()


def test_a_long_name_fits(planned: Planned, declare: Declare) -> None:
    base = declare["customer_import"]()
    job = declare["resource"]("job", "glue-job", job_name="j")
    long = declare["pipeline"]("a" * 80, job, schedule=base.schedule, expect={"finished_by": "06:00"})
    assert len(planned(long).teams[0].schedules[0].name) == 64


@pytest.mark.parametrize(
    ("seconds", "expression"),
    [(20, "rate(1 minute)"), (60, "rate(1 minute)"), (300, "rate(5 minutes)"), (3600, "rate(60 minutes)")],
    ids=["less than Scheduler has", "a minute", "minutes", "an hour"],
)
def test_rate(seconds: int, expression: str) -> None:
    assert rate_expression(seconds) == expression


def test_the_probe_runs_as_often_as_the_environment_says(planned: Planned, declare: Declare) -> None:
    probe = next(
        row for row in planned(declare["crm_export"](), probe_every_seconds=60).core.schedules if row.name == "probe"
    )
    assert probe.expression == "rate(1 minute)"


@pytest.mark.parametrize(
    ("jobs", "names", "inputs"),
    [
        (0, ["reconciler"], [(0, 1)]),
        (500, ["reconciler"], [(0, 1)]),
        (501, ["reconciler-1", "reconciler-2"], [(0, 2), (1, 2)]),
    ],
    ids=["nothing that runs", "as many as one call takes", "one more: two calls share them"],
)
def test_the_reconciler_is_called_as_often_as_the_environment_says_and_for_all(
    jobs: int, names: list[str], inputs: list[tuple[int, int]]
) -> None:
    schedules = plan_core_schedules(environment(reconcile_every_seconds=600), jobs)
    found = [row for row in schedules if row.target == "reconciler"]
    assert [row.name for row in found] == names
    assert [(row.input["part"], row.input["parts"]) for row in found] == inputs
    assert {row.expression for row in found} == {"rate(10 minutes)"}


def test_the_next_day_of_every_day_is_every_day() -> None:
    assert next_day(parse_cron("0 0 * * *")) == parse_cron("0 0 * * *")


@pytest.mark.parametrize(("text", "minutes"), [("06:05", 365), ("21600", 360)], ids=["as written", "as seconds"])
def test_minute_of_day(text: str, minutes: int) -> None:
    assert minute_of_day(text) == minutes
