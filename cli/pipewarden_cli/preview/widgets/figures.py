"""The views with one value a line: single values, gauges, bars, pies and tables."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.label import short_number
from pipewarden_cli.preview.unit import SYMBOLS
from pipewarden_cli.preview.widgets.chart import axes, horizontal_marks
from pipewarden_cli.preview.widgets.contents import Contents, points, rounded
from pipewarden_cli.preview.widgets.drawn import Drawn
from pipewarden_cli.preview.widgets.metric import MetricWidget

SUMMARIES: dict[str, tuple[str, Callable[[list[float]], float]]] = {
    "MIN": ("Min", min),
    "MAX": ("Max", max),
    "SUM": ("Sum", sum),
    "AVG": ("Average", lambda values: sum(values) / len(values)),
}
TIME_COLUMNS = 12
"""How many of the newest periods a table shows; the console scrolls through all of them."""


def draw_numbers(widget: MetricWidget, lines: Sequence[Drawn], whole: Sequence[Drawn]) -> Contents:
    """Large numbers, with the line below them where the widget asks for it."""
    exact = loose.flag(widget.properties.get("singleValueFullPrecision"))
    with_line = loose.flag(widget.properties.get("sparkline"))
    items = []
    for number, line in enumerate(lines):
        value = (whole[number] if number < len(whole) else line).last
        shown = "--" if value is None else f"{value:,.12g}" if exact else short_number(value)
        items.append(
            {
                "label": line.label,
                "text": shown,
                "unit": "" if value is None else SYMBOLS.get(line.unit, ""),
                "color": line.color,
                "line": points(line.values) if with_line else [],
            }
        )
    return {"kind": "numbers", "items": items}


def draw_gauge(widget: MetricWidget, lines: Sequence[Drawn], whole: Sequence[Drawn]) -> Contents:
    """One dial a line between the bounds of the left axis, with the annotations as its zones."""
    marks = horizontal_marks(loose.mapping(widget.properties.get("annotations")))
    axis = axes(widget.properties, lines, marks)[0]
    items = [
        {
            "label": line.label,
            "value": rounded(value),
            "text": "--" if value is None else short_number(value),
            "unit": SYMBOLS.get(line.unit, ""),
            "color": line.color,
        }
        for line, value in zip(lines, _values(lines, whole), strict=True)
    ]
    least = axis["min"] if axis["min"] is not None else 0
    most = axis["max"] if axis["max"] is not None else 100
    return {"kind": "gauge", "items": items, "min": least, "max": most if most > least else least + 1, "marks": marks}


def draw_shares(widget: MetricWidget, lines: Sequence[Drawn], whole: Sequence[Drawn]) -> Contents:
    """Bars side by side, or the slices of a pie."""
    items = [
        {"label": line.label, "value": rounded(value), "color": line.color}
        for line, value in zip(lines, _values(lines, whole), strict=True)
    ]
    unit = lines[0].unit if lines and len({line.unit for line in lines}) == 1 else ""
    label = loose.text(loose.mapping(loose.mapping(widget.properties.get("yAxis")).get("left")).get("label"))
    return {"kind": widget.view, "items": items, "unit": label or unit}


def draw_table(widget: MetricWidget, lines: Sequence[Drawn], whole: Sequence[Drawn]) -> Contents:
    """A row a line: its summary, then its newest points, newest first."""
    options = loose.mapping(widget.properties.get("table"))
    wanted = [loose.text(name).upper() for name in loose.listed(options.get("summaryColumns"))]
    names = [name for name in wanted if name in SUMMARIES] or list(SUMMARIES)
    grid = widget.request.grid
    newest = list(range(len(grid)))[::-1][:TIME_COLUMNS] if options.get("showTimeSeriesData") is not False else []
    times = [datetime.fromtimestamp(grid.starts[at], UTC).strftime("%m-%d %H:%M") for at in newest]
    rows = []
    for number, line in enumerate(lines):
        known = [value for value in line.values if value is not None]
        over_all = whole[number].last if number < len(whole) else None
        summary = ["--" if not known else short_number(SUMMARIES[name][1](known)) for name in names]
        if over_all is not None:
            summary = [short_number(over_all)] * len(names)
        cells = ["–" if (value := line.values[at]) is None else short_number(value) for at in newest]
        rows.append([line.label, *summary, *cells])
    columns = ["Metric", *(SUMMARIES[name][0] for name in names), *times]
    colors = [line.color for line in lines]
    return {
        "kind": "table",
        "columns": columns,
        "rows": rows,
        "colors": colors,
        "numeric": list(range(1, len(columns))),
    }


def _values(lines: Sequence[Drawn], whole: Sequence[Drawn]) -> list[float | None]:
    return [(whole[number] if number < len(whole) else line).last for number, line in enumerate(lines)]
