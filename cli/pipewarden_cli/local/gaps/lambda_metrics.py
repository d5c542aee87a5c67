"""AWS/Lambda metrics for every invocation, whoever made it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import lambda_svc

from pipewarden_cli.local import emulator

NAME = "AWS/Lambda metrics"
IMITATED = (
    "Invocations, Errors, Throttles and Duration by FunctionName are recorded when an invocation ends, for every kind "
    "of invocation and for every retry; nothing is recorded by alias or version, and no other metric of Lambda is.",
)

NAMESPACE = "AWS/Lambda"


def fill() -> None:
    """Measure where every invocation passes instead of only where Invoke is answered."""
    lambda_svc._emit_lambda_metrics = _count_throttle
    lambda_svc._execute_function_dispatch = _measured(lambda_svc._execute_function_dispatch)


def _count_throttle(function_name: str, duration_ms: float, throttle: bool, **_rest: bool) -> None:
    # The emulator calls this for Invoke as well, with a duration; those are measured below.
    if throttle and duration_ms == 0:
        emulator.put_metrics(NAMESPACE, [emulator.datum("Throttles", 1, {"FunctionName": function_name})])


def _measured(inner: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(func: Mapping[str, Any], config: Mapping[str, Any], *rest: Any) -> Any:
        started = time.monotonic()
        result = inner(func, config, *rest)
        milliseconds = (time.monotonic() - started) * 1000
        failed = isinstance(result, dict) and bool(result.get("error"))
        dimensions = {"FunctionName": config.get("FunctionName", "")}
        emulator.put_metrics(
            NAMESPACE,
            [
                emulator.datum("Invocations", 1, dimensions),
                emulator.datum("Errors", int(failed), dimensions),
                emulator.datum("Throttles", 0, dimensions),
                emulator.datum("Duration", milliseconds, dimensions, "Milliseconds"),
            ],
        )
        return result

    return dispatch
