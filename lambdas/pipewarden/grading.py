"""Limits that may be graded: one value, or one for each severity, each of which becomes an alarm of its own.

`max: 95%` is one alarm at its pipeline's severity; `max: {P3: 80%, P1: 95%}` warns at 80 % and pages at 95 %. The
second is `<resource>.max-p1` to whoever overrides it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

BAND_WIDTH = 2.0
"""Standard deviations where a band is just `true`; what the CloudWatch console offers first."""
WIDTH: Mapping[str, Any] = {"type": "number", "title": "a width up to 10", "exclusiveMinimum": 0, "maximum": 10}


def graded(*kinds: Mapping[str, Any], description: str, example: Any) -> Mapping[str, Any]:
    """The schema of a limit of one of these kinds, or of a mapping from severities to such limits."""
    plain = kinds[0] if len(kinds) == 1 else {"anyOf": list(kinds)}
    by_severity = {
        "type": "object",
        "title": "one for each severity (`{P3: ..., P1: ...}`)",
        "minProperties": 1,
        "propertyNames": {"$ref": "#/$defs/severity"},
        "additionalProperties": plain,
    }
    return {"description": description, "anyOf": [*kinds, by_severity], "examples": [example]}


def graded_band() -> Mapping[str, Any]:
    """The schema of a band of what is usual: `true`, its width, or a width for each severity."""
    band = graded(WIDTH, description="", example=True)
    return {
        **band,
        "description": "Within two standard deviations of what CloudWatch learnt (for up to two weeks), or within as "
        "many as a number says; `{P3: 2, P2: 3, P1: 4}` tells how far off it is by the severity.",
        "anyOf": [{"type": "boolean"}, *band["anyOf"]],
    }


def key_at(key: str, severity: str) -> str:
    """The key of an alarm at one severity of a graded limit; the plain key where the limit is not graded."""
    return f"{key}-{severity.lower()}" if severity else key


def grades(limit: Any) -> Iterator[tuple[str, Any]]:
    """Each value of a limit with its severity, the lightest first; a plain limit with "". What is not declared, or
    declared false, has none."""
    if isinstance(limit, Mapping):
        yield from sorted(limit.items(), reverse=True)
    elif limit is not None and limit is not False:
        yield "", limit
