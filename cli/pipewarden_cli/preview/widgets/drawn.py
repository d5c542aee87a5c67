"""The lines of a metric widget together with their data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.expression import parse_expression
from pipewarden_cli.evaluator.expression_tree import Call
from pipewarden_cli.evaluator.samples import Values
from pipewarden_cli.evaluator.series import Series
from pipewarden_cli.preview.label import default_labels, dynamic_label
from pipewarden_cli.preview.request import MetricAnswer, MetricRequest
from pipewarden_cli.preview.shorthand import Line
from pipewarden_cli.preview.unit import unit_of

PALETTE = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
    *("#aec7e8", "#ffbb78", "#98df8a", "#ff9896", "#c5b0d5", "#c49c94", "#f7b6d2", "#c7c7c7", "#dbdb8d", "#9edae5"),
)
"""The console's colours for lines that name none, in its order."""
BAND_COLOR = "#95a5a6"


@dataclass(frozen=True)
class Drawn:
    """One line as it will be seen; `upper` is set for a band, whose lower edge the values are."""

    label: str
    color: str
    axis: int
    unit: str
    values: Values
    upper: Values | None = None

    @property
    def last(self) -> float | None:
        """The newest point."""
        return next((value for value in reversed(self.values) if value is not None), None)


def drawn_lines(lines: Sequence[Line], request: MetricRequest, answer: MetricAnswer) -> list[Drawn]:
    """What is visible, labelled and coloured as the console does it."""
    shown: list[tuple[Line, Series, Values | None]] = []
    for line in lines:
        if not line.visible:
            continue
        found = answer.series.get(line.id, ())
        if is_band(line.expression):
            shown += [(line, low, high.values) for low, high in zip(found[::2], found[1::2], strict=False)]
        elif len(found) == 1 and not answer.found_by(found[0]):
            shown.append((line, found[0], None))
        else:
            own = _found_lines(line, found, answer)
            shown += [(one, series, None) for one, series in zip(own, found, strict=True)]
    labels = default_labels([line for line, _, _ in shown])
    return [
        _drawn(line, own, series, upper, request, PALETTE[number % len(PALETTE)])
        for number, ((line, series, upper), own) in enumerate(zip(shown, labels, strict=True))
    ]


def is_band(expression: str) -> bool:
    """Whether an expression yields the two edges of an anomaly detection band."""
    return _calls(expression, "ANOMALY_DETECTION_BAND")


def _calls(expression: str, function: str) -> bool:
    """Whether an expression is a call of this function, and nothing around it."""
    if function not in expression:
        return False
    try:
        tree = parse_expression(expression)
    except EvaluatorError:
        return False
    return isinstance(tree, Call) and tree.function == function


def _found_lines(line: Line, found: Sequence[Series], answer: MetricAnswer) -> list[Line]:
    """A line of its own for each series that a search found: its label may speak of the metric."""
    lines = [replace(line, metric=answer.found_by(series), label=None, color="") for series in found]
    if any(own.metric is None for own in lines):
        return [replace(own, label=series.label) for own, series in zip(lines, found, strict=True)]
    if line.label is None:
        return lines
    names = default_labels(lines)
    return [
        replace(own, label=line.label if "${" in line.label else f"{line.label} {name}".strip())
        for own, name in zip(lines, names, strict=True)
    ]


def _unit(line: Line) -> str:
    """Of a metric or of what a search finds; a calculation may have any unit."""
    if line.metric is None or (line.expression and not _calls(line.expression, "SEARCH")):
        return ""
    return unit_of(line.metric, line.stat)


def _drawn(line: Line, own: str, series: Series, upper: Values | None, request: MetricRequest, color: str) -> Drawn:
    if upper is not None:
        label, color = line.label or "expected", line.color or BAND_COLOR
    else:
        label, color = line.label if line.label is not None else own, line.color or color
    if "${" in label:
        label = dynamic_label(label, line, own, series.values, request.grid)
    return Drawn(label, color, line.axis, _unit(line), series.values, upper)
