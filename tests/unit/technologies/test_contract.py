"""What every technology promises, whichever it is. A new one is tested by standing in the folder."""

import ast
import importlib
import inspect
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import cfnlint
import pytest
from jsonschema import Draft202012Validator

import pipewarden_plan
from pipewarden import run_alarms
from pipewarden.alarm_rule import AlarmRule
from pipewarden.failure import shared_rows
from pipewarden.registry import technologies
from pipewarden.target import Target
from pipewarden.technology import Technology
from pipewarden.template import PLACEHOLDER, fill, fill_dimensions, look_up
from pipewarden_plan.grammar import grammar

Declare = Callable[[Technology], Target]

CATALOGUE = json.loads((Path(pipewarden_plan.__file__).parent / "metric_catalogue.json").read_text(encoding="utf-8"))
IAM = json.loads(
    (Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text(encoding="utf-8")
)
"""Every IAM action by service, from the Service Authorization Reference, as cfn-lint ships it."""
BOTO3_SERVICES = {"states": "stepfunctions"}
OPERATIONS = {"lambda:InvokeFunction": "Invoke", "s3:ListBucket": "ListObjectsV2"}
"""IAM actions that are not called like the operation they allow."""
ALARM_KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def test_there_are_technologies() -> None:
    assert {"glue-job", "lambda", "metric", "s3-dataset", "sqs", "step-functions"} <= technologies().keys()


def test_the_fragment_is_valid_json_schema(technology: Technology) -> None:
    for schema in (*technology.fields.values(), *technology.expectations.values()):
        Draft202012Validator.check_schema(schema)
    assert set(technology.required) <= technology.fields.keys()


def test_every_field_and_expectation_is_described(technology: Technology) -> None:
    schemas = {**technology.fields, **technology.expectations}
    assert [name for name, schema in schemas.items() if not schema.get("description", "").endswith(".")] == []


def test_the_example_is_a_declaration_of_it(technology: Technology) -> None:
    schema = {**grammar().defs[f"resource.{technology.type}"], "$defs": grammar().defs}
    example = json.loads(json.dumps(technology.example).replace("$(env)", "prod"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(example)] == []
    assert technology.example["type"] == technology.type


@pytest.mark.parametrize("key", ["tpye", "Function", "expects"])
def test_an_unknown_key_is_not_a_declaration_of_it(technology: Technology, key: str) -> None:
    schema = {**grammar().defs[f"resource.{technology.type}"], "$defs": grammar().defs}
    assert not Draft202012Validator(schema).is_valid({**technology.example, key: "value"})


def test_alarm_keys_are_unique_words(technology: Technology) -> None:
    keys = Counter(rule.key for rule in technology.alarms)
    assert [key for key, count in keys.items() if count > 1 or not ALARM_KEY.fullmatch(key)] == []


def test_every_alarm_tells_what_it_means_and_what_to_do(technology: Technology) -> None:
    for rule in technology.alarms:
        assert rule.meaning.endswith("."), rule.key
        assert rule.first_steps, rule.key
        assert rule.source.startswith("https://docs.aws.amazon.com/"), rule.key


def test_every_metric_with_its_dimensions_and_statistic_is_in_the_catalogue(
    technology: Technology, declare: Declare
) -> None:
    values = technology.values(declare(technology))
    for namespace, name, dimensions, statistic, unit in _metrics(technology):
        if namespace.startswith("$("):
            continue
        metric = fill(name, values)
        rows = [row for row in CATALOGUE if (row["namespace"], row["metric"]) == (namespace, metric)]
        assert rows, f"{namespace} {metric} is not in the catalogue"
        (row,) = rows
        assert sorted(dimensions) in [sorted(names) for names in row["dimensions"]], f"{metric}: {sorted(dimensions)}"
        assert statistic in row["statistics"], f"{metric}: {statistic}"
        assert unit in ("", row["unit"]), f"{metric}: {unit}"


def test_the_evaluation_of_every_alarm_is_one_the_api_takes(technology: Technology) -> None:
    for rule in technology.alarms:
        assert rule.period_seconds in (10, 20, 30) or rule.period_seconds % 60 == 0, rule.key
        longest = 86_400 if rule.period_seconds < 3_600 else 604_800
        assert rule.period_seconds * rule.periods <= longest, rule.key
        assert 1 <= rule.datapoints <= rule.periods, rule.key


def test_every_threshold_is_a_number_or_an_expectation_that_can_be_declared(technology: Technology) -> None:
    for rule in technology.alarms:
        if isinstance(rule.threshold, str):
            assert _declarable(technology.expectations, rule.threshold), f"{rule.key}: {rule.threshold}"


def test_what_an_alarm_a_widget_or_a_grant_needs_can_be_declared(technology: Technology) -> None:
    for part in (*technology.alarms, *technology.widgets, *technology.diagnostics, *technology.grants):
        assert not part.needs or _declarable(technology.fields, part.needs), part
    for rule in technology.alarms:
        for field in (rule.expression_field, rule.inputs_field):
            assert not field or field in technology.fields
        assert rule.period_field in ("", *technology.fields, *technology.expectations)


def test_every_template_can_be_filled(technology: Technology, declare: Declare) -> None:
    values = technology.values(declare(technology)) | {"run_id": "run"}
    for template, needs in _templates(technology):
        if not needs or look_up(values, needs):
            assert not PLACEHOLDER.search(fill(template, values)), template
    for _, _, dimensions, _, _ in _metrics(technology):
        assert all(fill_dimensions(dimensions, values).values())


def test_arns_are_arns(technology: Technology, declare: Declare) -> None:
    values = technology.values(declare(technology))
    arns = [technology.arn, *(arn for grant in technology.grants for arn in grant.resources)]
    for arn in filter(None, arns):
        if not arn.startswith("$(dead_letter.kms_key)"):
            assert re.fullmatch(
                r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:\d*:[^$]+", fill(arn, values).replace("$LATEST", "live")
            )
    assert not technology.identity or technology.identity in technology.required


def test_iam_actions_exist(technology: Technology) -> None:
    for action in _actions(technology):
        service, name = action.split(":")
        assert name.lower() in IAM[service]["Actions"], action


def test_every_iam_action_allows_an_operation_that_boto3_has(technology: Technology) -> None:
    session = botocore.session.get_session()
    for action in _actions(technology):
        service, name = action.split(":")
        model = session.get_service_model(BOTO3_SERVICES.get(service, service))
        assert OPERATIONS.get(action, name) in model.operation_names, action


def test_what_a_retry_calls_is_granted_for_it(technology: Technology) -> None:
    if technology.retry:
        reads, retries = (
            {action for grant in technology.grants if grant.purpose == purpose for action in grant.actions}
            for purpose in ("read", "retry")
        )
        assert retries <= set(technology.retry.calls) <= retries | reads
        assert not reads & retries, "the responder may read whatever is declared"


def test_no_grant_is_on_everything(technology: Technology) -> None:
    assert "*" not in [resource for grant in technology.grants for resource in grant.resources]


def test_runs_can_be_listed_described_and_told_apart(technology: Technology) -> None:
    runs = (technology.recent_runs, technology.describe_run, technology.read_event)
    if technology.runs:
        assert all(runs)
        assert {rule.kind for rule in technology.events} == {"failed", "succeeded"}
        assert [rule for rule in run_alarms.ALARMS if rule not in technology.alarms] == []
    else:
        assert technology.recent_runs is None
    assert bool(technology.events) == bool(technology.read_event)
    assert not technology.retry or technology.describe_run


@pytest.mark.parametrize("row", shared_rows(), ids=lambda row: row.pattern[:30])
def test_shared_patterns_are_regular_expressions_that_do_not_match_nothing(row: Any) -> None:
    assert not re.search(row.pattern, "", re.IGNORECASE)
    assert row.advice.endswith(".")


def test_patterns_are_regular_expressions_that_do_not_match_nothing(technology: Technology) -> None:
    for row in technology.errors:
        assert not re.search(row.pattern, "", re.IGNORECASE), row.pattern
        assert row.advice.endswith("."), row.pattern


def test_its_file_imports_neither_boto3_nor_the_cdk(technology: Technology) -> None:
    for module in _modules():
        if module.TECHNOLOGY is technology:
            tree = ast.parse(inspect.getsource(module))
            names = {
                alias.name.split(".")[0]
                for node in ast.walk(tree)
                if isinstance(node, ast.Import)
                for alias in node.names
            }
            names |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert not names & {"boto3", "botocore", "aws_cdk", "constructs", "yaml"}
            return
    pytest.fail(f"no module holds {technology.type}")


def test_the_catalogue_has_each_metric_once_with_a_public_source() -> None:
    rows = Counter((row["namespace"], row["metric"]) for row in CATALOGUE)
    assert [row for row, count in rows.items() if count > 1] == []
    assert [row for row in CATALOGUE if not row["source"].startswith("https://docs.aws.amazon.com/")] == []
    assert [row for row in CATALOGUE if not (row["enabled_by"] and row["statistics"] and row["dimensions"])] == []


def _metrics(technology: Technology) -> Iterator[tuple[str, str, Mapping[str, str], str, str]]:
    for rule in technology.alarms:
        for metric in (rule.metric, *rule.inputs.values()):
            yield rule.namespace, metric, rule.dimensions, rule.statistic, rule.unit
    for widget in (*technology.widgets, *technology.diagnostics):
        for namespace, metric, dimensions, statistic, _ in widget.metrics:
            yield namespace, metric, dimensions, statistic, widget.unit


def _templates(technology: Technology) -> Iterator[tuple[str, str]]:
    """Every template with what must be declared for it."""
    for text in (technology.arn, technology.console, technology.run_console, *technology.log_groups):
        yield text, ""
    for event in technology.events:
        yield event.identity, ""
    for rule in technology.alarms:
        for text in (rule.namespace, rule.metric, rule.statistic, rule.expression, rule.meaning, *rule.first_steps):
            yield text, rule.needs
    for widget in (*technology.widgets, *technology.diagnostics):
        yield widget.title, widget.needs
        for metric in widget.metrics:
            yield from ((text, widget.needs) for text in (metric[0], metric[1], metric[3], metric[4]))
    for grant in technology.grants:
        conditions = [text for keys in grant.conditions.values() for texts in keys.values() for text in texts]
        yield from ((text, grant.needs) for text in (*grant.resources, *conditions))


def _actions(technology: Technology) -> list[str]:
    return [action for grant in technology.grants for action in grant.actions]


def _declarable(schemas: Mapping[str, Any], path: str) -> bool:
    """Whether the schemas have a property at a dotted path."""
    head, _, rest = path.partition(".")
    if head not in schemas:
        return False
    inner = [schemas[head], *schemas[head].get("anyOf", ())]
    return not rest or any(_declarable(schema.get("properties", {}), rest) for schema in inner)


def _modules() -> list[Any]:
    import pipewarden.technologies as package

    return [
        importlib.import_module(f"{package.__name__}.{path.stem}")
        for folder in package.__path__
        for path in sorted(Path(folder).glob("*.py"))
        if path.stem != "__init__"
    ]


@pytest.mark.parametrize("rule", [run_alarms.RUN_FAILED, *run_alarms.ALARMS], ids=lambda rule: rule.key)
def test_alarms_of_runs_look_at_our_own_metrics(rule: AlarmRule) -> None:
    assert (rule.namespace, dict(rule.dimensions)) == ("Pipewarden", dict(run_alarms.DIMENSIONS))
