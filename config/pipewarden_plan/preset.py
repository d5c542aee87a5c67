"""Presets: named bundles of expectations, resources and alarms that pipelines take with `use:`.

A preset is a YAML file: those that come with Pipewarden stand in `presets` beside this module, a project's own in
`config/presets`. It holds a part of a pipeline (`pipeline`), what each resource of a type gets (`types`), and
resources that it adds (`resources`); `$(name)` in it stands for a parameter. What is declared goes over what a preset
says, a later preset over an earlier one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.interpolation import PLACE
from pipewarden_plan.marked import MarkedDict, MarkedList
from pipewarden_plan.merge import merge
from pipewarden_plan.model import Mark
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.parse import parse
from pipewarden_plan.scalars import read_plain

SHIPPED = Path(__file__).with_name("presets")
PARTS = ("pipeline", "types", "resources")
PIPELINE = "pipeline"
"""A parameter that every preset has: the name of the pipeline that uses it."""


@dataclass(frozen=True)
class Parameter:
    """What a preset is told when it is used; without a `default` it must be told."""

    name: str
    description: str
    default: str | None
    example: str


@dataclass(frozen=True)
class Preset:
    """One named bundle; `raw` is its file, `text` as it was written."""

    name: str
    raw: MarkedDict
    shipped: bool
    text: str = ""

    @property
    def description(self) -> str:
        return str(self.raw.get("description", ""))

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        found = self.raw.get("parameters", {})
        return {
            name: Parameter(name, str(row.get("description", "")), row.get("default"), str(row.get("example", "")))
            for name, row in found.items()
        }

    def part(self, name: str, values: Mapping[str, str]) -> Any:
        """A part of the file with its parameters filled in; an empty mapping where it has none."""
        return _filled(self.raw.get(name, MarkedDict(self.raw.mark)), values)


def usage(preset: Preset) -> str:
    """How a pipeline names it: with what it must be told."""
    needed = [row for row in preset.parameters.values() if row.default is None]
    if not needed:
        return preset.name
    told = ", ".join(f"{row.name}: {row.example or '...'}" for row in needed)
    return f"{{{preset.name}: {{{told}}}}}"


@cache
def shipped_presets() -> Mapping[str, Preset]:
    """The presets that come with Pipewarden, by name."""
    found = {}
    for path in sorted(SHIPPED.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        parsed = parse(text, f"preset {path.stem}")
        assert isinstance(parsed.value, MarkedDict), parsed.findings
        found[path.stem] = Preset(path.stem, parsed.value, shipped=True, text=text)
    return found


class Presets:
    """Expands what pipelines use. `own` are the project's; findings collect in `findings`."""

    def __init__(self, own: Mapping[str, Preset], findings: list[Finding]) -> None:
        self._own = own
        self._findings = findings

    @property
    def known(self) -> Mapping[str, Preset]:
        return {**shipped_presets(), **self._own}

    def expand(self, name: str, declared: Any, path: str, defaults: MarkedDict) -> Any:
        """The pipeline with what its presets say below what it says itself; as it stands where it uses none."""
        if not isinstance(declared, MarkedDict):
            return declared
        uses = [*_uses(defaults, "defaults.use"), *_uses(declared, f"{path}.use")]
        if not uses:
            return declared
        under, types = MarkedDict(declared.mark), MarkedDict(declared.mark)
        for use in uses:
            preset = self._find(use)
            if preset is None:
                continue
            values = self._values(use, preset, name)
            if values is None:
                continue
            resources = MarkedDict(preset.raw.mark)
            resources["resources"] = preset.part("resources", values)
            resources.marks["resources"] = preset.raw.marks.get("resources", preset.raw.mark)
            under = merge(merge(under, preset.part("pipeline", values)), resources)
            types = merge(types, preset.part("types", values))
        merged = merge(under, declared)
        merged.mark = declared.mark
        _give_types(merged, types)
        return merged

    def _find(self, use: "_Use") -> Preset | None:
        known = self.known
        if use.name not in known:
            message = f"{use.path} names {use.name[:60]}, which is no preset"
            self._findings.append(
                finding("PW230", use.mark, message, path=use.path, cure=cure_for(use.name, known, "there are"))
            )
        return known.get(use.name)

    def _values(self, use: "_Use", preset: Preset, pipeline: str) -> Mapping[str, str] | None:
        """The value of each parameter, or None with findings."""
        parameters, path = preset.parameters, use.path
        before = len(self._findings)
        for key in use.told.keys() - parameters.keys():
            message = f"{path} tells {preset.name} about {key[:60]}, of which it knows nothing"
            cure = cure_for(key, parameters, "it takes") or "it takes no parameters"
            self._findings.append(finding("PW231", use.mark, message, path=path, cure=cure))
        for key, parameter in parameters.items():
            if parameter.default is None and key not in use.told:
                message = f"{path} must tell {preset.name} its {key}: {parameter.description[:1].lower()}"
                message += parameter.description[1:].rstrip(".")
                cure = f"e.g. {preset.name}: {{{key}: {parameter.example}}}"
                self._findings.append(finding("PW231", use.mark, message, path=path, cure=cure))
        if len(self._findings) > before:
            return None
        told = {key: str(value) for key, value in use.told.items()}
        defaults = {key: str(row.default) for key, row in parameters.items() if row.default is not None}
        return {PIPELINE: pipeline, **defaults, **told}


@dataclass(frozen=True)
class _Use:
    """One entry of a `use:` list."""

    name: str
    told: Mapping[str, Any]
    path: str
    mark: Mark


def _uses(holder: MarkedDict, path: str) -> Iterable[_Use]:
    """The entries of `use:` that have its shape; what has not is refused with the rest of the pipeline."""
    listed = holder.get("use")
    if not isinstance(listed, MarkedList):
        return
    for place, entry in enumerate(listed):
        mark, where = listed.marks[place], f"{path}[{place}]"
        if isinstance(entry, str):
            yield _Use(entry, {}, where, mark)
        elif isinstance(entry, MarkedDict) and len(entry) == 1:
            ((name, told),) = entry.items()
            if isinstance(told, MarkedDict) and all(isinstance(value, str | int | float) for value in told.values()):
                yield _Use(name, told, where, mark)


def _give_types(pipeline: MarkedDict, types: MarkedDict) -> None:
    """Lay what presets say about a type below each resource of it. What runs within another is never retried by
    itself, so it gets no retries."""
    declared = pipeline.get("resources")
    if not isinstance(declared, MarkedDict):
        return
    resources = pipeline["resources"] = merge(MarkedDict(declared.mark), declared)
    for name, resource in declared.items():
        kind = resource.get("type") if isinstance(resource, MarkedDict) else None
        given = types.get(kind) if isinstance(kind, str) else None
        if isinstance(given, MarkedDict):
            if "within" in resource and "retry" in given:
                given = merge(MarkedDict(given.mark), given)
                del given["retry"], given.marks["retry"]
            resources[name] = merge(given, resource)
            resources[name].mark = resource.mark


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    """The value with each `$(parameter)` filled, keys too; marks stay. The interpolations of declarations stay. What is
    nothing but a parameter becomes what YAML makes of its value: a number stays one."""
    if isinstance(value, str):
        if (whole := PLACE.fullmatch(value)) and whole[1] in values:
            return read_plain(values[whole[1]])
        return PLACE.sub(lambda place: values.get(place[1], place[0]), value)
    if isinstance(value, MarkedDict):
        made = MarkedDict(value.mark)
        for key, item in value.items():
            name = str(_filled(key, values))
            made[name], made.marks[name] = _filled(item, values), value.marks[key]
        return made
    if isinstance(value, MarkedList):
        items = MarkedList(value.mark)
        items.extend(_filled(item, values) for item in value)
        items.marks.extend(value.marks)
        return items
    return value
