"""How well failures are classified, and how fast: `python benchmarks/classification.py`.

With `--page` it renews docs/failures.md instead.

The messages are those of tests/failures: the patterns were made by `tuning.yaml`; `held_out.yaml` was collected and
labelled afterwards, and no pattern was changed for it.
"""

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipewarden.error_pattern import ErrorPattern  # noqa: E402 (the tests' folder is found through the line above)
from pipewarden.failure import classify, shared_rows  # noqa: E402
from pipewarden.registry import technologies  # noqa: E402
from pipewarden.run import Run  # noqa: E402
from tests.failures.confusion import confusion  # noqa: E402
from tests.failures.labelled import messages  # noqa: E402

PAGE = ROOT / "docs" / "failures.md"
PARTS = {"tuning": "By these the patterns were made", "held_out": "Collected afterwards, never tuned to"}
ROUNDS = 20


def tables() -> str:
    """Both confusion tables as Markdown."""
    parts = []
    for part, meaning in PARTS.items():
        rows = messages(part)
        parts += [f"{meaning} (`tests/failures/{part}.yaml`, {len(rows)} messages):", confusion(rows).table()]
    return "\n\n".join(parts)


def patterns() -> str:
    """Every pattern in the order in which it is tried, as Markdown."""
    parts = []
    for technology in technologies().values():
        if technology.errors:
            parts += [f"### {technology.title}", _table(technology.errors)]
    return "\n\n".join([*parts, "### Every technology", _table(shared_rows())])


def _table(rows: tuple[ErrorPattern, ...]) -> str:
    lines = [
        f"| `{row.id}` | {row.failure_class} | {row.ground} | {row.advice} | `{_cell(row.pattern)}` | {_source(row)} |"
        for row in rows
    ]
    return "\n".join(["| Pattern | Class | Ground | Advice | Matches | Source |", "| --- |" + " --- |" * 5, *lines])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _source(row: ErrorPattern) -> str:
    return f"[documented]({row.source})" if row.source.startswith("http") else f"[seen](../{row.source})"


def page(text: str) -> str:
    """The page with its two generated parts renewed; what stands around them is written by hand."""
    for name, made in (("confusion", tables()), ("patterns", patterns())):
        start, end = f"<!-- {name}: made by `python benchmarks/classification.py --page` -->", f"<!-- {name} ends -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n\n{made}\n\n{end}{rest.partition(end)[2]}"
    return text


def milliseconds() -> dict[str, float]:
    """Time to classify one message: of the labelled ones the median and the slowest, and one of the greatest length."""
    rows = [row for part in PARTS for row in messages(part)]
    glue = technologies()["glue-job"]
    runs = [Run(run_id="r", state="failed", error_name=row.error_name, error=row.message) for row in rows]
    times = [min(_timed(glue, run) for _ in range(ROUNDS)) for run in runs]
    long = Run(run_id="r", state="failed", error="the quick brown fox jumps over 12 dogs. " * 1000)
    return {
        "median of the labelled messages": statistics.median(times),
        "slowest of them": max(times),
        "40,000 characters without any known word": min(_timed(glue, long) for _ in range(ROUNDS)),
    }


def _timed(technology: object, run: Run) -> float:
    start = time.perf_counter()
    classify(technology, run)  # type: ignore[arg-type]
    return (time.perf_counter() - start) * 1000


def main() -> int:
    """Print the tables, or renew the page."""
    if sys.argv[1:] == ["--page"]:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    print(tables())
    print("\n| classify one message | ms |\n| --- | ---: |")
    for name, value in milliseconds().items():
        print(f"| {name} | {value:.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
