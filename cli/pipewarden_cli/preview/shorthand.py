"""The metric arrays of a widget, with CloudWatch's shorthand written out.

"Metric Widget: Format for Each Metric in the Array": `"."` repeats the field above, `"..."` all fields above that are
left out, and the last field may be an object with how to draw it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.preview import loose

Row = list[Any]


@dataclass(frozen=True)
class Line:
    """One metric or expression of a widget. `label` is None where the widget names none; `axis` 0 is the left one."""

    id: str
    metric: Metric | None = None
    expression: str = ""
    stat: str = ""
    period: int = 0
    label: str | None = None
    color: str = ""
    axis: int = 0
    visible: bool = True
    region: str = ""
    account: str = ""


class ShorthandError(ValueError):
    """A metric array that does not say which metric it means."""


def expand(rows: Sequence[Any]) -> list[Row]:
    """The arrays without shorthand: namespace, name, dimension names and values, and an object at the end."""
    expanded: list[Row] = []
    above: list[str] = []
    for index, row in enumerate(rows, 1):
        fields = list(loose.listed(row))
        options = dict(fields.pop()) if fields and isinstance(fields[-1], Mapping) else {}
        if not fields:
            if not options:
                raise ShorthandError(f"metric {index} is empty")
            expanded.append([options])
            continue
        above = _written_out([loose.text(field) for field in fields], above, index)
        if len(above) < 2 or len(above) % 2:
            raise ShorthandError(f"metric {index} is {above!r}: it needs a namespace, a name and pairs of dimensions")
        expanded.append([*above, options])
    return expanded


def read_lines(rows: Sequence[Row], defaults: Mapping[str, Any]) -> tuple[Line, ...]:
    """The lines of expanded arrays; `defaults` are the widget's own properties (stat, period, region)."""
    used = {loose.text(row[-1].get("id")) for row in rows}
    return tuple(_line(row, defaults, _free_id(index, used)) for index, row in enumerate(rows, 1))


def _free_id(index: int, used: set[str]) -> str:
    name = f"line{index}"
    while name in used:
        name += "x"
    return name


def _written_out(fields: list[str], above: list[str], index: int) -> list[str]:
    if "..." in fields:
        at = fields.index("...")
        rest = len(fields) - at - 1
        fields = [*fields[:at], *above[at : len(above) - rest], *fields[at + 1 :]]
    if any(field == "." and position >= len(above) for position, field in enumerate(fields)):
        raise ShorthandError(f'metric {index} repeats with "." what the one above does not have')
    return [above[position] if field == "." else field for position, field in enumerate(fields)]


def _line(row: Row, defaults: Mapping[str, Any], own_id: str) -> Line:
    options = row[-1]
    names = row[:-1]
    metric = Metric.of(names[0], names[1], dict(zip(names[2::2], names[3::2], strict=True))) if names else None
    label = options.get("label")
    return Line(
        id=loose.text(options.get("id")) or own_id,
        metric=metric,
        expression="" if metric else loose.text(options.get("expression")),
        stat=loose.text(options.get("stat")) or loose.text(defaults.get("stat")) or "Average",
        period=loose.whole(options.get("period"), loose.whole(defaults.get("period"), 0)),
        label=label if isinstance(label, str) else None,
        color=loose.text(options.get("color")),
        axis=1 if options.get("yAxis") == "right" else 0,
        visible=loose.flag(options.get("visible"), True),
        region=loose.text(options.get("region")) or loose.text(defaults.get("region")),
        account=loose.text(options.get("accountId")) or loose.text(defaults.get("accountId")),
    )
