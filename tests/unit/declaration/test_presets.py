"""Presets: what comes of `use:`, and what is wrong with one."""

from pathlib import Path
from typing import Any

import pytest

from pipewarden_plan.declaration import load_project
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.marked import MarkedDict
from pipewarden_plan.model import Pipeline
from pipewarden_plan.parse import parse
from pipewarden_plan.preset import Presets, shipped_presets, usage
from pipewarden_plan.resolve import resolve

ENVIRONMENT = """
version: 1
account: "123456789012"
region: us-east-1
severities:
  P2: {respond_within: 4h, notify: [mail]}
  P3: {respond_within: 4h, notify: [mail]}
channels: {mail: {type: email, address: data@example.com}}
"""
FILE = "version: 1\nowner: a\n{defaults}pipelines:\n  nightly:\n    use: {use}\n{rest}"
LOAD = "    resources:\n      load: {type: glue-job, job_name: load}\n"


def project(root: Path, use: str, rest: str = LOAD, defaults: str = "", environment: str = "", **presets: str) -> Path:
    files = {
        "pipelines/a.yaml": FILE.format(use=use, rest=rest, defaults=defaults),
        "environments/prod.yaml": ENVIRONMENT + environment,
        **{f"presets/{name}.yaml": f"version: 1\n{text}" for name, text in presets.items()},
    }
    for name, text in files.items():
        path = root / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def pipeline(root: Path, *told: str, **more: str) -> Pipeline:
    loaded = load_project(project(root, *told, **more))
    assert [str(found) for found in loaded.errors] == []
    (found,) = resolve(loaded, "prod").pipelines
    return found


def errors(root: Path, *told: str, **more: str) -> list[str]:
    return [str(found) for found in load_project(project(root, *told, **more)).errors]


SCHEDULED = "    schedule: {cron: '0 2 * * *'}\n"


def test_what_a_pipeline_says_goes_over_its_presets(tmp_path: Path) -> None:
    rest = SCHEDULED + "    expect: {success_rate: 80%}\n" + LOAD
    found = pipeline(tmp_path, "[batch-nightly]", rest)
    assert found.expect == {"finished_by": "07:00", "duration": {"ratio": 2}, "success_rate": {"min": 80}}


def test_a_later_preset_goes_over_an_earlier_one(tmp_path: Path) -> None:
    found = pipeline(tmp_path, "[batch-nightly, batch-hourly]", SCHEDULED + LOAD)
    assert found.expect["duration"] == {"ratio": 3}
    assert found.expect["finished_by"] == "07:00"


def test_parameters_are_filled_in_texts_numbers_and_names(tmp_path: Path) -> None:
    use = "[{batch-nightly: {finished_by: '05:30'}}, {business-kpi: {kpi: revenue, metric: Revenue, target: 12.5}}]"
    found = pipeline(tmp_path, use, SCHEDULED + LOAD)
    assert found.expect["finished_by"] == "05:30"
    kpi = next(resource for resource in found.resources if resource.name == "revenue")
    assert kpi.expect == {"min": 12.5}
    assert kpi.fields["dimensions"] == {"PipelineName": "nightly"}
    assert kpi.fields["period"] == 86_400


def test_interpolations_of_declarations_go_on_working(tmp_path: Path) -> None:
    found = pipeline(tmp_path, "[own]", own="resources: {q: {type: sqs, queue: 'q-$(pipeline)-$(env)'}}")
    assert [resource.fields["queue"] for resource in found.resources if resource.name == "q"] == ["q-nightly-prod"]


def test_types_reach_each_resource_of_theirs_and_no_inner_one_is_retried(tmp_path: Path) -> None:
    rest = (
        SCHEDULED
        + "    resources:\n"
        + "      own: {type: glue-job, job_name: a, retry: {attempts: 5}}\n"
        + "      plain: {type: glue-job, job_name: b}\n"
        + "      machine: {type: step-functions, state_machine: c}\n"
        + "      inner: {type: glue-job, job_name: d, within: machine}\n"
    )
    found = {resource.name: resource.retry for resource in pipeline(tmp_path, "[batch-nightly]", rest).resources}
    attempts = {name: retry.attempts if retry else None for name, retry in found.items()}
    assert attempts == {"own": 5, "plain": 2, "machine": 2, "inner": None}
    assert found["own"]
    assert found["own"].backoff_seconds == (300, 1800)


def test_the_files_defaults_give_presets_to_every_pipeline(tmp_path: Path) -> None:
    found = pipeline(tmp_path, "[batch-hourly]", SCHEDULED + LOAD, "defaults: {use: [batch-nightly]}\n")
    assert found.expect["finished_by"] == "07:00"
    assert found.expect["duration"] == {"ratio": 3}


def test_an_environment_changes_what_came_of_a_preset(tmp_path: Path) -> None:
    over = "overrides: {nightly: {expect: {finished_by: '09:00'}}}\n"
    assert pipeline(tmp_path, "[batch-nightly]", SCHEDULED + LOAD, environment=over).expect["finished_by"] == "09:00"


@pytest.mark.parametrize(
    ("use", "presets", "line"),
    [
        ("[batch-nigtly]", {}, "a.yaml:5: pipelines.nightly.use[0] names batch-nigtly, which is no preset; "
         "did you mean batch-nightly?"),
        ("[lake-quality]", {}, "a.yaml:5: pipelines.nightly.use[0] must tell lake-quality its table: the table that "
         "the scores are of; e.g. lake-quality: {table: customers}"),
        ("[{queue-consumer: {speed: 3}}]", {}, "a.yaml:5: pipelines.nightly.use[0] tells queue-consumer about speed, "
         "of which it knows nothing; it takes no parameters"),
        ("[own]", {"own": "pipeline: {severity: P9}"}, "presets/own.yaml:2: pipelines.nightly.severity must be one of "
         "P0, P1, P2, P3, got P9"),
        ("[own]", {"own": "pipeline: {description: $(who)}"}, "presets/own.yaml:2: `$(who)` is no parameter of this "
         "preset; known: account, env, pipeline, region"),
        ("[own]", {"own": "pipelin: {}"}, "presets/own.yaml:2: the file has an unknown key pipelin; did you mean "
         "pipeline?"),
        ("[stream-lag]", {"stream-lag": ""}, "presets/stream-lag.yaml: the preset stream-lag comes with Pipewarden; "
         "give your own another name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(use: str, presets: dict[str, str], line: str, tmp_path: Path) -> None:
    found = errors(tmp_path, use, SCHEDULED + LOAD, **presets)
    kind = "config/" if line.startswith("presets") else "config/pipelines/"
    assert f"{kind}{line}" in found


def test_an_override_cannot_use_presets(tmp_path: Path) -> None:
    over = "overrides: {nightly: {use: [batch-hourly]}}\n"
    (line,) = errors(tmp_path, "[batch-nightly]", SCHEDULED + LOAD, environment=over)
    assert "overrides.nightly has an unknown key use" in line


@pytest.mark.parametrize("name", shipped_presets())
def test_each_shipped_preset_is_described_and_can_be_planned_as_its_page_says(name: str, tmp_path: Path) -> None:
    """The can-it-fire check runs over everything that a preset gives."""
    preset = shipped_presets()[name]
    assert preset.description
    assert all(row.description and row.example for row in preset.parameters.values())
    rest = (
        SCHEDULED + "    resources:\n      load: {type: glue-job, job_name: load}\n      in: {type: sqs, queue: in}\n"
    )
    loaded = load_project(project(tmp_path, f"[{usage(preset)}]", rest))
    assert [str(found) for found in loaded.errors] == []
    plan = make_plan(resolve(loaded, "prod"))
    bare = make_plan(resolve(load_project(project(tmp_path, "[own]", rest, own="")), "prod"))
    assert plan.settings.pipelines != bare.settings.pipelines


def test_what_is_declared_is_not_changed_by_expanding_it() -> None:
    text = "use: [batch-nightly]\nresources:\n  load: {type: glue-job, job_name: load}\n"
    declared: Any = parse(text, "a.yaml").value
    Presets({}, []).expand("nightly", declared, "pipelines.nightly", MarkedDict(declared.mark))
    assert declared == parse(text, "a.yaml").value
