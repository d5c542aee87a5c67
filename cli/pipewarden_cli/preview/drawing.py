"""From one widget's properties to what the page draws: first what it needs, then, with the answers, its contents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.request import Answers, MetricRequest
from pipewarden_cli.preview.shorthand import ShorthandError
from pipewarden_cli.preview.timeframe import Timeframe
from pipewarden_cli.preview.widgets.alarm import alarm_arns, draw_alarms
from pipewarden_cli.preview.widgets.chart import draw_chart
from pipewarden_cli.preview.widgets.contents import Contents, note, unknown_properties
from pipewarden_cli.preview.widgets.drawn import drawn_lines
from pipewarden_cli.preview.widgets.explorer import draw_custom, draw_explorer
from pipewarden_cli.preview.widgets.figures import draw_gauge, draw_numbers, draw_shares, draw_table
from pipewarden_cli.preview.widgets.log import draw_log, read_log_request
from pipewarden_cli.preview.widgets.metric import KNOWN, VIEWS, MetricWidget, alarms_of, read_metric_widget
from pipewarden_cli.preview.widgets.text import draw_text


@dataclass(frozen=True)
class Scene:
    """What all widgets of a dashboard share. `addresses` are the page's own, by dashboard name."""

    frame: Timeframe
    answers: Answers
    addresses: Mapping[str, str]
    now: int


def alarm_needs(kind: str, properties: Mapping[str, Any]) -> list[str]:
    """The ARNs of the alarms that a widget shows."""
    if kind == "alarm":
        return alarm_arns(properties)
    return alarms_of(properties) if kind == "metric" else []


def metric_needs(kind: str, properties: Mapping[str, Any], scene: Scene) -> list[MetricRequest]:
    """The metrics that a widget shows."""
    if kind != "metric":
        return []
    widget = _read(properties, scene)
    return widget.requests if isinstance(widget, MetricWidget) and widget.lines else []


def draw(kind: str, properties: Mapping[str, Any], scene: Scene) -> Contents:
    """The contents of a widget; a card that names it where the preview cannot draw it."""
    match kind:
        case "metric":
            return _draw_metric(properties, scene)
        case "text":
            return draw_text(properties, scene.addresses)
        case "alarm":
            return draw_alarms(properties, list(scene.answers.alarms(alarm_arns(properties))), scene.now)
        case "log":
            request = read_log_request(properties, scene.frame)
            return draw_log(properties, request, scene.answers.logs(request))
        case "explorer":
            return draw_explorer(properties)
        case "custom":
            return draw_custom(properties)
    named = ", ".join(sorted(properties)[:12])
    sentences = [f"It has: {named}."] if named else []
    return note(f"The preview does not draw widgets of type {kind}", sentences, loose.text(properties.get("title")))


def _draw_metric(properties: Mapping[str, Any], scene: Scene) -> Contents:
    widget = _read(properties, scene)
    title = loose.text(properties.get("title"))
    if not isinstance(widget, MetricWidget):
        return {**widget, "title": title}
    if not widget.lines:
        return note("No metrics", ["This widget names no metric, and no alarm that exists here."], title)
    answer = scene.answers.metric(widget.request)
    if answer.error and not answer.series:
        return note("These metrics could not be calculated", [answer.error], title, "warning")
    lines = drawn_lines(widget.lines, widget.request, answer)
    whole = drawn_lines(widget.lines, widget.whole, scene.answers.metric(widget.whole)) if widget.whole else []
    contents = _view(widget, lines, whole, scene)
    notes = unknown_properties(properties, KNOWN)
    if widget.view not in VIEWS:
        notes.append(f"The view {widget.view} is not known; it is drawn as lines over time.")
    if answer.error:
        notes.append(answer.error)
    return {**contents, "title": title or _own_title(lines), "notes": notes}


def _view(widget: MetricWidget, lines: Sequence[Any], whole: Sequence[Any], scene: Scene) -> Contents:
    match widget.view:
        case "singleValue":
            return draw_numbers(widget, lines, whole)
        case "gauge":
            return draw_gauge(widget, lines, whole)
        case "bar" | "pie":
            return draw_shares(widget, lines, whole)
        case "table":
            return draw_table(widget, lines, whole)
    return draw_chart(widget, lines, scene.answers.alarms(alarms_of(widget.properties)))


def _read(properties: Mapping[str, Any], scene: Scene) -> MetricWidget | Contents:
    try:
        return read_metric_widget(properties, scene.frame, scene.answers.alarms(alarms_of(properties)))
    except ShorthandError as wrong:
        return note("These metrics cannot be read", [f"{wrong}."], tone="warning")


def _own_title(lines: Sequence[Any]) -> str:
    """What the console calls a widget without a title: its metrics."""
    return ", ".join(dict.fromkeys(line.label for line in lines[:3]))
