"""How long the plan takes, from YAML to pure data; nothing here imports the CDK.

`python benchmarks/plan.py [pipelines ...]` prints a table; each row is measured in a process of its own. The targets
are for 1,000 pipelines: all of it under 2 s and 300 MB, of which the plan itself 0.8 s for the plain workload.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synth import WORKLOADS, write_declarations  # type: ignore[import-not-found]  # a neighbour: no package

BOARDS = (("make_plan", "plan_executive"), ("make_plan", "plan_diagnostic"), ("team_plan", "plan_dashboards"))
"""Where dashboard bodies are made: module and function; their target is 1 s for 1,000 pipelines."""


class Stopwatch:
    """Adds up the seconds that functions take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args)
            finally:
                self.seconds += time.perf_counter() - start

        return call


def dashboards_of(plan: Any) -> list[Any]:
    """The environment's and the teams'."""
    return [*plan.core.dashboards, *(board for team in plan.teams for board in team.dashboards)]


def measure(root: Path) -> dict[str, float]:
    """Seconds to read, resolve, plan and serialize what stands below `root`, and this process's peak memory."""
    start = time.perf_counter()
    from pipewarden_plan import make_plan as making
    from pipewarden_plan import team_plan
    from pipewarden_plan.declaration import load_project
    from pipewarden_plan.resolve import resolve

    imported = time.perf_counter()
    model = resolve(load_project(root), "prod")
    resolved = time.perf_counter()
    boards = Stopwatch()
    for module, name in BOARDS:
        holder = {"make_plan": making, "team_plan": team_plan}[module]
        setattr(holder, name, boards.timed(getattr(holder, name)))
    plan = making.make_plan(model)
    planned = time.perf_counter()
    plan.settings.to_json()
    written = time.perf_counter()
    if "aws_cdk" in sys.modules:
        raise SystemExit("the plan imports the CDK")
    return {
        "read": resolved - imported,
        "plan": planned - resolved,
        "boards": boards.seconds,
        "widgets": sum(len(board.body["widgets"]) for board in dashboards_of(plan)),
        "settings": written - planned,
        "all": written - start,
        "alarms": sum(len(team.alarms) for team in plan.teams),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(sizes: list[int]) -> None:
    seconds = f"{'read s':>7} {'plan s':>7} {'of it boards':>12} {'settings s':>10} {'all s':>6}"
    print(f"{'workload':<20} {'pipelines':>9} {'alarms':>7} {'widgets':>7} {seconds} {'MB':>5}")
    for workload in WORKLOADS:
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                write_declarations(Path(folder), workload, size)
                command = [sys.executable, __file__, "--measure", folder]
                ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
            row = json.loads(ended.stdout)
            print(
                f"{workload.name:<20} {size:>9,} {row['alarms']:>7,.0f} {row['widgets']:>7,.0f} "
                f"{row['read']:>7.2f} {row['plan']:>7.2f} {row['boards']:>12.2f} "
                f"{row['settings']:>10.2f} {row['all']:>6.2f} {row['memory']:>5.0f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(Path(sys.argv[2]))))
    else:
        main([int(size) for size in sys.argv[1:]] or [100, 1_000, 5_000])
