"""How long the preview of one team takes, how large its page is, and how soon Chromium has drawn it.

`python benchmarks/preview.py [pipelines ...]` prints a table; each row is measured in processes of its own. "First
view" is from opening the page until everything within the window is drawn, "all" until every widget is. The targets
are for one team: written in 1 s, 2 MB, interactive in 1 s.
"""

import subprocess
import sys
import tempfile
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from declarations import generate  # type: ignore[import-not-found]  # a neighbour: no package

ROOT = Path(__file__).resolve().parents[1]
SIZES = (10, 20)
HEAD = (
    "pipelines",
    "dashboards",
    "widgets",
    "written in s",
    "of it drawing",
    "page in MB",
    "first view in s",
    "all in s",
)


def main(sizes: list[int]) -> None:
    """Print a row for the project's example, and one for each size of a generated team."""
    print(" | ".join(HEAD))
    print(" | ".join("---:" for _ in HEAD))
    with tempfile.TemporaryDirectory() as folder:
        print(" | ".join(_row("example", ROOT, "crm", Path(folder))), flush=True)
        for size in sizes:
            root = Path(folder) / str(size)
            generate(root, size, per_file=size)
            print(" | ".join(_row(str(size), root, "team-0", Path(folder))), flush=True)


def _row(name: str, root: Path, team: str, folder: Path) -> list[str]:
    page = folder / f"{name}.html"
    arguments = ["--root", str(root), "preview", "prod", "--team", team, "--output", str(page)]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pipewarden_cli", *arguments], check=True, capture_output=True, text=True, cwd=folder
    )
    written = time.perf_counter() - began
    counts = [word for word in done.stdout.rpartition(": ")[2].split() if word.isdigit()]
    drawing = _drawing(arguments)
    return [name, *counts, f"{written:.2f}", f"{drawing:.2f}", f"{page.stat().st_size / 1e6:.2f}", *_browser(page)]


def _drawing(arguments: list[str]) -> float:
    """Seconds of the command without the start of Python and its imports: the second time in one process."""
    script = (
        "import sys, time, contextlib, io\nfrom pipewarden_cli.main import main\n"
        "for _ in range(2):\n    began = time.perf_counter()\n"
        "    with contextlib.redirect_stdout(io.StringIO()): main(sys.argv[1:])\n"
        "print(time.perf_counter() - began)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _browser(page: Path) -> list[str]:
    chromium = _driver()
    binary = chromium.find_chromium()
    if binary is None:
        return ["no Chromium", "-"]
    browser = chromium.Chromium(binary)
    try:
        shown = browser.page(page)
        times = dict(
            shown.run("performance.getEntriesByType('mark').map((mark) => [mark.name, mark.startTime / 1000])")
        )
        return [f"{times['first-view']:.2f}", f"{times['all']:.2f}"]
    finally:
        browser.close()


def _driver() -> Any:
    spec = spec_from_file_location("chromium", ROOT / "tests" / "browser" / "chromium.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
