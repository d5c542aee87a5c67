"""Reading the recent runs of a resource, newest first, from a service that gives them in pages."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipewarden.run import MOST_RUNS

LOOKBACK = timedelta(days=2)
"""A run may have started this long before the moment from which it interests us (Glue's default timeout: 48 hours)."""
PAGE = 100
MOST_PAGES = MOST_RUNS // PAGE


def newest_runs(
    call: Callable[..., Mapping[str, Any]],
    asked: Mapping[str, Any],
    runs: str,
    started: str,
    token: str,
    since: datetime,
) -> Iterator[Mapping[str, Any]]:
    """Runs until a whole page of them started before `since`, or until `MOST_RUNS`.

    `runs`, `started` and `token` are where the service's answer has the runs, the start of one, and the next page.
    """
    page = dict(asked)
    for _ in range(MOST_PAGES):
        answer = call(**page)
        yield from answer[runs]
        if not answer.get(token) or all(found[started] < since for found in answer[runs]):
            return
        page[token] = answer[token]
