"""Scores of data quality, out of counts. Pure; everything is in percent unless its name says otherwise.

Of nothing, everything is as it should be: a score over no rows is 100. That rows are missing altogether is what
`record_count_variance` and `source_target_delta` tell.
"""

from __future__ import annotations

from collections.abc import Mapping

WHOLE = 100.0


def part(good: float, total: float) -> float:
    """How much of a total is good: completeness, validity, accuracy, timeliness, consistency, coverage, a pass rate."""
    if total < 0 or not 0 <= good <= total:
        raise ValueError(f"{good} of {total} is no part")
    return WHOLE * good / total if total else WHOLE


def duplicates(rows: float, distinct: float) -> float:
    """How much of the rows repeats another one."""
    return WHOLE - part(distinct, rows)


def record_count_variance(count: float, expected: float) -> float:
    """By how much a count differs from what was expected, up or down; 100 where nothing was expected and something
    came."""
    if expected:
        return WHOLE * abs(count - expected) / abs(expected)
    return WHOLE if count else 0.0


def source_target_delta(source: float, target: float) -> float:
    """By how much what arrived differs from what was sent: of counts, or of sums such as an amount of money."""
    return record_count_variance(target, source)


def cost_per_record(dollars: float, records: float) -> float:
    """US dollars of one record; all of them where there was none."""
    return dollars / max(records, 1)


def quality_score(scores: Mapping[str, float], weights: Mapping[str, float] | None = None) -> float:
    """The weighted mean of scores. A score weighs 1 unless `weights` say otherwise; one that weighs 0 does not count.

    Raises ValueError for no scores, for a weight of a score that is not there, and where all weights are 0.
    """
    given = weights or {}
    if unknown := sorted(given.keys() - scores.keys()):
        raise ValueError(f"weights of what has no score: {', '.join(unknown)}")
    weighed = {name: given.get(name, 1.0) for name in scores}
    total = sum(weighed.values())
    if min(weighed.values(), default=0) < 0 or not total:
        raise ValueError("a quality score takes scores, with weights that are not negative and not all 0")
    return sum(scores[name] * weight for name, weight in weighed.items()) / total
