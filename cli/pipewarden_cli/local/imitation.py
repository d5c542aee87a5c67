"""Which parts of AWS are imitated by us rather than by the emulator, read from the gap files without importing them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EMULATOR = "ministack"
EMULATOR_VERSION = "1.5.33"
GAPS_FOLDER = Path(__file__).parent / "gaps"
GAPS_PACKAGE = "pipewarden_cli.local.gaps"
TABLE_START = "<!-- imitated: python -m pipewarden_cli.local.imitation docs/local-aws.md -->"
TABLE_END = "<!-- end -->"


@dataclass(frozen=True)
class Gap:
    """One file of the gaps folder: its import name, what it covers, and how that differs from AWS."""

    module: str
    name: str
    imitated: tuple[str, ...]


def find_gaps(folder: Path = GAPS_FOLDER) -> tuple[Gap, ...]:
    """All gaps, sorted by file name; a file without NAME, IMITATED or fill() is an error."""
    return tuple(_read_gap(path) for path in sorted(folder.glob("*.py")) if not path.stem.startswith("_"))


def imitations() -> list[tuple[str, str]]:
    """(part, sentence) for everything that is imitated, in the order in which the gaps are filled."""
    return [(gap.name, sentence) for gap in find_gaps() for sentence in gap.imitated]


def _read_gap(path: Path) -> Gap:
    # Parsed, not imported: a gap imports the emulator, which the command that prints this list never needs.
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    values = dict(_literals(tree))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    name, imitated = values.get("NAME"), values.get("IMITATED")
    if not isinstance(name, str) or not isinstance(imitated, tuple) or not imitated or "fill" not in functions:
        raise ValueError(f"{path.name} is no gap: it needs NAME (text), IMITATED (literal tuple of text) and fill()")
    return Gap(f"{GAPS_PACKAGE}.{path.stem}", name, tuple(str(sentence) for sentence in imitated))


def _literals(tree: ast.Module) -> Iterator[tuple[str, object]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target, value = node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            target, value = node.target.id, node.value
        else:
            continue
        if target in ("NAME", "IMITATED"):
            yield target, ast.literal_eval(value)


def as_markdown() -> str:
    """The table of imitations in ``docs/local-aws.md``."""
    rows = ["| Part | What is imitated, and how it differs from AWS |", "| --- | --- |"]
    for gap in find_gaps():
        sentences = " ".join(sentence.replace("|", "\\|") for sentence in gap.imitated)
        rows.append(f"| {gap.name} | {sentences} |")
    return "\n".join(rows) + "\n"


def write_table(page: Path) -> None:
    """Renew the table between the two marks of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(TABLE_START)
    after = rest.partition(TABLE_END)[2]
    page.write_text(f"{before}{TABLE_START}\n{as_markdown()}{TABLE_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write_table(Path(sys.argv[1]))
