"""The declaration of the README, as the plan receives it: written by hand, so that these tests know no YAML."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden.registry import technologies
from pipewarden.retry_policy import RetryPolicy
from pipewarden.route_settings import Channel, Rung, Severity
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.model import AlarmOverride, Environment, Mark, Model, Pipeline, Resource, Schedule
from pipewarden_plan.plan import Plan

FILE = "config/pipelines/crm.yaml"
RETRY = RetryPolicy(attempts=2, backoff_seconds=(60, 900))
ENVIRONMENT: dict[str, Any] = {
    "name": "prod",
    "account": "123456789012",
    "region": "us-east-1",
    "log_retention_days": 90,
    "severities": {
        "P0": Severity(
            respond_within_seconds=900, notify=("pager", "ops-slack"), escalate=(Rung(after_seconds=0, to="primary"),)
        ),
        "P1": Severity(
            respond_within_seconds=3600,
            notify=("ops-slack",),
            escalate=(Rung(after_seconds=0, to="primary"), Rung(after_seconds=3600, to="secondary")),
        ),
        "P2": Severity(respond_within_seconds=14400, notify=("data-email",)),
    },
    "channels": {
        "primary": Channel(type="email", address="oncall@example.com"),
        "secondary": Channel(type="sms", address="+15555550100"),
        "data-email": Channel(type="email", address="data@example.com"),
        "ops-slack": Channel(type="slack", secret="pipewarden/slack"),
        "pager": Channel(type="pagerduty", secret="pipewarden/pagerduty"),
    },
    "mark": Mark("config/environments/prod.yaml", 1),
}


def environment(**changes: Any) -> Environment:
    return Environment(**{**ENVIRONMENT, **changes})


def resource(name: str, type_: str, line: int = 1, **fields: Any) -> Resource:
    own = {key: fields.pop(key) for key in ("after", "within", "retry", "expect") if key in fields}
    found = technologies()[type_]
    return Resource(name=name, type=type_, fields=found.with_defaults(fields), mark=Mark(FILE, line), **own)


def pipeline(name: str, *resources: Resource, **changes: Any) -> Pipeline:
    values = {"team": "crm", "owner": "crm-data", "severity": "P2", "mark": Mark(FILE, 9), **changes}
    return Pipeline(name=name, resources=resources, **values)


def customer_import(**changes: Any) -> Pipeline:
    drain = {"to": "source", "rate": 20.0, "attempts": 3, "then": "quarantine", "archive": True}
    resources = (
        resource("extract", "glue-job", 14, job_name="customer-import-extract-prod", retry=RETRY),
        resource("load", "step-functions", 18, state_machine="customer-load-prod", after=("extract",), retry=RETRY),
        resource("merge", "glue-job", 22, job_name="customer-import-merge-prod", within="load", retry=RETRY),
        resource(
            "ingest",
            "sqs",
            26,
            queue="customer-ingest-prod",
            expect={"oldest_message": 600},
            dead_letter={"queue": "customer-ingest-dlq-prod", "drain": drain},
        ),
        resource(
            "customers",
            "s3-dataset",
            32,
            location="s3://data-lake-prod-silver/customers/",
            expect={"freshness": 90000, "volume": {"min": 1, "anomaly": True}},
        ),
        resource(
            "completeness",
            "metric",
            36,
            namespace="DataPipeline/Quality",
            metric="CompletenessScore",
            dimensions={"PipelineName": "customer-import", "Table": "customers"},
            period=300,
            expect={"min": 98},
        ),
    )
    values: dict[str, Any] = {
        "severity": "P1",
        "description": "Loads the CRM export into the lake every night.",
        "runbook": "https://wiki.example.com/runbooks/customer-import",
        "schedule": Schedule(cron="0 2 * * *", timezone="Europe/London"),
        "depends_on": ("crm-export",),
        "expect": {"finished_by": "06:00", "duration": {"max": 2700, "ratio": 2}, "success_rate": 95},
        "alarms": {
            "extract.failed": AlarmOverride(severity="P0"),
            "ingest.oldest-message": AlarmOverride(enabled=False),
        },
        **changes,
    }
    return pipeline("customer-import", *resources, **values)


def crm_export() -> Pipeline:
    return pipeline("crm-export", resource("export", "lambda", 11, function="crm-export-prod", retry=RETRY))


@pytest.fixture(scope="session")
def model() -> Model:
    return Model(environment=environment(), pipelines=(crm_export(), customer_import()))


@pytest.fixture(scope="session")
def plan(model: Model) -> Plan:
    return make_plan(model)


@pytest.fixture(scope="session")
def planned() -> Callable[..., Plan]:
    """`planned(pipeline, ..., changes of the environment)`: the plan of other pipelines."""

    def made(*pipelines: Pipeline, **changes: Any) -> Plan:
        return make_plan(Model(environment=environment(**changes), pipelines=pipelines))

    return made


@pytest.fixture(scope="session")
def declare() -> Mapping[str, Callable[..., Any]]:
    """The writers of declared things, for tests that want their own."""
    return {"resource": resource, "pipeline": pipeline, "customer_import": customer_import, "crm_export": crm_export}
