"""The app as people run it, and the promise that its stacks hold still."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import CfnResource, Stack

from pipewarden_plan.declaration import load_project
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.plan import Plan
from pipewarden_plan.resolve import resolve

ROOT = Path(__file__).parents[2]
SNAPSHOTS = Path(__file__).with_name("snapshots")
Templates = dict[str, dict[str, Any]]
Synthesize = Callable[..., Templates]


def readable(template: dict[str, Any]) -> str:
    """Sorted and indented, dashboards open, without the hash of the asset, which follows every change of our code."""
    template = {key: value for key, value in template.items() if key != "Path"}
    text = json.dumps(template, sort_keys=True)
    for resource in json.loads(text)["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            text = text.replace(resource["Properties"]["Code"]["S3Key"], "<asset>.zip")
    read = json.loads(text)
    for resource in read["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            resource["Properties"]["DashboardBody"] = json.loads(resource["Properties"]["DashboardBody"])
    return json.dumps(read, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


WATCHING = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Events::Rule")


def watching(template: dict[str, Any]) -> dict[str, Any]:
    """What decides and hears, in which fleets differ from the example: the rest is the same."""
    return {"Resources": {name: row for name, row in template["Resources"].items() if row["Type"] in WATCHING}}


def test_the_example_everything_on_everything_off_and_fleets_render_as_they_did(
    example: Templates, full: Templates, off: Templates, fleet: Templates
) -> None:
    """After a wanted change: `UPDATE_SNAPSHOTS=1 python -m pytest tests/synth`, and read the difference."""
    now = {name: readable(template) for name, template in {**example, **full, **off}.items()}
    now |= {name: readable(watching(template)) for name, template in fleet.items()}
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        for stale in SNAPSHOTS.glob("*.json"):
            stale.unlink()
        for name, text in now.items():
            (SNAPSHOTS / f"{name}.json").write_text(text, encoding="utf-8")
    then = {file.stem: file.read_text(encoding="utf-8") for file in SNAPSHOTS.glob("*.json")}
    assert now == then


def test_one_file_is_one_stack(example: Templates) -> None:
    files = {f"pipewarden-prod-{file.stem}" for file in (ROOT / "config" / "pipelines").glob("*.yaml")}
    assert set(example) == files | {"pipewarden-prod-core"}


def test_another_team_changes_no_team(example: Templates, example_plan: Plan, synthesize: Synthesize) -> None:
    team = dataclasses.replace(example_plan.teams[0], team="new", stack="pipewarden-prod-new")
    more = synthesize(dataclasses.replace(example_plan, teams=(*example_plan.teams, team)))
    for name in example:
        assert readable(more[name]) == readable(example[name])


def test_the_same_declaration_gives_the_same_templates(example: Templates, synthesize: Synthesize) -> None:
    again = synthesize(make_plan(resolve(load_project(ROOT), "prod")))
    for name, template in example.items():
        assert {**again[name], "Path": ""} == {**template, "Path": ""}


def test_a_finding_of_the_validator_fails_the_synthesis(bare_plan: Plan, synthesize: Synthesize) -> None:
    def break_it(stacks: list[Stack]) -> CfnResource:
        return CfnResource(stacks[0], "Broken", type="AWS::SQS::Queue", properties={"VisibilityTimeout": "a while"})

    with pytest.raises(RuntimeError, match=r"ValidationFailed|VisibilityTimeout"):
        synthesize(bare_plan, break_it)


def run_app(tmp_path: Path, **context: str) -> subprocess.CompletedProcess[str]:
    known = json.loads((ROOT / "cdk.json").read_text())["context"]
    environ = {**os.environ, "CDK_CONTEXT_JSON": json.dumps({**known, **context}), "CDK_OUTDIR": str(tmp_path / "out")}
    return subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("prod", "version: 1\n", "config/pipelines"),
        ("nowhere", "version: 1\n", "there is no environment nowhere"),
    ],
    ids=["nothing declared", "an unknown environment"],
)
def test_wrong_input_is_a_sentence(tmp_path: Path, name: str, text: str, words: str) -> None:
    folder = tmp_path / "config" / "environments"
    folder.mkdir(parents=True)
    (folder / "prod.yaml").write_text(text)
    ended = run_app(tmp_path, env=name, root=str(tmp_path))
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_another_folder_of_declarations(tmp_path: Path) -> None:
    for kind, name in (("environments", "prod"), ("pipelines", "shop")):
        folder = tmp_path / "config" / kind
        folder.mkdir(parents=True)
        (folder / f"{name}.yaml").write_text((ROOT / "config" / kind / f"{name}.yaml").read_text())
    environment = tmp_path / "config" / "environments" / "prod.yaml"
    environment.write_text(environment.read_text().split("overrides:")[0])
    ended = run_app(tmp_path, env="prod", root=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    made = sorted(file.name for file in (tmp_path / "out").glob("*.template.json"))
    assert made == ["pipewarden-prod-core.template.json", "pipewarden-prod-shop.template.json"]
