"""A record of which statement of a role let which call through, and of what roles were refused."""

from __future__ import annotations

import contextvars
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator

from pipewarden_cli.local import hooks

NAME = "Record of permissions"
IMITATED = (
    "`GET /_pipewarden/iam/calls` tells of each role which of its statements (by Sid, the first that matches) allowed "
    "which action how often, and which actions were refused; AWS has no such record, CloudTrail and Access Analyzer "
    "come near.",
)

ROUTE = "iam/calls"
_of_resource: contextvars.ContextVar[bool] = contextvars.ContextVar("of_resource", default=False)
_lock = threading.Lock()
_calls: Counter[tuple[str, str, str, str]] = Counter()  # role, Sid, action, resource


def fill() -> None:
    """Note what the emulator decides about calls of roles."""
    iam_evaluator.evaluate = _noting(iam_evaluator.evaluate)
    iam_evaluator.evaluate_resource_policy = _apart(iam_evaluator.evaluate_resource_policy)
    hooks.route("GET", ROUTE, lambda _query: (200, _told()))
    hooks.on_reset(_forget)


def _noting(inner: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate(context: Any, policies: Any, *limits: Any) -> Any:
        result = inner(context, policies, *limits)
        _, found, role = context.principal_arn.partition(":assumed-role/")
        if found and not _of_resource.get():
            key = (role.partition("/")[0], result.matched_sid, context.action, context.resource_arn)
            with _lock:
                _calls[key] += 1
        return result

    return evaluate


def _apart(inner: Callable[..., Any]) -> Callable[..., Any]:
    """What a resource's own policy says is no statement of the role's."""

    def evaluate(*arguments: Any, **options: Any) -> Any:
        token = _of_resource.set(True)
        try:
            return inner(*arguments, **options)
        finally:
            _of_resource.reset(token)

    return evaluate


def _told() -> list[dict[str, Any]]:
    """`sid` is "" where no statement matched."""
    with _lock:
        rows = sorted(_calls.items())
    names = ("role", "sid", "action", "resource")
    return [{**dict(zip(names, key, strict=True)), "times": times} for key, times in rows]


def _forget() -> None:
    with _lock:
        _calls.clear()
