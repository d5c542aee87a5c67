"""`pipewarden validate`: every finding of every file and environment, at once. Nothing heavy may be imported here."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from pipewarden_cli.errors import FINDINGS

if TYPE_CHECKING:
    from pipewarden_cli.project import Checked
    from pipewarden_plan.finding import Finding

SUMMARY = "Check all declarations and environments: every error at once, with its place and its cure."
EPILOG = "Each environment is resolved and planned, so what fails in one of them only is found as well."


def add_arguments(parser: ArgumentParser) -> None:
    """How to print."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print (default: text)")


def run(arguments: Namespace) -> int:
    """Print all findings; 1 when there is an error among them."""
    from pipewarden_cli.project import check_project

    checked = check_project(arguments.root)
    if arguments.format == "json":
        print(json.dumps(_as_json(checked), indent=2, ensure_ascii=False))
    else:
        _print_text(checked)
    return 0 if checked.passed else FINDINGS


def _print_text(checked: "Checked") -> None:
    from pipewarden_cli.printable import printable
    from pipewarden_cli.terminal import paint

    for finding in checked.findings:
        place = str(finding.mark)
        style = "red" if finding.severity == "error" else "yellow"
        print(paint(printable(place), style) + printable(str(finding).removeprefix(place)))
    print(paint(_summary(checked), "green" if checked.passed else "red"))
    sys.stdout.flush()


def _summary(checked: "Checked") -> str:
    errors = sum(finding.severity == "error" for finding in checked.findings)
    warnings = len(checked.findings) - errors
    if not checked.passed:
        files = len({finding.mark.file for finding in checked.findings})
        counts = [_counted(errors, "error"), *([_counted(warnings, "warning")] if warnings else [])]
        return f"{', '.join(counts)} in {_counted(files, 'file')}"
    what = ", ".join(
        (
            _counted(checked.files, "file"),
            _counted(checked.pipelines, "pipeline"),
            _counted(checked.resources, "resource"),
            f"{_counted(len(checked.environments), 'environment')} ({', '.join(checked.environments)})",
        )
    )
    return f"Valid: {what}{'; ' + _counted(warnings, 'warning') if warnings else ''}"


def _as_json(checked: "Checked") -> dict[str, Any]:
    return {
        "valid": checked.passed,
        "findings": [_finding_as_json(finding) for finding in checked.findings],
        "files": checked.files,
        "pipelines": checked.pipelines,
        "resources": checked.resources,
        "environments": list(checked.environments),
    }


def _finding_as_json(finding: "Finding") -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "id": finding.id,
        "file": finding.mark.file,
        "line": finding.mark.line,
        "column": finding.mark.column,
        "path": finding.path,
        "message": finding.message,
        "cure": finding.cure,
    }


def _counted(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"
