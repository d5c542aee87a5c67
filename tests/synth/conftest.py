"""Templates of the shipped example and of its opposite, synthesized once per test run."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# jsii takes `node` from PATH: the virtual environment has the one that it does not call outdated.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

from aws_cdk import App, CfnResource, Stack

from pipewarden.route_settings import Channel, Severity
from pipewarden_plan.declaration import load_project
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.model import Environment, Mark, Model, Pipeline, Resource
from pipewarden_plan.plan import Plan
from pipewarden_plan.resolve import resolve
from stacks.environment import add_stacks
from tests.everything_on import everything_off, everything_on

ROOT = Path(__file__).parents[2]
Template = dict[str, Any]
Synthesize = Callable[..., dict[str, Template]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.synth)
            # One worker, so that parallel runs do not synthesize everything again.
            item.add_marker(pytest.mark.xdist_group("synth"))


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """`synthesize(plan)`: the templates by stack name, validated as `cdk synth` validates them."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]

    def made(
        plan: Plan, change: Callable[[list[Stack]], CfnResource | None] = lambda stacks: None
    ) -> dict[str, Template]:
        out = tmp_path_factory.mktemp("cdk.out")
        app = App(context=context, outdir=str(out))
        change(add_stacks(app, plan))
        app.synth()
        found = {file.name.split(".")[0]: json.loads(file.read_text()) for file in sorted(out.glob("*.template.json"))}
        for name, template in found.items():
            template["Path"] = str(out / f"{name}.template.json")
        return found

    return made


@pytest.fixture(scope="session")
def example_plan() -> Plan:
    """The shipped declarations in `prod`."""
    return make_plan(resolve(load_project(ROOT), "prod"))


@pytest.fixture(scope="session")
def example(example_plan: Plan, synthesize: Synthesize) -> dict[str, Template]:
    return synthesize(example_plan)


@pytest.fixture(scope="session")
def bare_plan() -> Plan:
    """As little as one can declare: one function, no retries, the services' own keys, nothing protected."""
    environment = Environment(
        name="bare",
        account="123456789012",
        region="eu-west-1",
        encryption="aws-owned",
        severities={"P2": Severity(respond_within_seconds=3600, notify=("mail",))},
        channels={"mail": Channel(type="email", address="data@example.com")},
        mark=Mark("config/environments/bare.yaml", 1),
    )
    resource = Resource(
        name="f", type="lambda", fields={"function": "f", "qualifier": "$LATEST"}, mark=Mark("a.yaml", 4)
    )
    pipeline = Pipeline(
        name="p", team="a", owner="a", severity="P2", resources=(resource,), mark=Mark("config/pipelines/a.yaml", 3)
    )
    return make_plan(Model(environment=environment, pipelines=(pipeline,)))


@pytest.fixture(scope="session")
def bare(bare_plan: Plan, synthesize: Synthesize) -> dict[str, Template]:
    return synthesize(bare_plan)


@pytest.fixture(scope="session")
def full_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Every technology with every expectation, in an environment that has everything."""
    above = {"step-functions": {"depends_on": ["glue-job"]}}
    return everything_on(tmp_path_factory.mktemp("full"), alarms={"pipeline_composites": True}, overrides=above)


@pytest.fixture(scope="session")
def full(full_plan: Plan, synthesize: Synthesize) -> dict[str, Template]:
    return synthesize(full_plan)


@pytest.fixture(scope="session")
def off_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Every technology with every alarm switched off."""
    return everything_off(tmp_path_factory.mktemp("off"))


@pytest.fixture(scope="session")
def off(off_plan: Plan, synthesize: Synthesize) -> dict[str, Template]:
    return synthesize(off_plan)


FLEET = {
    "environments/fleet": """\
version: 1
account: "123456789012"
region: us-east-1
alarms: {mode: fleet, whole_account: true}
severities: {P1: {respond_within: 1h, notify: [mail]}, P2: {respond_within: 4h, notify: [mail]}}
channels: {mail: {type: email, address: data@example.com}}
""",
    "pipelines/lake": """\
version: 1
owner: lake
defaults: {severity: P2}
pipelines:
  orders: {resources: {load: {type: glue-job, job_name: orders}, inbox: {type: sqs, queue: o, expect: {depth: 100}}}}
  customers: {resources: {load: {type: glue-job, job_name: c}, inbox: {type: sqs, queue: c, expect: {depth: 100}}}}
  stock: {severity: P1, resources: {load: {type: glue-job, job_name: stock, expect: {duration: {ratio: 2}}}}}
""",
}


@pytest.fixture(scope="session")
def fleet_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Pipelines of the same kinds in an environment that wants one alarm over all of a kind."""
    root = tmp_path_factory.mktemp("fleet")
    for name, text in FLEET.items():
        file = root / "config" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return make_plan(resolve(load_project(root), "fleet"))


@pytest.fixture(scope="session")
def fleet(fleet_plan: Plan, synthesize: Synthesize) -> dict[str, Template]:
    return synthesize(fleet_plan)


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The CDK stages assets below the system's temporary folder."""
    before = tempfile.tempdir
    tempfile.tempdir = str(tmp_path_factory.getbasetemp())
    yield
    tempfile.tempdir = before
