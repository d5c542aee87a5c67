"""Every benchmark, one table after the other: `python benchmarks/run.py`, or `make bench`.

Each script measures whole processes and prints its own table; nothing here asserts a time.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NOT_ONE = {"run.py"}


def main() -> int:
    """Run each script of this folder in a process of its own; the worst exit code."""
    worst = 0
    for script in sorted(path for path in HERE.glob("*.py") if path.name not in NOT_ONE):
        print(f"\n## {script.stem}\n", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(script)], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
