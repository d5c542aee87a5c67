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
    "FIRST": lambda _: 0,
    "LAST": lambda values: len(values) - 1,
    "MAX": lambda values: values.index(max(values)),
    "MIN": lambda values: values.index(min(values)),
}


def default_labels(lines: Sequence[Line]) -> list[str]:
    """What lines without a label are called: the fewest parts that tell them apart, as the console does it."""
    metrics = [line for line in lines if line.metric]
    named = iter(_told_apart(metrics))
    return [
        next(named) if line.metric else line.expression if line.id.startswith("line") else line.id for line in lines
    ]


def _told_apart(lines: Sequence[Line]) -> list[str]:
    names = [line.metric.name if line.metric else "" for line in lines]
    rows = [[value for _, value in line.metric.dimensions] if line.metric else [] for line in lines]
    width = max(map(len, rows), default=0)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    differing = [at for at in range(width) if len({row[at] for row in padded}) > 1]
    values = [" ".join(row[at] for at in differing if row[at]) for row in padded]
    stats = [line.stat for line in lines]
    spaces = [line.metric.namespace if line.metric else "" for line in lines]
    for parts in (
        (names,),
        (values,),
        (stats,),
        (values, names),
        (values, stats),
        (names, stats),
        (values, names, stats),
    ):
        labels = [" ".join(filter(None, row)) for row in zip(*parts, strict=True)]
        if len(set(labels)) == len(labels) and all(labels):
            return labels
    return [" ".join(filter(None, row)) for row in zip(spaces, names, values, stats, strict=True)]


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
