"""A pipeline and its resources as they were read: the values in base units, beside the YAML they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipewarden.technology import Technology
from pipewarden_plan.finding import FINDINGS_LIMIT, Finding, finding
from pipewarden_plan.grammar import Grammar
from pipewarden_plan.interpolation import Fill, UnfitError
from pipewarden_plan.marked import MarkedDict, dotted, mark_of
from pipewarden_plan.model import Mark

Path = tuple[str | int, ...]


@dataclass(slots=True)
class ResourceReading:
    """`read` is None when the resource does not fit its schema, `technology` when there is no such type."""

    name: str
    raw: Any
    mark: Mark
    technology: Technology | None
    read: dict[str, Any] | None


@dataclass(slots=True)
class PipelineReading:
    """`read` is None when the pipeline does not fit; `fixed` is True when nothing in it depends on the environment.
    `severity` is the file's default where the pipeline names none."""

    name: str
    team: str
    raw: Any
    mark: Mark
    read: dict[str, Any] | None
    resources: dict[str, ResourceReading]
    fixed: bool
    severity: str

    @property
    def path(self) -> Path:
        return ("pipelines", self.name)

    def place(self, *path: str | int) -> Mark:
        """Where something below this pipeline stands."""
        return mark_of(self.raw, path, self.mark)

    def finding(self, rule: str, path: Path, message: str, cure: str = "") -> Finding:
        """A finding about something below this pipeline: `message` goes on after its path."""
        whole = dotted((*self.path, *path))
        return finding(rule, self.place(*path), f"{whole} {message}", path=whole, cure=cure)


class Reading:
    """Reads pipelines with one grammar and one way to fill interpolations, and collects what does not fit."""

    def __init__(self, grammar: Grammar, fill: Fill) -> None:
        self.grammar = grammar
        self.findings: list[Finding] = []
        self.filled = False
        self._fill = fill

    def fill(self, text: str) -> str:
        self.filled = True
        return self._fill(text)

    def read(self, name: str, value: Any, raw: Any, prefix: Path, mark: Mark) -> Any:
        """`value` as the definition `name` reads it, or None with findings about `raw`, of which it was made."""
        try:
            return self.grammar.reader(name)(value, self.fill)
        except UnfitError:
            if len(self.findings) >= FINDINGS_LIMIT:
                self.left_out(mark)
                return None
            from pipewarden_plan.explain import explain

            found = explain(raw, self.grammar.piece(name), prefix, lambda path: mark_of(raw, path, mark), self._fill)
            self.findings += found or [_unexplained(name, prefix, mark)]
            return None

    def left_out(self, mark: Mark) -> None:
        """Say once that errors from here on are not listed."""
        if self.findings[-1].id != "PW016":
            message = "from here on errors are not listed: there are too many"
            self.findings.append(finding("PW016", mark, message, cure="correct those above first"))

    def pipeline(self, name: str, team: str, raw: Any, mark: Mark, defaults: Mapping[str, Any]) -> PipelineReading:
        """One pipeline with its resources. `defaults` are the file's, as they were written."""
        self.filled = False
        path = ("pipelines", name)
        read = self.read("pipeline", raw, raw, path, mark)
        declared = raw.get("resources") if isinstance(raw, MarkedDict) else None
        resources = {}
        if isinstance(declared, MarkedDict):
            retry = defaults.get("retry")
            for key, value in declared.items():
                place = declared.marks[key]
                resources[key] = self.resource(key, value, (*path, "resources", key), place, retry)
        severity = (read or {}).get("severity") or defaults.get("severity", "P2")
        return PipelineReading(name, team, raw, mark, read, resources, not self.filled, str(severity))

    def resource(self, name: str, raw: Any, path: Path, mark: Mark, retry: Any) -> ResourceReading:
        """One resource; its own `retry` is laid over the file's."""
        kind = raw.get("type") if isinstance(raw, MarkedDict) else None
        technology = self.grammar.technologies.get(kind) if isinstance(kind, str) else None
        value = raw
        if technology and isinstance(own := raw.get("retry"), dict) and isinstance(retry, dict):
            value = {**raw, "retry": {**retry, **own}}
        definition = f"resource.{technology.type}" if technology else "resource"
        return ResourceReading(name, raw, mark, technology, self.read(definition, value, raw, path, mark))


def _unexplained(name: str, prefix: Path, mark: Mark) -> Finding:
    whole = dotted(prefix)
    return finding("PW108", mark, f"{whole} does not fit its schema ({name})", path=whole)
