"""What watching costs, and the ceiling; and what AWS may charge, told by budgets and cost monitors."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden.route_settings import Severity
from pipewarden_plan.cost_plan import Bill, plan_costs
from pipewarden_plan.finding import DeclarationError
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.model import AlarmOverride, Ceiling, CostAnomaly, Model, Pipeline, Schedule, Spending
from pipewarden_plan.own_metrics import own_metrics
from pipewarden_plan.plan import Plan
from pipewarden_plan.price_table import price_table
from pipewarden_plan.run_rate import hours_a_month, runs_a_month
from tests.unit.plan.conftest import environment

Declare = Mapping[str, Callable[..., Any]]


@pytest.mark.parametrize(
    ("schedule", "runs", "hours"),
    [
        (None, None, 730),
        (Schedule(cron="0 2 * * *"), 30.4, 30.4),
        (Schedule(cron="*/15 * * * *"), 2_920, 730),
        (Schedule(cron="0 2 1 * *"), 1, 1),
        (Schedule(cron="0 2 * * MON"), 4.3, 4.3),
        (Schedule(cron="0 2 1 * MON"), 5.2, 5.2),  # either day field, as cron has it: 12 firsts, 52 Mondays, 2 both
        (Schedule(cron="0 8,20 * * MON-FRI"), 43.5, 43.5),
        (Schedule(rate_seconds=300), 8_760, 730),
        (Schedule(rate_seconds=86_400), 30.4, 30.4),
    ],
)
def test_how_often_a_schedule_runs(schedule: Schedule | None, runs: float | None, hours: float) -> None:
    found = runs_a_month(schedule)
    assert found == (pytest.approx(runs, abs=0.1) if runs is not None else None)
    assert hours_a_month(schedule) == pytest.approx(hours, abs=0.1)


def bill_of(*pipelines: Pipeline, **changes: Any) -> Bill:
    model = Model(environment=environment(**changes), pipelines=pipelines)
    return plan_costs(make_plan(model), model)


def quantity(bill: Bill, pipeline: str, what: str, item: str) -> float:
    return sum(line.quantity for line in bill.lines_of(pipeline) if (line.what, line.item) == (what, item))


def test_what_belongs_to_a_pipeline(declare: Declare) -> None:
    bill = bill_of(declare["crm_export"](), declare["customer_import"]())
    plan = make_plan(Model(environment=environment(), pipelines=(declare["customer_import"](),)))
    alarms = [alarm for team in plan.teams for alarm in team.alarms if not alarm.disabled_reason]
    bands = sum(alarm.comparison == "outside-band" for alarm in alarms)
    assert bands == 1
    assert quantity(bill, "customer-import", "alarms", "alarm-metric") == len(alarms) + 2 * bands
    nights = 730 / 24
    runs = nights * (3 * len(own_metrics("run")) + 2) / 730  # two jobs are billed, each in one unit
    assert quantity(bill, "customer-import", "metrics of runs", "custom-metric") == pytest.approx(runs)
    assert quantity(bill, "customer-import", "metrics of datasets", "custom-metric") == len(own_metrics("dataset"))
    assert quantity(bill, "customer-import", "handling of runs", "function-call") == pytest.approx(3 * nights)
    assert bill.unknown == ("crm-export",)
    assert quantity(bill, "crm-export", "handling of runs", "function-call") == 0


def test_a_disabled_alarm_costs_nothing(declare: Declare) -> None:
    before = bill_of(declare["customer_import"](alarms={})).by_pipeline["customer-import"]
    off = {"ingest.oldest-message": AlarmOverride(enabled=False)}
    after = bill_of(declare["customer_import"](alarms=off)).by_pipeline["customer-import"]
    assert before - after == pytest.approx(price_table().prices["alarm-metric"].usd)


def test_the_sum_is_that_of_its_lines(declare: Declare) -> None:
    bill = bill_of(declare["crm_export"](), declare["customer_import"]())
    assert bill.total == pytest.approx(bill.shared + sum(bill.by_pipeline.values()))
    assert {line.item for line in bill.lines} <= set(price_table().prices)
    assert quantity(bill, "", "the environment's key", "kms-key") == 1
    assert (
        quantity(bill_of(declare["crm_export"](), encryption="aws-owned"), "", "the environment's key", "kms-key") == 0
    )


def test_the_plan_says_what_it_costs(plan: Plan, model: Model) -> None:
    bill = plan_costs(plan, model)
    assert plan.monthly_usd == bill.rounded
    assert set(plan.monthly_usd) == {"", "crm-export", "customer-import"}


def refused(*pipelines: Pipeline, ceiling: Ceiling) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        bill_of(*pipelines, monitoring_ceiling=ceiling)
    assert {found.id for found in caught.value.findings} == {"PW421"}
    return [str(found) for found in caught.value.findings]


def test_a_ceiling_for_each_pipeline_names_the_one_that_is_above_it(declare: Declare) -> None:
    pipelines = (declare["crm_export"](), declare["customer_import"]())
    dearest = bill_of(*pipelines).by_pipeline["customer-import"]
    bill_of(*pipelines, monitoring_ceiling=Ceiling(usd=round(dearest + 0.01, 2), per_pipeline=True))
    (line,) = refused(*pipelines, ceiling=Ceiling(usd=round(dearest - 0.01, 2), per_pipeline=True))
    start = f"config/pipelines/crm.yaml:9: pipelines.customer-import costs {dearest:.2f} USD a month to watch, and "
    assert line.startswith(f"{start}budget.monitoring allows {dearest - 0.01:.2f}: alarms ")
    assert line.endswith("; `pipewarden cost prod` shows every line")


def test_a_ceiling_for_everything(declare: Declare) -> None:
    total = bill_of(declare["crm_export"]()).total
    bill_of(declare["crm_export"](), monitoring_ceiling=Ceiling(usd=total + 0.01, per_pipeline=False))
    (line,) = refused(declare["crm_export"](), ceiling=Ceiling(usd=10, per_pipeline=False))
    start = (
        f"config/environments/prod.yaml:1: budget.monitoring allows 10.00 USD a month, and this plan costs {total:.2f}:"
    )
    assert line.startswith(start)


ROUTES = {
    "P2": Severity(respond_within_seconds=14_400, notify=("data-email",)),
    "P3": Severity(respond_within_seconds=86_400, notify=("data-email",)),
}


def test_limits_of_spending_tell_the_page_topic_of_their_severity(
    planned: Callable[..., Plan], declare: Declare
) -> None:
    spending = (Spending(name="lake", limit_usd=500, services=("AWS Glue",), tag=("team", "crm"), warn_at=(50, 100)),)
    anomalies = (CostAnomaly(name="jobs", above_usd=50, severity="P2"),)
    core = planned(declare["crm_export"](), severities=ROUTES, spending=spending, cost_anomalies=anomalies).core
    (budget,) = core.budgets
    assert budget.filters == {"Service": ("AWS Glue",), "TagKeyValue": ("user:team$crm",)}
    assert (budget.topic, budget.warn_at) == ("pipewarden-prod-page-P3", (50, 100))
    (anomaly,) = core.anomalies
    assert (anomaly.topic, anomaly.tag, anomaly.above_usd) == ("pipewarden-prod-page-P2", None, 50)
    publishers = {topic.name: topic.publishers for topic in core.topics if topic.purpose == "page"}
    assert publishers == {
        "pipewarden-prod-page-P2": ("cloudwatch.amazonaws.com", "costalerts.amazonaws.com"),
        "pipewarden-prod-page-P3": ("cloudwatch.amazonaws.com", "budgets.amazonaws.com"),
    }


def test_what_aws_makes_anew_gets_another_name(planned: Callable[..., Plan], declare: Declare) -> None:
    """A budget's warnings cannot be changed in place, and two budgets of one name cannot stand beside each other."""

    def name(**changes: Any) -> str:
        spending = Spending(**{"name": "lake", "limit_usd": 500, **changes})
        return planned(declare["crm_export"](), severities=ROUTES, spending=(spending,)).core.budgets[0].name

    assert name() == name(limit_usd=900) == name(services=("AWS Glue",))
    assert len({name(), name(warn_at=(50.0,)), name(severity="P2")}) == 3
