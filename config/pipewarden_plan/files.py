"""The files of a project: which there are, what they are called, and what stands beside them by mistake."""

import re
from pathlib import Path
from typing import NamedTuple

from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.model import Mark
from pipewarden_plan.nearest import nearest

FOLDERS = {"pipelines": "team", "environments": "environment", "presets": "preset"}
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME_LIMITS = {"pipelines": 40, "environments": 20, "presets": 40}
"""So that every stack, function and topic name that holds them stays within its service's limit."""

RESERVED_TEAMS = frozenset({"core"})
YAML_ENDINGS = (".yaml", ".yml", ".YAML", ".YML")


class SourceFile(NamedTuple):
    """`name` is the stem: a team's or an environment's name; `label` the path that messages show."""

    name: str
    label: str
    path: Path


def find_files(root: Path, kind: str) -> tuple[list[SourceFile], list[Finding]]:
    """The files in `config/<kind>`, sorted, and what is wrong with their names. `kind` is a key of FOLDERS."""
    folder = root / "config" / kind
    label = f"config/{kind}"
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        reason = "there is no such folder" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        cure = f"write one file per {FOLDERS[kind]}: {label}/<{FOLDERS[kind]}>.yaml"
        return [], [finding("PW013", Mark(label, 0), reason, cure=cure)]
    files, findings = [], []
    for entry in entries:
        shown = f"{label}/{entry.name}"
        if problem := _problem_with(entry, kind, Mark(shown, 0)):
            findings.append(problem)
        elif entry.suffix == ".yaml":
            files.append(SourceFile(entry.stem, shown, entry))
    if not files and not findings:
        cure = f"write one: {label}/<{FOLDERS[kind]}>.yaml"
        findings.append(finding("PW013", Mark(label, 0), "there is no .yaml file in this folder", cure=cure))
    return files, findings


def _problem_with(entry: Path, kind: str, mark: Mark) -> Finding | None:
    noun = FOLDERS[kind]
    if entry.is_dir() and not entry.name.endswith(YAML_ENDINGS):
        inside = next((child for child in sorted(entry.iterdir()) if child.name.endswith(YAML_ENDINGS)), None)
        message = f"{inside.name} in this folder is not read" if inside else ""
        return finding("PW014", mark, message, cure=f"move it to config/{kind}") if inside else None
    if entry.suffix != ".yaml":
        wrong = entry.name.endswith(YAML_ENDINGS)
        return finding("PW014", mark, "is not read", cure=f"rename it to {entry.stem}.yaml") if wrong else None
    limit = NAME_LIMITS[kind]
    if not NAME.fullmatch(entry.stem) or len(entry.stem) > limit:
        message = f"the file's name is the {noun}'s: lower-case letters, digits and single hyphens, at most {limit}"
        slug = re.sub(r"[^a-z0-9]+", "-", entry.stem.lower()).strip("-0123456789")
        return finding(
            "PW015", mark, message, cure=f"rename it to {slug}.yaml" if 0 < len(slug) <= limit else "rename it"
        )
    if kind == "pipelines" and entry.stem in RESERVED_TEAMS:
        return finding(
            "PW015", mark, f"the team name {entry.stem} is taken: it names Pipewarden's own stack", cure="rename it"
        )
    return None


def no_environment(name: str, known: list[str]) -> Finding:
    """The finding for an environment that somebody asked for and that has no file."""
    near = nearest(name, known)
    cure = f"did you mean {near}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    message = f"there is no environment {name[:60]} (known: {', '.join(sorted(known)) or 'none'})"
    return finding(
        "PW311", Mark("config/environments", 0), message if near else f"there is no environment {name[:60]}", cure=cure
    )
