"""Generated declarations of any size, and how long it takes to read them.

`python benchmarks/declarations.py [pipelines ...]` prints a table; each row is measured in a process of its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENVIRONMENT = """\
version: 1
account: "123456789012"
region: us-east-1
severities:
  P1: {respond_within: 1h, notify: [mail]}
  P2: {respond_within: 4h, notify: [mail]}
channels:
  mail: {type: email, address: data@example.com}
overrides:
  pipeline-00000: {severity: P1}
"""

PIPELINE = """\
  {name}:
    description: Loads the export number {number} into the lake every night.
    severity: {severity}
    runbook: https://wiki.example.com/runbooks/{name}
    schedule: {{cron: "{minute} 2 * * *", timezone: Europe/London}}
    depends_on: [{upstream}]
    expect: {{finished_by: "06:00", duration: {{max: 45m, ratio: 2}}, success_rate: 95%}}
    resources:
      extract:
        type: glue-job
        job_name: {name}-extract-$(env)
        retry: {{attempts: 3, backoff: 2m..30m, classes: [transient]}}
      load:
        type: step-functions
        state_machine: {name}-load-$(env)
        after: [extract]
      ingest:
        type: sqs
        queue: {name}-ingest-$(env)
        expect: {{oldest_message: 10m}}
        dead_letter:
          queue: {name}-ingest-dlq-$(env)
          drain: {{to: source, rate: 20/s, attempts: 3, then: quarantine, archive: true}}
      dataset:
        type: s3-dataset
        location: s3://data-lake-$(env)-silver/{name}/
        expect: {{freshness: 25h, volume: {{min: 1, anomaly: true}}}}
      completeness:
        type: metric
        namespace: DataPipeline/Quality
        metric: CompletenessScore
        dimensions: {{PipelineName: {name}, Table: customers}}
        expect: {{min: 98%}}
    alarms:
      extract.failed: {{severity: P1}}
"""


def generate(root: Path, pipelines: int, per_file: int = 50) -> None:
    """Write `pipelines` pipelines of five resources each below `root`, `per_file` to a file, and one environment."""
    (root / "config/pipelines").mkdir(parents=True)
    (root / "config/environments").mkdir(parents=True)
    (root / "config/environments/prod.yaml").write_text(ENVIRONMENT)
    for first in range(0, pipelines, per_file):
        rows = [_pipeline(number) for number in range(first, min(first + per_file, pipelines))]
        head = f"version: 1\nowner: team-{first // per_file}\npipelines:\n"
        (root / f"config/pipelines/team-{first // per_file}.yaml").write_text(head + "".join(rows))


def _pipeline(number: int) -> str:
    return PIPELINE.format(
        name=f"pipeline-{number:05}",
        number=number,
        severity="P1" if number % 4 == 0 else "P2",
        minute=number % 60,
        upstream=f"pipeline-{number - 1:05}" if number % 10 else "",
    )


def measure(root: Path) -> dict[str, float]:
    """Seconds to import, load and resolve what stands below `root`, and this process's peak memory in MB."""
    start = time.perf_counter()
    from pipewarden_plan.declaration import load_project
    from pipewarden_plan.resolve import resolve

    imported = time.perf_counter()
    project = load_project(root)
    loaded = time.perf_counter()
    if project.findings:
        raise SystemExit(f"the generated declarations have findings: {project.findings[0]}")
    model = resolve(project, "prod")
    resolved = time.perf_counter()
    if sum(len(pipeline.resources) for pipeline in model.pipelines) != 5 * len(model.pipelines):
        raise SystemExit("resources were lost")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"import": imported - start, "load": loaded - imported, "resolve": resolved - loaded, "memory": peak}


def main(sizes: list[int]) -> None:
    print(f"{'pipelines':>10} {'import s':>9} {'load s':>9} {'resolve s':>10} {'peak MB':>9}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder), size)
            command = [sys.executable, __file__, "--measure", folder]
            row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout)
        print(f"{size:>10,} {row['import']:>9.2f} {row['load']:>9.2f} {row['resolve']:>10.2f} {row['memory']:>9.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main([int(size) for size in sys.argv[1:]] or [1, 1_000, 5_000])
