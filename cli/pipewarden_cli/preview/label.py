"""The labels of lines: those that CloudWatch makes, and dynamic ones such as `p90: ${LAST} ms`.

"Use dynamic labels" in the CloudWatch user guide.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pipewarden_cli.evaluator.samples import Grid, Values
from pipewarden_cli.preview.shorthand import Line

_DYNAMIC = re.compile(r"\$\{([^{}]*)\}")
_PROPERTY = re.compile(r"PROP\(\s*['\"]?([^'\")]*)['\"]?\s*\)")
_NUMBERS: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "DATAPOINT_COUNT": lambda values: float(len(values)),
    "FIRST": lambda values: values[0],
    "LAST": lambda values: values[-1],
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}
_TIMES: dict[str, Callable[[list[float]], int]] = {
    "FIRST": lambda values: 0,
    "LAST": lambda values: len(values) - 1,
    "MAX": lambda values: values.index(max(values)),
    "MIN": lambda values: values.index(min(values)),
}


def default_labels(lines: Sequence[Line]) -> list[str]:
    """What CloudWatch calls lines without a label: the parts in which they differ, or the metric's name."""
    rows = [_parts(line) for line in lines]
    metrics = [parts for parts, line in zip(rows, lines, strict=True) if line.metric]
    width = max((len(parts) for parts in metrics), default=0)
    differing = [at for at in range(width) if len({parts[at] if at < len(parts) else "" for parts in metrics}) > 1]
    labels = []
    for line, parts in zip(lines, rows, strict=True):
        if line.metric is None:
            labels.append(line.expression if line.id.startswith("line") else line.id)
        else:
            named = [parts[at] for at in differing if at < len(parts) and parts[at]]
            labels.append(" ".join(named) or line.metric.name)
    return labels


def dynamic_label(template: str, line: Line, own: str, values: Values, grid: Grid) -> str:
    """A label with its `${...}` parts filled in; parts that CloudWatch does not know stay as they are."""
    found = [(at, value) for at, value in zip(grid.starts, values, strict=True) if value is not None]

    def fill(match: re.Match[str]) -> str:
        word = match[1].strip()
        if word == "LABEL":
            return own
        if property_match := _PROPERTY.fullmatch(word):
            return _property(property_match[1], line, grid)
        name, _, kind = word.partition("_")
        if word in _NUMBERS:
            return short_number(_NUMBERS[word]([value for _, value in found])) if found else "--"
        if kind in ("TIME", "TIME_RELATIVE") and name in _TIMES:
            return _moment(found, name, grid, relative=kind == "TIME_RELATIVE")
        return match[0]

    return _DYNAMIC.sub(fill, template)


def short_number(value: float) -> str:
    """A number of at most four digits: 12, 0.25, 1.5K, 27M."""
    size = abs(value)
    for factor, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "K")):
        if size >= factor:
            by = 1e3 if letter == "K" else factor
            return f"{value / by:.4g}{letter}"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3g}" if size < 100 else f"{value:,.0f}"


def _parts(line: Line) -> list[str]:
    if line.metric is None:
        return []
    return [line.metric.namespace, line.metric.name, *(value for _, value in line.metric.dimensions), line.stat]


def _property(name: str, line: Line, grid: Grid) -> str:
    metric = line.metric
    if name.startswith("Dim.") and metric:
        return dict(metric.dimensions).get(name.removeprefix("Dim."), "")
    named = {"Stat": line.stat, "Period": str(grid.period), "Region": line.region, "AccountId": line.account}
    if metric:
        named |= {"MetricName": metric.name, "Namespace": metric.namespace}
    return named.get(name, "")


def _moment(found: list[tuple[float, float]], name: str, grid: Grid, relative: bool) -> str:
    if not found:
        return "--"
    at = found[_TIMES[name]([value for _, value in found])][0]
    if not relative:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
    minutes = int((grid.end - at) // 60)
    return f"{minutes // 60}h{minutes % 60:02d}m ago" if minutes >= 60 else f"{minutes}m ago"
