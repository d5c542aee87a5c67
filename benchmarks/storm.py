"""A storm of failures on the embedded AWS: `python benchmarks/storm.py [--events N] [--pipelines N] [--threads N]`.

By itself it takes a quick look (1,000 events of 40 pipelines, half a minute). The full storm is
`python benchmarks/storm.py --events 10000 --pipelines 200`, some minutes on 2 cores. The responder's handler runs in
this process (`tests/storm/storm.py` says what is real); the embedded AWS is a process of its own, whose memory is not
counted. The exit code is 1 when a failure was missed, a retry started twice, a pipeline paged twice, something was
left undone, or memory grew.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipewarden_cli.local import control  # noqa: E402 (the tests' folder is found through the line above)
from tests.storm.estate import Estate  # noqa: E402
from tests.storm.storm import Report, Storm  # noqa: E402

GROWTH = 1.1
"""How much larger the process may be after the last quarter than after the first."""


def main() -> int:
    """Run one storm, print its tables; 1 when it broke a promise."""
    parser = argparse.ArgumentParser(description="A storm of failures on the embedded AWS.")
    parser.add_argument("--events", type=int, default=1_000, help="executions that fail (1000)")
    parser.add_argument("--pipelines", type=int, default=40, help="pipelines they belong to (40)")
    parser.add_argument("--threads", type=int, default=4, help="batches that are handled at the same time (4)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        local = control.start(Path(folder), parent_pid=os.getpid())
        try:
            report = Storm(Estate(local, asked.pipelines), asked.events, asked.threads).run()
        finally:
            control.stop(Path(folder))
    print("\n\n".join((facts(report, asked.pipelines), kinds(report))))
    return 1 if broken(report) else 0


def facts(report: Report, pipelines: int) -> str:
    """What came of it, as a table."""
    own = report.meter.own_seconds / max(1, report.messages) * 1e3
    rows = {
        "failures (first runs and failed retries)": f"{report.failures:,} of {pipelines} pipelines",
        "messages handled, duplicates and reminders among them": f"{report.messages:,}",
        "seconds": f"{report.seconds:.1f}",
        "messages a second": f"{report.messages / report.seconds:.0f}",
        "failures that nobody handled": f"{report.missed}",
        "retries": f"{report.retries}",
        "retries started twice": f"{report.twice}",
        "retries left unfinished": f"{report.unfinished}",
        "pipelines paged": f"{len(report.pages)}",
        "most pages of one pipeline": f"{max(report.pages.values(), default=0)}",
        "dead letters": f"{report.dead}",
        "own processor time a message, besides AWS calls": f"{own:.2f} ms",
        "memory at each quarter": " ".join(f"{size:.0f}" for size in report.memory) + " MB",
    }
    return "\n".join(["What | Value", "--- | ---:", *(f"{name} | {value}" for name, value in rows.items())])


def kinds(report: Report) -> str:
    """Calls and processor time by what became of a message, as a table."""
    head = [
        "Kind | messages | calls each | most | own CPU, median ms | which calls",
        "--- | ---: | ---: | ---: | ---: | ---",
    ]
    rows = []
    for kind, taken in sorted(report.meter.kinds.items(), key=lambda item: -item[1].signals):
        calls = ", ".join(f"{name} {count / taken.signals:.2f}" for name, count in taken.calls.most_common())
        own = taken.own_seconds * 1e3
        rows.append(f"{kind} | {taken.signals:,} | {taken.calls_each:.2f} | {taken.most_calls} | {own:.2f} | {calls}")
    return "\n".join([*head, *rows])


def broken(report: Report) -> bool:
    """True when the storm broke a promise."""
    grew = report.memory[-1] > GROWTH * report.memory[0]
    twice = max(report.pages.values(), default=0) > 1
    return bool(report.missed or report.twice or report.unfinished or report.dead or twice or grew)


if __name__ == "__main__":
    sys.exit(main())
