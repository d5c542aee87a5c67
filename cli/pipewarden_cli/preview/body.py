"""Reads a dashboard body as CloudWatch takes it.

Structure: "Dashboard Body Structure and Syntax" in the CloudWatch API reference. Bodies of others hold whatever
somebody once pasted; only what is no JSON object at all is refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipewarden_cli.errors import CommandError
from pipewarden_cli.preview import loose
from pipewarden_cli.preview.placement import Place, place
from pipewarden_cli.preview.variable import Variable, read_variables

KNOWN = frozenset(("widgets", "variables", "start", "end", "periodOverride"))


@dataclass(frozen=True)
class Widget:
    """One widget at its place on the grid of 24 columns."""

    type: str
    properties: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class Dashboard:
    """A body that was read. `remarks` are sentences on what of it is not shown."""

    name: str
    title: str
    widgets: tuple[Widget, ...]
    variables: tuple[Variable, ...] = ()
    start: str = ""
    end: str = ""
    inherit_periods: bool = False
    remarks: tuple[str, ...] = ()


def parse_body(text: str, file: str) -> Mapping[str, Any]:
    """The JSON of a body, also out of what `aws cloudwatch get-dashboard` prints. Raises CommandError."""
    value = _parse(text, file)
    if isinstance(value, dict) and isinstance(value.get("DashboardBody"), str):
        value = _parse(value["DashboardBody"], f"{file} (DashboardBody)")
    if not isinstance(value, dict):
        raise CommandError(f"{file}: a dashboard body is a JSON object with widgets, not {_kind(value)}.")
    if not isinstance(value.get("widgets"), list):
        found = ", ".join(sorted(value)[:5]) or "nothing"
        raise CommandError(
            f"{file}: a dashboard body needs an array `widgets`, this has {found}; save one from the console "
            "(Actions, View/edit source) or with: aws cloudwatch get-dashboard --dashboard-name NAME"
        )
    return value


def read_dashboard(body: Mapping[str, Any], name: str, title: str = "") -> Dashboard:
    """A dashboard from its body; nothing in it makes this fail."""
    rows = [loose.mapping(row) for row in loose.listed(body.get("widgets"))]
    widgets = [
        Widget(loose.text(row.get("type")) or "unnamed", loose.mapping(row.get("properties")), at)
        for row, at in zip(rows, place(rows), strict=True)
    ]
    variables, remarks = read_variables(loose.listed(body.get("variables")))
    unknown = sorted(set(body) - KNOWN)
    if unknown:
        remarks = (*remarks, f"Not shown: {', '.join(unknown)} of the body.")
    return Dashboard(
        name=name,
        title=title or name,
        widgets=tuple(widgets),
        variables=variables,
        start=loose.text(body.get("start")),
        end=loose.text(body.get("end")),
        inherit_periods=body.get("periodOverride") == "inherit",
        remarks=tuple(remarks),
    )


def _parse(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as wrong:
        raise CommandError(
            f"{file}:{wrong.lineno}:{wrong.colno}: this is not JSON: {wrong.msg[0].lower()}{wrong.msg[1:]}."
        ) from None
    except RecursionError:
        raise CommandError(f"{file}: this JSON is nested too deeply for a dashboard body.") from None


def _kind(value: object) -> str:
    names: Sequence[tuple[type, str]] = ((list, "an array"), (str, "a string"), (bool, "true or false"))
    return next((name for kind, name in names if isinstance(value, kind)), "a number" if value is not None else "null")
