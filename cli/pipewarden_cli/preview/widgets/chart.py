"""The view `timeSeries`: lines or stacked areas over time, with bands, annotations and two axes."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.request import AlarmStatus
from pipewarden_cli.preview.timeframe import moment
from pipewarden_cli.preview.widgets.contents import Contents, points
from pipewarden_cli.preview.widgets.drawn import Drawn
from pipewarden_cli.preview.widgets.metric import MetricWidget

THRESHOLD_COLOR = "#d13212"
MARK_COLOR = "#7f8c8d"


def draw_chart(widget: MetricWidget, lines: Sequence[Drawn], alarms: Sequence[AlarmStatus]) -> Contents:
    """A graph over time."""
    properties, request = widget.properties, widget.request
    annotations = loose.mapping(properties.get("annotations"))
    marks = [*horizontal_marks(annotations), *filter(None, map(_threshold, alarms))]
    return {
        "kind": "lines",
        "stacked": loose.flag(properties.get("stacked")),
        "start": request.start,
        "end": request.end,
        "step": request.period,
        "series": [_series(line) for line in lines if line.upper is None],
        "bands": [{**_series(line), "upper": points(line.upper)} for line in lines if line.upper is not None],
        "marks": marks,
        "spans": _vertical_spans(annotations),
        "axes": axes(properties, lines, marks),
        "legend": loose.text(loose.mapping(properties.get("legend")).get("position")) or "bottom",
    }


def axes(properties: Mapping[str, Any], lines: Sequence[Drawn], marks: Sequence[Contents]) -> list[Contents]:
    """The left axis, and the right one where anything belongs to it."""
    both = loose.mapping(properties.get("yAxis"))
    needed = 2 if any(line.axis for line in lines) or any(mark["axis"] for mark in marks) else 1
    return [
        _axis(loose.mapping(both.get(side)), [line for line in lines if line.axis == number])
        for number, side in list(enumerate(("left", "right")))[:needed]
    ]


def horizontal_marks(annotations: Mapping[str, Any]) -> list[Contents]:
    """Horizontal lines and bands, with the side that is shaded."""
    marks: list[Contents] = []
    for entry in loose.listed(annotations.get("horizontal")):
        ends = [loose.mapping(end) for end in entry] if isinstance(entry, list) else [loose.mapping(entry)]
        values = [loose.number(end.get("value")) for end in ends]
        if not ends or values[0] is None or ends[0].get("visible") is False:
            continue
        marks.append(
            {
                "value": values[0],
                "to": values[1] if len(values) > 1 else None,
                "label": " – ".join(filter(None, (loose.text(end.get("label")) for end in ends))),
                "color": loose.text(ends[0].get("color")) or THRESHOLD_COLOR,
                "fill": loose.text(ends[0].get("fill")),
                "axis": 1 if ends[0].get("yAxis") == "right" else 0,
            }
        )
    return marks


def _series(line: Drawn) -> Contents:
    return {"label": line.label, "color": line.color, "axis": line.axis, "values": points(line.values)}


def _axis(options: Mapping[str, Any], lines: Sequence[Drawn]) -> Contents:
    units = {line.unit for line in lines}
    unit = units.pop() if len(units) == 1 and options.get("showUnits") is not False else ""
    return {
        "min": loose.number(options.get("min")),
        "max": loose.number(options.get("max")),
        "label": loose.text(options.get("label")) or unit,
    }


def _threshold(alarm: AlarmStatus) -> Contents | None:
    value = loose.number(alarm.fields.get("Threshold"))
    if value is None:
        return None
    label = f"{alarm.name.rpartition('/')[2]}: {alarm.state}"
    return {"value": value, "to": None, "label": label, "color": THRESHOLD_COLOR, "fill": "", "axis": 0}


def _vertical_spans(annotations: Mapping[str, Any]) -> list[Contents]:
    spans: list[Contents] = []
    for entry in loose.listed(annotations.get("vertical")):
        ends = [loose.mapping(end) for end in entry] if isinstance(entry, list) else [loose.mapping(entry)]
        times = [moment(loose.text(end.get("value"))) for end in ends]
        if not ends or times[0] is None or ends[0].get("visible") is False:
            continue
        spans.append(
            {
                "from": times[0],
                "to": times[1] if len(times) > 1 else None,
                "label": " – ".join(filter(None, (loose.text(end.get("label")) for end in ends))),
                "color": loose.text(ends[0].get("color")) or MARK_COLOR,
                "fill": loose.text(ends[0].get("fill")),
            }
        )
    return spans
