"""What is valid loads without a finding and resolves to exactly the declared values, in base units."""

from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from pipewarden.retry_policy import RetryPolicy
from pipewarden.route_settings import Channel, Rung
from pipewarden.window import Maintenance
from pipewarden_plan.declaration import load_project
from pipewarden_plan.model import AlarmOverride, Mark, Model, Schedule
from pipewarden_plan.resolve import resolve
from tests.unit.declaration.projects import TABLES, all_findings

ROOT = TABLES.parents[1]
VALID = sorted((TABLES / "valid").iterdir())


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.name)
def test_a_valid_declaration_has_no_findings(case: Path) -> None:
    assert all_findings(case) == ()


def test_the_shipped_configuration_has_no_errors() -> None:
    assert [found for found in all_findings(ROOT) if found.severity == "error"] == []


@pytest.mark.parametrize("file", ["pipelines/crm.yaml", "environments/prod.yaml"])
def test_the_shipped_example_is_the_tested_one(file: str) -> None:
    assert (ROOT / "config" / file).read_text() == (TABLES / "valid/design/config" / file).read_text()


def model_of(case: str, environment: str) -> Model:
    return resolve(load_project(TABLES / "valid" / case), environment)


def test_the_design_example_resolves_as_written() -> None:
    model = model_of("design", "prod")
    export, load = model.pipelines
    resources = {resource.name: resource for resource in load.resources}
    assert [pipeline.name for pipeline in model.pipelines] == ["crm-export", "customer-import"]
    assert (load.team, load.owner, load.severity, export.severity) == ("crm", "crm-data", "P0", "P2")
    assert load.schedule == Schedule(cron="0 2 * * *", timezone="Europe/London")
    assert load.depends_on == ("crm-export",)
    assert load.expect == {
        "finished_by": "06:00",
        "duration": {"max": 2700, "ratio": 2},
        "success_rate": {"min": 95.0},
    }
    assert resources["extract"].retry == RetryPolicy(attempts=3, backoff_seconds=(120, 1800), classes=("transient",))
    assert resources["load"].retry == RetryPolicy(attempts=2, backoff_seconds=(60, 900))
    assert resources["load"].after == ("extract",)
    assert (resources["merge"].within, resources["merge"].retry) == ("load", None)
    assert resources["ingest"].retry is None
    assert resources["ingest"].fields == {
        "queue": "customer-ingest-prod",
        "dead_letter": {
            "queue": "customer-ingest-dlq-prod",
            "drain": {
                "to": "source",
                "rate": 20.0,
                "attempts": 3,
                "then": "quarantine",
                "archive": True,
                "most_returned": 50.0,
            },
        },
    }
    assert resources["customers"].fields["location"] == "s3://data-lake-prod-silver/customers/"
    assert resources["customers"].expect == {"freshness": 90_000, "volume": {"min": 1, "anomaly": True}}
    assert resources["completeness"].expect == {"min": 98.0}
    assert load.alarms == {
        "extract.failed": AlarmOverride(severity="P0"),
        "ingest.oldest-message": AlarmOverride(enabled=False),
    }
    assert (load.mark, resources["load"].mark) == (
        Mark("config/pipelines/crm.yaml", 12, 3),
        Mark("config/pipelines/crm.yaml", 27, 7),
    )


def test_the_design_environment_resolves_as_written() -> None:
    found = model_of("design", "prod").environment
    assert (found.account, found.region, found.partition) == ("123456789012", "us-east-1", "aws")
    assert (found.log_retention_days, found.tracing_percent, found.probe_every_seconds) == (90, 5.0, 300)
    assert (found.remediation_mode, found.retries_per_hour, found.encryption) == ("act", 100, "customer-managed")
    assert list(found.severities) == ["P0", "P1", "P2", "P3"]
    assert found.severities["P0"].respond_within_seconds == 900
    assert found.severities["P0"].notify == ("pager", "ops-slack")
    assert found.severities["P0"].escalate == (
        Rung(after_seconds=0, to="primary"),
        Rung(after_seconds=900, to="secondary"),
        Rung(after_seconds=1800, to="manager"),
    )
    assert found.channels["secondary"] == Channel(type="sms", address="+15555550100")
    assert found.channels["ops-slack"] == Channel(type="slack", secret="pipewarden/slack")
    (window,) = found.maintenance
    assert window == Maintenance(
        name="monthly-patch", cron="0 1 1 * *", duration_seconds=7200, timezone="UTC", pipelines=("*",)
    )


def test_the_least_one_can_write_gets_every_default() -> None:
    model = model_of("minimal", "dev")
    (pipeline,) = model.pipelines
    (resource,) = pipeline.resources
    assert (pipeline.severity, pipeline.schedule, pipeline.expect, pipeline.alarms) == ("P2", None, {}, {})
    assert resource.fields["function"] == "crm-export-dev"
    assert resource.retry == RetryPolicy(attempts=2, backoff_seconds=(60, 900), classes=("transient", "unknown"))
    found = model.environment
    assert (found.account, found.log_retention_days, found.tracing_percent) == ("123456789012", 30, 5.0)
    assert (found.remediation_mode, found.protected, found.maintenance, found.tags) == ("act", False, (), {})


EVERYTHING: dict[str, tuple[str, Any]] = {
    "a file's default severity": ("yes.severity", "P3"),
    "a pipeline's own severity": ("hourly.severity", "P0"),
    "a severity that the environment overrides": ("nightly.severity", "P2"),
    "a file's default runbook": ("nightly.runbook", "https://wiki.example.com/runbooks"),
    "a description of several lines": (
        "hourly.description",
        'Copies what came in during the last hour.\nEnds with "done".\n',
    ),
    "a schedule as a rate": ("hourly.schedule", Schedule(rate_seconds=3600)),
    "a rate that takes the place of a cron": (
        "nightly.schedule",
        Schedule(rate_seconds=86_400, timezone="America/Argentina/Buenos_Aires"),
    ),
    "a success rate over a time": (
        "hourly.expect",
        {"duration": {"ratio": 1.5}, "success_rate": {"min": 98.5, "over": 604_800}},
    ),
    "an expectation that the environment adds": (
        "nightly.expect",
        {"finished_by": "06:30", "success_rate": {"min": 80.0}},
    ),
    "retries switched off, the rest from the file": (
        "hourly.copy.retry",
        RetryPolicy(
            attempts=0, backoff_seconds=(30, 5400), classes=("transient", "resource", "deterministic", "unknown")
        ),
    ),
    "one attempt by the environment": ("nightly.flow.retry.attempts", 1),
    "no retry within another resource": ("nightly.inner.retry", None),
    "expectations merged with the environment's": (
        "nightly.inner.expect",
        {"duration": {"max": 86_400, "ratio": 4}, "success_rate": {"min": 90.0}},
    ),
    "a name that looks like an octal number": ("nightly.flow.fields", {"state_machine": "0123"}),
    "an account that keeps its zero": ("nightly.inner.fields.job_name", "012345678901-inner"),
    "a region in a name": ("hourly.copy.fields.function", "sales-prod-2-us-gov-west-1"),
    "hexadecimal and scientific numbers": ("nightly.quality.expect", {"min": 16, "max": 1000.0, "anomaly": True}),
    "words that YAML 1.1 takes for truths": ("nightly.quality.fields.dimensions", {"Table": "no", "Number": "1"}),
    "a period in seconds": ("nightly.quality.fields.period", 900),
    "a resource that the environment adds": ("nightly.extra.fields.job_name", "extra-prod-2"),
    "a pipeline called yes and a resource called on": ("yes.on.name", "on"),
    "a threshold in seconds": (
        "nightly.alarms",
        {
            "inner.duration": AlarmOverride(
                reason="it is slow on Mondays",
                severity="P1",
                threshold=72_000,
                period_seconds=60,
                periods=3,
                datapoints=2,
                missing="breaching",
            ),
            "quality.min": AlarmOverride(
                threshold=17.5,
                statistic="p10",
                low_samples="ignore",
                meaning="One customer in ten is incomplete.",
                steps=("Ask who enters customers in prod-2.",),
                runbook="https://wiki.example.com/incomplete",
            ),
        },
    ),
}


def reach(model: Model, path: str) -> Any:
    """What a path of names and attributes leads to."""
    found: Any = {pipeline.name: pipeline for pipeline in model.pipelines}
    for step in path.split("."):
        if isinstance(found, dict):
            found = found[step]
        elif hasattr(found, step):
            found = attrgetter(step)(found)
        else:
            found = next(resource for resource in found.resources if resource.name == step)
    return found


@pytest.mark.parametrize(("path", "expected"), EVERYTHING.values(), ids=EVERYTHING.keys())
def test_everything_that_can_be_declared_arrives(path: str, expected: Any) -> None:
    assert reach(model_of("everything", "prod-2"), path) == expected


def test_every_setting_of_an_environment_arrives() -> None:
    found = replace(model_of("everything", "prod-2").environment, severities={}, channels={}, maintenance=())
    assert (found.name, found.account, found.partition) == ("prod-2", "012345678901", "aws-us-gov")
    assert (found.log_retention_days, found.tracing_percent, found.probe_every_seconds) == (3653, 0.5, 900)
    assert (found.remediation_mode, found.retries_per_hour) == ("observe", 0)
    assert (found.encryption, found.protected) == ("aws-owned", True)
    assert found.tags == {"cost-center": "1234", "team name": "data"}


def test_a_secret_name_is_filled_in() -> None:
    assert model_of("everything", "prod-2").environment.channels["chat"].secret == "pipewarden/prod-2/slack"


def test_resolving_twice_gives_the_same_model() -> None:
    assert model_of("everything", "prod-2") == model_of("everything", "prod-2")
