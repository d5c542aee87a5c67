"""Draws dashboards: bodies and a source of data in, the JSON of the page out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipewarden_cli.preview.body import Dashboard, Widget
from pipewarden_cli.preview.drawing import Scene, alarm_needs, draw, metric_needs
from pipewarden_cli.preview.request import Answers
from pipewarden_cli.preview.substitution import affecting, combinations, substitute
from pipewarden_cli.preview.timeframe import timeframe
from pipewarden_cli.preview.variable import FIRST, Choice, Variable
from pipewarden_cli.preview.widgets.contents import Contents
from pipewarden_cli.preview.widgets.log import read_log_request

MOST_CHOICES = 16
"""Values of one variable that a page holds: each one repeats the data of what it changes."""


@dataclass(frozen=True)
class _Panel:
    """A widget with its properties for every choice of the variables that change it."""

    widget: Widget
    varies: tuple[Variable, ...]
    variants: Mapping[str, Mapping[str, Any]]


def draw_dashboards(dashboards: Sequence[Dashboard], answers: Answers, now: int) -> list[Contents]:
    """Every dashboard as the page's JSON; the same arguments give the same bytes."""
    addresses = {dashboard.name: f"#{_identity(number)}" for number, dashboard in enumerate(dashboards)}
    return [
        {"id": _identity(number), **_draw_dashboard(dashboard, answers, now, addresses)}
        for number, dashboard in enumerate(dashboards)
    ]


def _identity(number: int) -> str:
    return f"dashboard-{number + 1}"


def _draw_dashboard(dashboard: Dashboard, answers: Answers, now: int, addresses: Mapping[str, str]) -> Contents:
    frame = timeframe(dashboard.start, dashboard.end, now, dashboard.inherit_periods)
    scene = Scene(frame, answers, addresses, now)
    remarks = list(dashboard.remarks)
    variables = [_with_choices(variable, dashboard, answers, remarks) for variable in dashboard.variables]
    panels = [_panel(widget, [v for v in variables if v.choices]) for widget in dashboard.widgets]
    drawn = [(panel.widget.type, properties) for panel in panels for properties in panel.variants.values()]
    answers.prepare([], [arn for kind, properties in drawn for arn in alarm_needs(kind, properties)])
    answers.prepare(
        [need for kind, properties in drawn for need in metric_needs(kind, properties, scene)],
        [],
        [read_log_request(properties, frame) for kind, properties in drawn if kind == "log"],
    )
    return {
        "name": dashboard.name,
        "title": dashboard.title,
        "start": frame.start,
        "end": frame.end,
        "variables": [_variable(variable) for variable in variables],
        "remarks": remarks,
        "widgets": [_drawn(panel, scene) for panel in panels],
    }


def _panel(widget: Widget, variables: Sequence[Variable]) -> _Panel:
    varies = affecting(widget.properties, variables)
    if not varies:
        return _Panel(widget, (), {"": widget.properties})
    variants = {}
    for values in combinations(varies):
        key = ".".join(
            str(next(at for at, choice in enumerate(variable.choices) if choice.value == value))
            for variable, value in zip(varies, values, strict=True)
        )
        variants[key] = substitute(widget.properties, list(zip(varies, values, strict=True)))
    return _Panel(widget, varies, variants)


def _drawn(panel: _Panel, scene: Scene) -> Contents:
    at = panel.widget.place
    return {
        "type": panel.widget.type,
        "x": at.x,
        "y": at.y,
        "w": at.width,
        "h": at.height,
        "varies": [variable.id for variable in panel.varies],
        "variants": {key: draw(panel.widget.type, properties, scene) for key, properties in panel.variants.items()},
    }


def _with_choices(variable: Variable, dashboard: Dashboard, answers: Answers, remarks: list[str]) -> Variable:
    choices = list(variable.choices) or _found(variable, dashboard, answers)
    default = variable.default if variable.default != FIRST else ""
    if default and default not in [choice.value for choice in choices]:
        choices.insert(0, Choice(default, default))
    if not choices and variable.kind == "pattern":
        choices = [Choice(variable.target, variable.target)]
    if not choices:
        remarks.append(
            f"The variable {variable.label} found no values here; its widgets are shown as they are written."
        )
    if len(choices) > MOST_CHOICES:
        remarks.append(f"The preview holds {MOST_CHOICES} of the {len(choices)} values of {variable.label}.")
        first = [choice for choice in choices if choice.value == default]
        choices = [*first, *(choice for choice in choices if choice.value != default)][:MOST_CHOICES]
    return replace(variable, choices=tuple(choices), default=default or (choices[0].value if choices else ""))


def _found(variable: Variable, dashboard: Dashboard, answers: Answers) -> list[Choice]:
    if not (variable.search and variable.populate):
        return []
    region = next((str(w.properties["region"]) for w in dashboard.widgets if w.properties.get("region")), "")
    values = {dict(metric.dimensions).get(variable.populate, "") for metric in answers.search(variable.search, region)}
    return [Choice(value, value) for value in sorted(values - {""})]


def _variable(variable: Variable) -> Contents:
    chosen = [choice.value for choice in variable.choices].index(variable.default) if variable.choices else -1
    return {
        "id": variable.id,
        "label": variable.label,
        "input": variable.input,
        "visible": variable.visible,
        "choices": [[choice.value, choice.label] for choice in variable.choices],
        "chosen": chosen,
    }
