"""What planning costs beside rendering: `cdk synth` of everything on, against bulk rendering of the same resources.

`python benchmarks/bulk.py [pipelines]` prints two rows of one run. The floor is one `CfnInclude` a stack over the very
templates that Pipewarden made: the fastest way in which a CDK app can write them. Processor time is compared, which
other work on the machine does not change.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from declarations import ENVIRONMENT  # type: ignore[import-not-found]  # a neighbour: no package
from synth import measure, read_templates  # type: ignore[import-not-found]

MOST = 1.5
PER_FILE = 10
PIPELINE = """\
  {name}:
    description: Loads the export into the lake every night.
    runbook: https://wiki.example.com/runbooks/{name}
    schedule: {{cron: "0 2 * * *", timezone: Europe/London}}
    expect: {{finished_by: "06:00", duration: {{max: 45m, ratio: 2}}, success_rate: 95%, slo: {{target: 95%}}}}
    resources:
      extract:
        type: glue-job
        job_name: {name}-extract-$(env)
        expect: {{cost: {{per_run: 5 USD, per_day: 50 USD}}}}
      load: {{type: step-functions, state_machine: {name}-load-$(env), after: [extract]}}
      publish:
        type: lambda
        function: {name}-publish-$(env)
        reserved_concurrency: 50
        expect: {{duration: {{max: 10m}}, error_rate: 5%, utilization: 80%, lag: 5m, slo: {{target: 99%}}}}
        dead_letter: {{queue: {name}-publish-dlq-$(env)}}
      ingest:
        type: sqs
        queue: {name}-$(env)
        expect: {{oldest_message: 10m, depth: 1000, growth: 100}}
        dead_letter: {{queue: {name}-dlq-$(env)}}
      dataset:
        type: s3-dataset
        location: s3://{name}-$(env)/out/
        expect: {{freshness: 25h, volume: {{min: 1, max: 500, change: 50%, anomaly: true}}}}
"""
FLOOR = """\
import json, os, pathlib, sys
from aws_cdk import App, Stack
from aws_cdk.cloudformation_include import CfnInclude
app = App(context=json.loads(os.environ["CDK_CONTEXT_JSON"]))
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    CfnInclude(Stack(app, file.stem), "All", template_file=str(file))
app.synth()
"""


def write_declarations(root: Path, pipelines: int) -> None:
    """Pipelines of five resources with everything that can be expected of them."""
    for kind in ("pipelines", "environments"):
        (root / "config" / kind).mkdir(parents=True)
    (root / "config/environments/prod.yaml").write_text(ENVIRONMENT)
    for first in range(0, pipelines, PER_FILE):
        rows = [PIPELINE.format(name=f"pipeline-{number:05}") for number in range(first, first + PER_FILE)]
        text = f"version: 1\nowner: team\ndefaults: {{severity: P2}}\npipelines:\n{''.join(rows)}"
        (root / f"config/pipelines/team-{first // PER_FILE}.yaml").write_text(text)


def used() -> float:
    """Processor seconds of all processes that have ended, Node's among them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def include(templates: Path, out: Path) -> float:
    """Seconds of a CDK app that does nothing but include the templates."""
    environ = {**os.environ, "CDK_OUTDIR": str(out), "CDK_VALIDATION": "false", "CDK_CONTEXT_JSON": "{}"}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", FLOOR, str(templates)], env=environ, check=True, timeout=600)
    return time.perf_counter() - start


def main(pipelines: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, out, bare = (Path(folder, name) for name in ("declared", "cdk.out", "bare"))
        write_declarations(root, pipelines)
        idle = used()
        seconds, _ = measure(root, out, validated=False)
        worked = used() - idle
        bare.mkdir()
        resources = 0
        for name, template in read_templates(out).items():
            resources += len(template["Resources"])
            kept = {part: template[part] for part in ("Resources", "Conditions", "Mappings") if part in template}
            (bare / f"{name}.json").write_text(json.dumps(kept))
        idle = used()
        floor = include(bare, Path(folder, "floor.out"))
        included = used() - idle
    print(f"{pipelines:,} pipelines of 5 resources, everything on: {resources:,} resources in the templates")
    print(f"{'way':<24} {'s':>6} {'cpu s':>6} {'cpu ms a resource':>18} {'times':>6} {'target':>7}")
    for way, wall, cpu, target in (
        ("one CfnInclude a stack", floor, included, ""),
        ("Pipewarden", seconds, worked, f"< {MOST}"),
    ):
        each = f"{1000 * cpu / resources:>18.2f}"
        print(f"{way:<24} {wall:>6.1f} {cpu:>6.1f} {each} {cpu / included:>6.2f} {target:>7}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 200)
