"""Gives the queries of many widgets ids of their own, so that one GetMetricData call answers them all."""

import re

from pipewarden_cli.preview.request import MetricRequest

_METRICS = re.compile(r"\bMETRICS\(\s*(?:(['\"])(.*?)\1\s*)?\)")
_QUOTED = re.compile(r"(\"[^\"]*\"|'[^']*')")
_NAME = re.compile(r"(?<!\w)[a-z]\w*")


def own_ids(request: MetricRequest, number: int) -> dict[str, str]:
    """The new id of each query by its old one; `number` is the widget's."""
    return {query.id: f"w{number}q{at}" for at, query in enumerate(request.queries)}


def renamed(expression: str, request: MetricRequest, ids: dict[str, str]) -> str:
    """The expression over the new ids; METRICS() becomes the list of the widget's own metrics.

    Metrics Insights queries (`SELECT ...`) name no ids, and quoted parts are texts: both stay as they are.
    """
    if expression.lstrip().upper().startswith("SELECT "):
        return expression
    metrics = [query.id for query in request.queries if query.metric_stat]

    def listed(match: re.Match[str]) -> str:
        return f"[{','.join(ids[name] for name in metrics if (match[2] or '') in name)}]"

    parts = _QUOTED.split(_METRICS.sub(lambda match: listed(match).replace("w", "\0"), expression))
    replaced = (
        part if part.startswith(("'", '"')) else _NAME.sub(lambda match: ids.get(match[0], match[0]), part)
        for part in parts
    )
    return "".join(replaced).replace("\0", "w")
