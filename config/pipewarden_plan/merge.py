"""One declared mapping laid over another, marks included."""

from typing import Any

from pipewarden_plan.marked import MarkedDict

INSTEAD = {"cron": "rate", "rate": "cron"}
"""Of each of these pairs there is one: whoever lays one over the other means to replace it."""


def merge(under: Any, over: Any) -> Any:
    """`over` laid over `under`: mappings key by key, everything else replaced. Neither is changed."""
    if not (isinstance(under, MarkedDict) and isinstance(over, MarkedDict)):
        return over
    merged = MarkedDict(under.mark)
    merged.update(under)
    merged.marks.update(under.marks)
    for key, value in over.items():
        if (other := INSTEAD.get(key)) in under and other not in over:
            del merged[str(other)], merged.marks[str(other)]
        if key in under:
            merged[key] = merge(under[key], value)
        else:
            merged[key] = value
        if merged[key] is value:
            merged.marks[key] = over.marks[key]
    return merged
