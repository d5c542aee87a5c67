"""The CDK app: `cdk synth -c env=prod`, and `-c root=<folder>` for declarations that live elsewhere."""

import sys
from pathlib import Path

from aws_cdk import App

from pipewarden_plan.collector import collector_at_rest
from pipewarden_plan.declaration import load_project
from pipewarden_plan.finding import DeclarationError
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.resolve import resolve
from stacks.environment import add_stacks

HERE = Path(__file__).parent


def main() -> None:
    with collector_at_rest():
        synthesize()


def synthesize() -> None:
    # The construct tree (tree.json) of a thousand pipelines has 40 MB, and nothing here reads it.
    # A stack trace for each construct takes seconds; the key is reserved for apps and not for cdk.json.
    app = App(tree_metadata=False, analytics_reporting=False, context={"aws:cdk:disable-stack-trace": True})
    root = Path(app.node.try_get_context("root") or HERE)
    environment = str(app.node.try_get_context("env") or "dev")
    project = load_project(root)
    for warning in project.warnings:
        print(warning, file=sys.stderr)
    try:
        plan = make_plan(resolve(project, environment))
    except DeclarationError as error:
        sys.exit(str(error))
    add_stacks(app, plan)
    app.synth()


if __name__ == "__main__":
    main()
