"""All that is declared below one folder: `load_project` reads it and collects every finding."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipewarden_plan.checks.guards import wrong_guards
from pipewarden_plan.checks.table import check_environments, check_pipelines
from pipewarden_plan.collector import collector_at_rest
from pipewarden_plan.environment import EnvironmentReading, read_environment
from pipewarden_plan.files import SourceFile, find_files
from pipewarden_plan.finding import Finding, finding, in_order
from pipewarden_plan.grammar import Grammar, grammar
from pipewarden_plan.interpolation import SAMPLE, filler
from pipewarden_plan.marked import MarkedDict, dotted, mark_of
from pipewarden_plan.model import Mark
from pipewarden_plan.overrides import broken_overrides, check_overrides, lay_over
from pipewarden_plan.parse import parse
from pipewarden_plan.preset import Preset, Presets
from pipewarden_plan.preset_check import check_preset
from pipewarden_plan.reader import as_it_is
from pipewarden_plan.reading import PipelineReading, Reading
from pipewarden_plan.source import read_source

ABOUT_NAMES = frozenset({"PW202", "PW308", "PW310"})
"""Findings about pipelines that nobody declares: left out while a file could not be read, for they may stand there."""


@dataclass(frozen=True)
class Declaration:
    """One file of pipelines. `raw` is what it says at its top level."""

    team: str
    file: str
    raw: MarkedDict
    pipelines: tuple[PipelineReading, ...]

    @property
    def defaults(self) -> MarkedDict:
        found = self.raw.get("defaults")
        return found if isinstance(found, MarkedDict) else MarkedDict(self.raw.mark)


@dataclass(frozen=True)
class Project:
    """Everything declared below one folder and all that was found wrong with it, in order."""

    root: Path
    grammar: Grammar
    declarations: tuple[Declaration, ...]
    environments: Mapping[str, EnvironmentReading]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.severity == "warning")


def load_project(root: Path, rules: Grammar | None = None) -> Project:
    """Read `config/pipelines/*.yaml` and `config/environments/*.yaml` below `root`. Never raises for what they hold:
    see `Project.findings`."""
    rules = rules or grammar()
    with collector_at_rest():
        files, findings = find_files(root, "pipelines")
        presets = Presets(own_presets(root, rules, findings), findings)
        declarations = [made for file in files if (made := _declaration(file, rules, findings, presets))]
        sources, wrong_names = find_files(root, "environments")
        findings += wrong_names
        environments = {}
        for source in sources:
            if (raw := _document(source, findings)) is not None:
                environments[source.name], found = read_environment(source.name, source.label, raw, rules)
                findings += found
        complete = len(declarations) == len(files)
        checked = _check(declarations, environments, rules)
        findings += [found for found in checked if complete or found.id not in ABOUT_NAMES]
    return Project(root, rules, tuple(declarations), environments, in_order(findings))


def _check(
    declarations: list[Declaration], environments: Mapping[str, EnvironmentReading], rules: Grammar
) -> Iterator[Finding]:
    """What no single file can tell: the pipelines with each other, and with each environment that changes them."""
    base = [pipeline for declaration in declarations for pipeline in declaration.pipelines]
    yield from check_pipelines(base)
    for environment in environments.values():
        wrong = list(check_overrides(environment, base, rules))
        yield from wrong
        laid = lay_over(environment, declarations, rules, without=broken_overrides(wrong))
        yield from laid.findings
        if laid.changed:
            yield from check_pipelines(laid.pipelines)
        yield from check_environments(environment, laid.pipelines)


def _document(source: SourceFile, findings: list[Finding]) -> MarkedDict | None:
    """The mapping that a file holds, or None with findings."""
    text = read_source(source.path, source.label)
    if isinstance(text, Finding):
        findings.append(text)
        return None
    parsed = parse(text, source.label)
    findings += parsed.findings
    if isinstance(parsed.value, MarkedDict):
        return parsed.value
    if not parsed.findings:
        mark = getattr(parsed.value, "mark", Mark(source.label, 1))
        findings.append(finding("PW005", mark, "holds no mapping", cure="write keys at the top: version, ..."))
    return None


def own_presets(root: Path, rules: Grammar, findings: list[Finding]) -> dict[str, Preset]:
    """The project's own presets that are right as such; it need have none."""
    if not (root / "config" / "presets").is_dir():
        return {}
    files, wrong_names = find_files(root, "presets")
    findings += wrong_names
    found = {}
    for source in files:
        if (raw := _document(source, findings)) is not None:
            wrong = check_preset(source.name, raw, source.label, Reading(rules, as_it_is))
            findings += wrong
            if not wrong:
                text = read_source(source.path, source.label)
                found[source.name] = Preset(source.name, raw, shipped=False, text=str(text))
    return found


def _declaration(source: SourceFile, rules: Grammar, findings: list[Finding], presets: Presets) -> Declaration | None:
    raw = _document(source, findings)
    if raw is None:
        return None
    reading = Reading(rules, filler(SAMPLE))
    read = reading.read("declaration", raw, raw, (), Mark(source.label, 1))
    declaration = Declaration(source.name, source.label, raw, ())
    reading.findings += _wrong_defaults(declaration, read or {})
    pipelines = raw.get("pipelines")
    pipelines_read = []
    if isinstance(pipelines, MarkedDict):
        for name, value in pipelines.items():
            whole = presets.expand(name, value, f"pipelines.{name}", declaration.defaults)
            pipelines_read.append(
                reading.pipeline(name, source.name, whole, pipelines.marks[name], declaration.defaults)
            )
    findings += reading.findings
    return Declaration(source.name, source.label, raw, tuple(pipelines_read))


def _wrong_defaults(declaration: Declaration, read: Mapping[str, Any]) -> Iterator[Finding]:
    for wrong in wrong_guards(read.get("defaults", {}).get("retry", {})):
        path = ("defaults", "retry", *wrong.below)
        mark = mark_of(declaration.raw, path, Mark(declaration.file, 1))
        yield finding(wrong.rule, mark, f"{dotted(path)} {wrong.message}", path=dotted(path), cure=wrong.cure)
