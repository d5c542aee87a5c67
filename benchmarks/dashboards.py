"""Dashboards and alarms for the same resources: Pipewarden beside the package `cdk-monitoring-constructs`.

`python benchmarks/dashboards.py [pipelines]` prints a table; each row is synthesized in processes of its own, with the
same context, without validation and without indentation, and the faster of two runs counts. The package is no
dependency: without it, its row says how to get it. The last line is what making the dashboards of 1,000 such pipelines
takes, planned and not synthesized.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, NamedTuple

from declarations import ENVIRONMENT  # type: ignore[import-not-found]  # a neighbour: no package

ROOT = Path(__file__).parents[1]
PACKAGE = "cdk-monitoring-constructs"
ACCOUNT, REGION = "123456789012", "us-east-1"
WIDGETS_IN_A_DASHBOARD, BYTES_IN_A_TEMPLATE = 500, 1_000_000
"""What CloudWatch and CloudFormation accept."""

PIPELINE = """\
  {name}:
    resources:
      extract: {{type: glue-job, job_name: {name}-extract-$(env), retry: {{attempts: 2}}}}
      load: {{type: step-functions, state_machine: {name}-load-$(env), after: [extract]}}
      publish: {{type: lambda, function: {name}-publish-$(env)}}
      ingest:
        type: sqs
        queue: {name}-$(env)
        expect: {{oldest_message: 10m}}
        dead_letter: {{queue: {name}-dlq-$(env)}}
"""


class Row(NamedTuple):
    """What a synthesized app holds: of the stacks with pipelines, and in `once` the bytes of all other stacks."""

    widgets: int
    alarms: int
    size: int
    once: int
    largest: int
    seconds: float


def write_declarations(root: Path, pipelines: int, per_file: int = 40) -> None:
    """Declare `pipelines` pipelines of four resources below `root`."""
    for kind in ("pipelines", "environments"):
        (root / "config" / kind).mkdir(parents=True)
    (root / "config/environments/prod.yaml").write_text(ENVIRONMENT)
    for first in range(0, pipelines, per_file):
        names = [f"pipeline-{number:05}" for number in range(first, min(first + per_file, pipelines))]
        rows = "".join(PIPELINE.format(name=name) for name in names)
        text = f"version: 1\nowner: team\ndefaults: {{severity: P2}}\npipelines:\n{rows}"
        (root / f"config/pipelines/team-{first // per_file}.yaml").write_text(text)


def synthesize_with_package(pipelines: int) -> None:
    """The same resources and alarms with the package's facade and its default dashboard, in one stack."""
    from aws_cdk import App, Environment, Stack
    from aws_cdk.aws_sns import Topic

    package = import_module(PACKAGE.replace("-", "_"))
    app = App(tree_metadata=False, analytics_reporting=False, context={"aws:cdk:disable-stack-trace": True})
    where = Environment(account=ACCOUNT, region=REGION)
    stack = Stack(app, "Monitoring", env=where, suppress_template_indentation=True)
    topic = Topic.from_topic_arn(stack, "Topic", f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms")
    action = package.SnsAlarmActionStrategy(on_alarm_topic=topic)
    defaults = {"alarm_name_prefix": "prod", "actions_enabled": True, "action": action}
    facade = package.MonitoringFacade(stack, "prod", alarm_factory_defaults=defaults)
    for number in range(pipelines):
        add_pipeline(package, facade, stack, f"pipeline-{number:05}")
    app.synth()


def add_pipeline(package: Any, facade: Any, stack: Any, name: str) -> None:
    """One pipeline's widgets and the eight alarms that the declaration above has."""
    from aws_cdk.aws_lambda import Function
    from aws_cdk.aws_sqs import Queue
    from aws_cdk.aws_stepfunctions import StateMachine

    once = {"Warning": package.ErrorCountThreshold(max_error_count=0)}
    old = {"Warning": package.MaxMessageAgeThreshold(max_age_in_seconds=600)}
    dead = {"Warning": package.MaxMessageCountThreshold(max_message_count=0)}
    queues = [
        Queue.from_queue_arn(stack, f"{name}-queue{part}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}{part}-prod")
        for part in ("", "-dlq")
    ]
    facade.add_large_header(name)
    facade.monitor_glue_job(job_name=f"{name}-extract-prod", add_job_failed_state_count_alarm=once)
    facade.monitor_step_function(
        state_machine=StateMachine.from_state_machine_name(stack, f"{name}-load", f"{name}-load-prod"),
        add_failed_execution_count_alarm=once,
        add_timed_out_execution_count_alarm=once,
        add_throttled_execution_count_alarm=once,
    )
    facade.monitor_lambda_function(
        lambda_function=Function.from_function_name(stack, f"{name}-publish", f"{name}-publish-prod"),
        add_fault_count_alarm=once,
        add_throttles_count_alarm=once,
    )
    facade.monitor_sqs_queue_with_dlq(
        queue=queues[0],
        dead_letter_queue=queues[1],
        add_queue_max_message_age_alarm=old,
        add_dead_letter_queue_max_size_alarm=dead,
    )


def widgets_of(board: dict[str, Any]) -> int:
    """How many widgets a dashboard of a template has; its body is a text, or parts around references."""
    body = board["Properties"]["DashboardBody"]
    if isinstance(body, dict):
        body = "".join(part if isinstance(part, str) else "reference" for part in body["Fn::Join"][1])
    return len(json.loads(body)["widgets"])


def synthesized(command: list[str], root: Path, out: Path) -> Row:
    """Run an app to its end and count what it wrote."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CDK_VALIDATION": "false",
        "CDK_CONTEXT_JSON": json.dumps({**context, "env": "prod", "root": str(root)}),
        "CDK_OUTDIR": str(out),
    }
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=ROOT, env=environ, check=True, timeout=300)
    seconds = time.perf_counter() - start
    widgets, alarms, size, once, largest = [], 0, 0, 0, 0
    for file in out.glob("*.template.json"):
        resources = json.loads(file.read_text())["Resources"].values()
        found = sum(each["Type"] == "AWS::CloudWatch::Alarm" and "pipeline-0" in json.dumps(each) for each in resources)
        if not found:
            once += file.stat().st_size
            continue
        widgets += [widgets_of(each) for each in resources if each["Type"] == "AWS::CloudWatch::Dashboard"]
        alarms, size, largest = alarms + found, size + file.stat().st_size, max(largest, file.stat().st_size)
    if not widgets or max(widgets) > WIDGETS_IN_A_DASHBOARD or largest > BYTES_IN_A_TEMPLATE:
        raise SystemExit(f"cannot be deployed: {widgets} widgets, {largest:,} bytes; measure fewer pipelines")
    return Row(sum(widgets), alarms, size, once, max(widgets), seconds)


def faster_of_two(command: list[str], root: Path, scratch: Path) -> Row:
    """The first run may unpack the libraries of jsii, so the faster one counts."""
    return min((synthesized(command, root, scratch / f"out-{run}") for run in range(2)), key=lambda row: row.seconds)


def seconds_of_bodies(pipelines: int) -> dict[str, float]:
    """What `benchmarks/plan.py` measures, for the pipelines of this table."""
    with tempfile.TemporaryDirectory() as folder:
        write_declarations(Path(folder), pipelines)
        command = [sys.executable, str(Path(__file__).with_name("plan.py")), "--measure", folder]
        ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    measured: dict[str, float] = json.loads(ended.stdout)
    return measured


def print_row(name: str, row: Row, pipelines: int) -> None:
    print(
        f"{name:<32} {row.widgets / pipelines:>7.1f} {row.alarms / pipelines:>6.1f} {row.size / pipelines:>9,.0f} "
        f"{row.once:>10,} {row.largest:>11} {row.seconds:>6.1f}"
    )


def main(pipelines: int) -> None:
    print(f"{pipelines} pipelines, each a Glue job, a state machine, a function and a queue with a dead-letter queue;")
    print("widgets, alarms and bytes of template for each pipeline, bytes once an environment, widgets in the largest")
    print(
        f"dashboard, seconds of the process. CloudWatch takes {WIDGETS_IN_A_DASHBOARD} widgets in a dashboard, and the"
    )
    print("package makes one dashboard: 20 pipelines do not fit.")
    print(f"{'':<32} {'widgets':>7} {'alarms':>6} {'bytes':>9} {'bytes once':>10} {'a dashboard':>11} {'s':>6}")
    with tempfile.TemporaryDirectory() as folder:
        write_declarations(Path(folder), pipelines)
        print_row("pipewarden", faster_of_two(["app.py"], Path(folder), Path(folder)), pipelines)
    try:
        name = f"{PACKAGE} {metadata.version(PACKAGE)}"
    except metadata.PackageNotFoundError:
        print(f"{PACKAGE:<32} not installed: pip install --constraint constraints.txt --editable '.[bench]'")
    else:
        with tempfile.TemporaryDirectory() as folder:
            command = [__file__, "--package", str(pipelines)]
            print_row(name, faster_of_two(command, Path(folder), Path(folder)), pipelines)
    bodies = seconds_of_bodies(1_000)
    print(f"dashboard bodies of 1,000 pipelines: {bodies['widgets']:,.0f} widgets in {bodies['boards']:.2f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--package"]:
        synthesize_with_package(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 10)
