"""The functions of metric math that look at more than their values: at the request, the grid or their own syntax."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipewarden_cli.evaluator import functions
from pipewarden_cli.evaluator.anomaly import HISTORY_PERIODS, band
from pipewarden_cli.evaluator.expression_tree import Name, Node, Text, Word
from pipewarden_cli.evaluator.query import MetricStat
from pipewarden_cli.evaluator.samples import Values
from pipewarden_cli.evaluator.search import parse_search
from pipewarden_cli.evaluator.series import Series, Value, columns, present

if TYPE_CHECKING:
    from pipewarden_cli.evaluator.scope import Scope

Arguments = tuple[Node, ...]
Form = Callable[["Scope", Arguments, int], Value]

_SORT_KEYS = ("AVG", "MIN", "MAX", "SUM")


def _if(scope: Scope, arguments: Arguments, at: int) -> Value:
    """IF: the table of "Using IF expressions" in the CloudWatch user guide decides what a missing point becomes."""
    scope.arity("IF", arguments, at, 2, 3)
    values = [scope.value(argument) for argument in arguments]
    if any(isinstance(value, list) for value in values):
        raise scope.fail("IF takes time series and numbers, not arrays", at)
    condition, chosen, other = values[0], values[1], values[2] if len(values) == 3 else None
    if isinstance(condition, float):
        picked = chosen if condition != 0 else other
        return scope.empty("IF") if picked is None else picked
    assert isinstance(condition, Series)
    # A true point without a value becomes 0; a false one too, unless the true branch is a number (the guide's tables).
    missing_other = 0.0 if isinstance(chosen, Series) else None
    when_true, when_false = _points(scope, chosen, 0.0), _points(scope, other, missing_other)
    picked_values: Values = [
        None if test is None else (yes if test != 0 else no)
        for test, yes, no in zip(condition.values, when_true, when_false, strict=True)
    ]
    return Series("IF", picked_values)


def _points(scope: Scope, branch: Value | None, missing: float | None) -> Values:
    if isinstance(branch, Series):
        return [missing if value is None else value for value in branch.values]
    assert not isinstance(branch, list)
    return [branch] * len(scope.grid)


def _fill(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("FILL", arguments, at, 2, 2)
    filled = scope.series_at("FILL", arguments[0], at)
    match arguments[1]:
        case Word("REPEAT"):
            return functions.each(functions.fill_repeat, filled)
        case Word("LINEAR"):
            return functions.each(functions.fill_linear, filled)
    filler = scope.value(arguments[1])
    if isinstance(filler, list):
        raise scope.fail("FILL takes a number, a time series, REPEAT or LINEAR", at)
    if isinstance(filler, Series):
        other = filler.values
        return functions.each(lambda values: functions.fill_from(values, other), filled)
    number = filler
    return functions.each(lambda values: functions.fill_constant(values, number), filled)


def _metrics(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("METRICS", arguments, at, 0, 1)
    part = ""
    if arguments:
        if not isinstance(arguments[0], Text):
            raise scope.fail("METRICS takes a string", at)
        part = arguments[0].value
    calculation = scope.calculation
    ids = [q.id for q in calculation.queries.values() if q.metric_stat is not None and part in q.id]
    return [series for query_id in ids for series in calculation.result(query_id)]


def _metric_count(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("METRIC_COUNT", arguments, at, 1, 1)
    return float(len(scope.array_at("METRIC_COUNT", arguments[0], at)))


def _period(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("PERIOD", arguments, at, 1, 1)
    query = scope.calculation.queries.get(arguments[0].id) if isinstance(arguments[0], Name) else None
    if query is None or query.metric_stat is None:
        raise scope.fail("PERIOD takes the id of a metric", at)
    return float(query.metric_stat.period)


def _running_sum(scope: Scope, arguments: Arguments, at: int) -> Value:
    return functions.each(functions.running_sum, scope.series("RUNNING_SUM", arguments, at))


def _time_series(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("TIME_SERIES", arguments, at, 1, 1)
    number = scope.number_at("TIME_SERIES", arguments[0], at)
    return Series("TIME_SERIES", [number] * len(scope.grid))


def _percentile(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("PERCENTILE", arguments, at, 2, 2)
    value, share = scope.series_at("PERCENTILE", arguments[0], at), scope.number_at("PERCENTILE", arguments[1], at)
    if not 0 <= share <= 100:
        raise scope.fail("a percentile lies between 0 and 100", at)
    if isinstance(value, Series):
        return functions.percentile_of(present(value.values), share)
    if not value:
        return scope.empty("PERCENTILE")
    points = columns(value)
    return Series("PERCENTILE", [functions.percentile_of(p, share) if p else None for p in points])


def _first(scope: Scope, arguments: Arguments, at: int) -> Value:
    return _end_of(scope, "FIRST", arguments, at, 0)


def _last(scope: Scope, arguments: Arguments, at: int) -> Value:
    return _end_of(scope, "LAST", arguments, at, -1)


def _end_of(scope: Scope, name: str, arguments: Arguments, at: int, index: int) -> Value:
    scope.arity(name, arguments, at, 1, 1)
    array = scope.array_at(name, arguments[0], at)
    return array[index] if array else scope.empty(name)


def _slice(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("SLICE", arguments, at, 2, 3)
    array = scope.array_at("SLICE", arguments[0], at)
    bounds = [int(scope.number_at("SLICE", argument, at)) for argument in arguments[1:]]
    if min(bounds) < 0:
        raise scope.fail("SLICE counts from 0", at)
    return array[bounds[0] :] if len(bounds) == 1 else array[bounds[0] : bounds[1]]


def _sort(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("SORT", arguments, at, 3, 4)
    array = scope.array_at("SORT", arguments[0], at)
    match arguments[1], arguments[2]:
        case Word(key), Word(order) if key in _SORT_KEYS and order in ("ASC", "DESC"):
            limit = int(scope.number_at("SORT", arguments[3], at)) if len(arguments) == 4 else None
            if limit is not None and limit < 0:
                raise scope.fail("SORT takes a limit that is not negative", at)
            return functions.sort_series(array, key, order, limit)
    raise scope.fail("SORT takes AVG, MIN, MAX or SUM, then ASC or DESC", at)


def _remove_empty(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("REMOVE_EMPTY", arguments, at, 1, 1)
    return [series for series in scope.array_at("REMOVE_EMPTY", arguments[0], at) if present(series.values)]


def _search(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("SEARCH", arguments, at, 2, 3)
    if not (isinstance(arguments[0], Text) and isinstance(arguments[1], Text)):
        raise scope.fail("SEARCH takes a search and a statistic, both quoted", at)
    period = int(scope.number_at("SEARCH", arguments[2], at)) if len(arguments) == 3 else scope.grid.period
    if period <= 0:
        raise scope.fail("SEARCH takes a period of at least a second", at)
    found = parse_search(arguments[0].value).find(scope.calculation.source.metrics())
    statistic = arguments[1].value
    return [
        Series(
            " ".join([metric.name, *(value for _, value in metric.dimensions)]),
            scope.calculation.metric_values(MetricStat(metric, period, statistic)),
        )
        for metric in found
    ]


def _band(scope: Scope, arguments: Arguments, at: int) -> Value:
    scope.arity("ANOMALY_DETECTION_BAND", arguments, at, 1, 2)
    deviations = scope.number_at("ANOMALY_DETECTION_BAND", arguments[1], at) if len(arguments) == 2 else 2.0
    value = scope.series_at("ANOMALY_DETECTION_BAND", arguments[0], at)
    if isinstance(value, list) or not isinstance(arguments[0], Name):
        raise scope.fail("ANOMALY_DETECTION_BAND takes the id of one time series", at)
    earlier = scope.calculation.over(scope.grid.before(HISTORY_PERIODS)).value(arguments[0].id)
    assert isinstance(earlier, Series)
    return band(earlier.values, len(scope.grid), deviations)


FORMS: dict[str, Form] = {
    "IF": _if,
    "FILL": _fill,
    "METRICS": _metrics,
    "METRIC_COUNT": _metric_count,
    "PERIOD": _period,
    "RUNNING_SUM": _running_sum,
    "TIME_SERIES": _time_series,
    "PERCENTILE": _percentile,
    "FIRST": _first,
    "LAST": _last,
    "SLICE": _slice,
    "SORT": _sort,
    "REMOVE_EMPTY": _remove_empty,
    "SEARCH": _search,
    "ANOMALY_DETECTION_BAND": _band,
}
