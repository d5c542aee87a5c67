"""What handling signals takes: AWS calls by kind of signal, and processor time beside them."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from threading import Lock, local
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from pipewarden.responder import Responder

KINDS = {"undeclared": "ignored", "duplicate": "ignored", "ignore": "ignored", "hold": "held", "retry": "retried"}
"""What the responder says it did, by the kind under which it is counted; other words stand for themselves."""
PAGED, TOLD_ALREADY = "paged", "told already"
REFUSED = "delivered again"


@dataclass
class Taken:
    """Signals of one kind. `own` are their seconds of the processor, those within boto3 left out."""

    signals: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    most_calls: int = 0
    own: list[float] = field(default_factory=list)

    @property
    def own_seconds(self) -> float:
        """The median: the first signals of a process bring the compiling of patterns with them."""
        return statistics.median(self.own)

    @property
    def calls_each(self) -> float:
        return sum(self.calls.values()) / self.signals if self.signals else 0.0


@dataclass
class Meter:
    """Counts while `watching`, in any number of threads; a thread handles one signal at a time."""

    kinds: dict[str, Taken] = field(default_factory=dict)
    own_seconds: float = 0.0
    _lock: Lock = field(default_factory=Lock)
    _thread: local = field(default_factory=local)

    @contextmanager
    def watching(self) -> Iterator[Meter]:
        """Hear of every call through boto3 and of every signal that the responder handles."""
        # botocore's own one door for every call; the events of its public hooks are outside of its own work
        name = "_make_api_call"
        with (
            patch.object(BaseClient, name, self._timed(getattr(BaseClient, name))),
            patch.object(Responder, "handle", self._counted(Responder.handle)),
        ):
            yield self

    @contextmanager
    def own_time(self) -> Iterator[None]:
        """Add what the block takes of the processor, calls of AWS left out."""
        began, outside = time.thread_time(), self._outside
        try:
            yield
        finally:
            own = time.thread_time() - began - (self._outside - outside)
            with self._lock:
                self.own_seconds += own

    @property
    def _outside(self) -> float:
        return float(getattr(self._thread, "outside", 0.0))

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def timed(client: Any, operation: str, parameters: Any) -> Any:
            began = time.thread_time()
            calls: Counter[str] | None = getattr(self._thread, "calls", None)
            if calls is not None:
                calls[f"{client.meta.service_model.service_id}.{operation}"] += 1
            try:
                return call(client, operation, parameters)
            finally:
                self._thread.outside = self._outside + time.thread_time() - began

        return timed

    def _counted(self, handle: Callable[..., str]) -> Callable[..., str]:
        @wraps(handle)
        def counted(responder: Responder, *arguments: Any) -> str:
            calls = self._thread.calls = Counter()
            began, outside, done = time.thread_time(), self._outside, REFUSED
            try:
                done = handle(responder, *arguments)
                return done
            finally:
                self._thread.calls = None
                own = time.thread_time() - began - (self._outside - outside)
                self._add(_kind(done, calls), calls, own)

        return counted

    def _add(self, kind: str, calls: Counter[str], own_seconds: float) -> None:
        with self._lock:
            taken = self.kinds.setdefault(kind, Taken())
            taken.signals += 1
            taken.calls += calls
            taken.most_calls = max(taken.most_calls, sum(calls.values()))
            taken.own.append(own_seconds)


def _kind(done: str, calls: Counter[str]) -> str:
    if done == "page":
        return PAGED if calls["SNS.Publish"] else TOLD_ALREADY
    return KINDS.get(done, done)
