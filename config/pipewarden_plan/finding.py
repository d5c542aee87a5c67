"""What is wrong with a declaration, where, and what cures it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pipewarden_plan.model import Mark


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem. `str()` is the line shown to people; `id` leads to docs/errors.md. Line 0 means the whole file."""

    severity: Literal["error", "warning"]
    id: str
    mark: Mark
    path: str
    message: str
    cure: str = ""

    def __str__(self) -> str:
        kind = "warning: " if self.severity == "warning" else ""
        where = str(self.mark) if self.mark.line else self.mark.file
        return f"{where}: {kind}{self.message}" + (f"; {self.cure}" if self.cure else "")


FINDINGS_LIMIT = 200
"""Per file and per check: nobody reads more, and each costs time."""


class DeclarationError(Exception):
    """The declaration cannot be resolved; `findings` say why, one line each."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = in_order(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


@cache
def rules() -> Mapping[str, Mapping[str, Any]]:
    """Every rule by its id: name, severity, meaning, cure. The ids never change their meaning."""
    text = Path(__file__).with_name("rules.json").read_text(encoding="utf-8")
    return {row["id"]: row for row in json.loads(text)}


def finding(rule: str, mark: Mark, message: str, *, path: str = "", cure: str = "") -> Finding:
    """A finding of one rule; its severity is the rule's. Raises KeyError for an id that has no rule."""
    severity = rules()[rule]["severity"]
    return Finding(severity=severity, id=rule, mark=mark, path=path, message=message, cure=cure)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """As they are read: by file, line and column. The same finding appears once."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda found: (found.mark, found.id, found.message)))
