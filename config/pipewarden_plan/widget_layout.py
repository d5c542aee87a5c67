"""Where dashboard widgets stand on CloudWatch's grid, and how they are written there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

FULL_WIDTH, HALF_WIDTH = 24, 12
ROWS = {"text": "words", "alarm": "words"}
GRAPH_HEIGHT = 6
SAME = "..."  # CloudWatch: the metric of the row before, and "." one field of it; a template holds hundreds of these


class Drawn(NamedTuple):
    """A widget, how much of the grid it takes, and how many metrics it counts for."""

    type: str
    properties: Mapping[str, Any]
    width: int = FULL_WIDTH
    height: int = GRAPH_HEIGHT
    metrics: int = 0


def across(graphs: Sequence[Drawn]) -> list[Drawn]:
    """The graphs of one section, as wide as fills its rows: three in a row, and two where three would leave a hole."""
    if len(graphs) == 1:
        return [graphs[0]._replace(width=FULL_WIDTH)]
    narrow = len(graphs) - 2 * (-len(graphs) % 3)
    return [graph if number < narrow else graph._replace(width=HALF_WIDTH) for number, graph in enumerate(graphs)]


def placed(widgets: Iterable[Drawn]) -> list[Mapping[str, Any]]:
    """Lay widgets out from left to right on CloudWatch's grid of 24 columns; words and tiles share a row, graphs have
    rows of their own."""
    rows: list[Mapping[str, Any]] = []
    x = y = row_height = 0
    kind = ""
    for drawn in widgets:
        own = ROWS.get(drawn.type, drawn.type)
        if x + drawn.width > FULL_WIDTH or own != kind:
            x, y, row_height, kind = 0, y + row_height, 0, own
        place = {"type": drawn.type, "x": x, "y": y, "width": drawn.width, "height": drawn.height}
        rows.append({**place, "properties": _short(drawn.properties)})
        x += drawn.width
        row_height = max(row_height, drawn.height)
    return rows


def _short(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties with CloudWatch's shorthand for what a metric has in common with the one above it ("Metric Widget:
    Format for Each Metric in the Array"). An expression between two metrics is left out of the comparison."""
    if "metrics" not in properties:
        return properties
    rows: list[list[Any]] = []
    above: list[str] = []
    for row in properties["metrics"]:
        *names, options = row
        if not names:
            rows.append(row)
            continue
        rows.append([*_as_above(names, above), options])
        above = names
    return {**properties, "metrics": rows}


def _as_above(names: list[str], above: list[str]) -> list[str]:
    if names == above:
        return [SAME]
    if len(names) != len(above):
        return names
    return ["." if name == before else name for name, before in zip(names, above, strict=True)]
