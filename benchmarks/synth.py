"""How long `cdk synth` takes for a thousand pipelines, without the command line around it.

`python benchmarks/synth.py [pipelines]` prints a table; each row is measured in a process of its own, with what
importing, reading and writing cost. The first workload has about as many alarms a pipeline as the figures it is
compared with; the second expects everything that can be expected.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from declarations import ENVIRONMENT, generate  # type: ignore[import-not-found]  # a neighbour: no package

ROOT = Path(__file__).parents[1]
PLAIN = """\
  {name}:
    resources:
      extract: {{type: glue-job, job_name: {name}-extract-$(env), retry: {{attempts: 2}}}}
      load: {{type: step-functions, state_machine: {name}-load-$(env), after: [extract]}}
      publish: {{type: lambda, function: {name}-publish-$(env)}}
      ingest: {{type: sqs, queue: {name}-$(env), dead_letter: {{queue: {name}-dlq-$(env)}}}}
      dataset: {{type: s3-dataset, location: "s3://{name}-$(env)/out/", expect: {{freshness: 25h}}}}
"""


class Workload(NamedTuple):
    """Which declarations, how many to a file, and the most seconds that it should take without and with validation."""

    name: str
    per_file: int
    target: tuple[float, float] | None


WORKLOADS = (Workload("plain", 40, (6.0, 12.0)), Workload("everything expected", 20, None))


def write_declarations(root: Path, workload: Workload, pipelines: int) -> None:
    """Write the declarations of a workload below `root`."""
    if workload.name != "plain":
        generate(root, pipelines, workload.per_file)
        return
    for kind in ("pipelines", "environments"):
        (root / "config" / kind).mkdir(parents=True)
    (root / "config/environments/prod.yaml").write_text(ENVIRONMENT)
    for first in range(0, pipelines, workload.per_file):
        rows = [PLAIN.format(name=f"pipeline-{number:05}") for number in range(first, first + workload.per_file)]
        text = f"version: 1\nowner: team\ndefaults: {{severity: P2}}\npipelines:\n{''.join(rows)}"
        (root / f"config/pipelines/team-{first // workload.per_file}.yaml").write_text(text)


def measure(root: Path, out: Path, *, validated: bool) -> tuple[float, float]:
    """Seconds and peak megabytes of `app.py` and of the Node process behind it."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CDK_VALIDATION": "true" if validated else "false",
        "CDK_CONTEXT_JSON": json.dumps({**context, "env": "prod", "root": str(root)}),
        "CDK_OUTDIR": str(out),
    }
    start = time.perf_counter()
    subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environ, check=True, timeout=600)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def read_templates(out: Path) -> dict[str, dict[str, Any]]:
    """Every stack's template by its name."""
    return {file.name.partition(".")[0]: json.loads(file.read_text()) for file in sorted(out.glob("*.template.json"))}


def row(workload: Workload, pipelines: int, *, validated: bool) -> dict[str, float]:
    """One row of the table, measured in this process's children."""
    with tempfile.TemporaryDirectory() as folder:
        root, out = Path(folder, "declared"), Path(folder, "cdk.out")
        write_declarations(root, workload, pipelines)
        seconds, megabytes = measure(root, out, validated=validated)
        templates = read_templates(out).values()
    resources = [found["Type"] for template in templates for found in template["Resources"].values()]
    return {
        "seconds": seconds,
        "megabytes": megabytes,
        "stacks": len(templates),
        "resources": len(resources),
        "alarms": resources.count("AWS::CloudWatch::Alarm"),
    }


def main(pipelines: int) -> None:
    print(f"{pipelines:,} pipelines of 5 resources")
    counted = f"{'alarms':>7} {'resources':>9} {'stacks':>6}"
    print(f"{'workload':<20} {'validated':<9} {counted} {'s':>6} {'target':>7} {'MB':>6}")
    for number, workload in enumerate(WORKLOADS):
        for validated in (False, True):
            command = [sys.executable, __file__, "--row", str(number), str(pipelines), str(int(validated))]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=900).stdout)
            target = f"< {workload.target[validated]:g}" if workload.target and pipelines == 1_000 else ""
            print(
                f"{workload.name:<20} {'yes' if validated else 'no':<9} {found['alarms']:>7,} {found['resources']:>9,} "
                f"{found['stacks']:>6} {found['seconds']:>6.1f} {target:>7} {found['megabytes']:>6.0f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--row"]:
        print(json.dumps(row(WORKLOADS[int(sys.argv[2])], int(sys.argv[3]), validated=sys.argv[4] == "1")))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 1_000)
