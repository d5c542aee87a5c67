"""Where widgets stand on CloudWatch's grid of 24 columns."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pipewarden_cli.preview import loose

COLUMNS = 24
TALLEST = 1000
LOWEST = 20_000
SIZE = 6
"""Width and height of a widget that names none ("Properties of a widget")."""


class Place(NamedTuple):
    """Columns from 0, rows from 0."""

    x: int
    y: int
    width: int
    height: int


def place(widgets: Iterable[Mapping[str, Any]]) -> list[Place]:
    """Every widget's place: its own where it names both x and y, otherwise the next free one from left to right.

    Widgets that would cover another move down, as the console does it.
    """
    taken: dict[int, int] = {}  # row -> bits of the columns that are covered
    places = []
    x = y = row_height = 0
    for widget in widgets:
        width = min(max(loose.whole(widget.get("width"), SIZE), 1), COLUMNS)
        height = min(max(loose.whole(widget.get("height"), SIZE), 1), TALLEST)
        own_x, own_y = loose.number(widget.get("x")), loose.number(widget.get("y"))
        if own_x is not None and own_y is not None:
            wanted = Place(min(max(int(own_x), 0), COLUMNS - width), min(max(int(own_y), 0), LOWEST), width, height)
        else:
            if x + width > COLUMNS:
                x, y, row_height = 0, y + row_height, 0
            wanted = Place(x, y, width, height)
        found = _free(wanted, taken)
        places.append(found)
        if own_x is None or own_y is None:
            y = found.y
            x, row_height = found.x + width, max(row_height, height)
    return places


def _free(wanted: Place, taken: dict[int, int]) -> Place:
    bits = ((1 << wanted.width) - 1) << wanted.x
    y = wanted.y
    while clash := [row for row in range(y, y + wanted.height) if taken.get(row, 0) & bits]:
        y = clash[-1] + 1
    for row in range(y, y + wanted.height):
        taken[row] = taken.get(row, 0) | bits
    return wanted._replace(y=y)
