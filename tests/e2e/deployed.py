"""An environment deployed on the embedded AWS with IAM enforced: its templates as they are rendered, in seconds.

The demo deploys by the real CDK command line; here the same templates go to CloudFormation directly, for what is tested
is what they say, again and again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.asset import stage
from pipewarden_cdk.core import core_fragment
from pipewarden_cdk.rendering.fragment import Fragment
from pipewarden_cdk.rendering.functions import ASSET_BUCKET, ASSET_KEY
from pipewarden_cdk.team import team_fragment
from pipewarden_cli.local import control
from pipewarden_plan.declaration import load_project
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.plan import Plan
from pipewarden_plan.resolve import resolve

CODE_BUCKET = "code"
WAIT = {"Delay": 1, "MaxAttempts": 120}


@dataclass(frozen=True)
class Deployed:
    """One environment of Pipewarden, deployed."""

    local: control.LocalAws
    plan: Plan

    @property
    def names(self) -> Names:
        return self.plan.settings.names

    def client(self, service: str) -> Any:
        """A boto3 client as the account's root."""
        return self.local.client(service)


def planned(root: Path, environment: str) -> Plan:
    """The plan of the declarations below `root`."""
    return make_plan(resolve(load_project(root), environment))


@contextmanager
def deployed(folder: Path, plan: Plan) -> Iterator[Deployed]:
    """The core stack and every team's stack on an embedded AWS of their own, which ends with the context."""
    local = control.start(folder / "aws", parent_pid=os.getpid())
    try:
        world = Deployed(local, plan)
        deploy(world, folder)
        yield world
    finally:
        control.stop(folder / "aws")


def deploy(world: Deployed, folder: Path) -> None:
    """Create every stack of the plan, with the functions' code as it is staged for AWS."""
    plan, s3 = world.plan, world.client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET)
    asset = folder / "asset"
    asset.mkdir()
    packed = shutil.make_archive(str(folder / "functions"), "zip", stage(asset, plan.settings.to_json()))
    s3.upload_file(packed, CODE_BUCKET, "functions.zip")
    code = {ASSET_BUCKET: CODE_BUCKET, ASSET_KEY: "functions.zip"}
    create_stack(world, plan.core.stack, core_fragment(plan), code)
    for team in plan.teams:
        create_stack(world, team.stack, team_fragment(plan, team), {})


def create_stack(world: Deployed, name: str, resources: Fragment, values: dict[str, str]) -> None:
    """Create one stack and wait for its end; a template is too long to be handed over in the call itself."""
    parameters = {key: {"Type": "String"} for key in values}
    template = {"Resources": resources, **({"Parameters": parameters} if parameters else {})}
    world.client("s3").put_object(Bucket=CODE_BUCKET, Key=name, Body=json.dumps(template).encode())
    stacks = world.client("cloudformation")
    stacks.create_stack(
        StackName=name,
        TemplateURL=f"{world.local.endpoint_url}/{CODE_BUCKET}/{name}",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
