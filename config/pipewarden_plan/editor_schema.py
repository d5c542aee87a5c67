"""The JSON Schemas that editors complete and check with: `python -m pipewarden_plan.editor_schema` writes them.

They are the schema of `grammar` with every pattern opened for interpolations, which an editor cannot fill.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipewarden_plan.grammar import Grammar, grammar
from pipewarden_plan.scalar_reader import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS = ("declaration", "environment")
FIXED = frozenset({"slug", "account", "region"})
"""Names are never interpolated, and account and region are what interpolations are made of."""

INTERPOLATED = r"\$\((env|account|region)\)"


def editor_schema(kind: str, rules: Grammar | None = None) -> dict[str, Any]:
    """The whole schema of one kind of file, `declaration` or `environment`, with the definitions that it needs."""
    defs = (rules or grammar()).defs
    needed = sorted(_needed(kind, defs))
    parts = {name: defs[name] if name in FIXED else _opened(defs[name]) for name in needed if name != kind}
    return {"$schema": DIALECT, **_opened(defs[kind]), "$defs": parts}


def schema_text(kind: str, rules: Grammar | None = None) -> str:
    """The schema as it is committed."""
    return json.dumps(editor_schema(kind, rules), indent=2, ensure_ascii=False) + "\n"


def write_schemas(root: Path) -> None:
    """Write `config/schema/<kind>.schema.json` below `root`."""
    for kind in KINDS:
        path = root / "config/schema" / f"{kind}.schema.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schema_text(kind), encoding="utf-8")


def _needed(name: str, defs: Mapping[str, Schema]) -> set[str]:
    """The definitions that one refers to, directly or not."""
    found, waiting = {name}, [name]
    while waiting:
        for other in _references(defs[waiting.pop()]):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(target := schema.get("$ref"), str):
            yield target.removeprefix("#/$defs/")
        for part in schema.values():
            yield from _references(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from _references(part)


def _opened(schema: Any) -> Any:
    """The schema with every pattern, beside what it asks for, letting interpolations pass."""
    if isinstance(schema, Mapping):
        opened = {key: part if key in ("examples", "default") else _opened(part) for key, part in schema.items()}
        if isinstance(pattern := schema.get("pattern"), str):
            opened["pattern"] = f"{INTERPOLATED}|(?:{pattern})"
        return opened
    if isinstance(schema, list | tuple):
        return [_opened(part) for part in schema]
    return schema


if __name__ == "__main__":
    write_schemas(Path.cwd())
