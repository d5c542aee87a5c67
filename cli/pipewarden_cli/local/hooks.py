"""Where a gap ties itself into the running emulator: a clock tick, a reset, the end, an HTTP route.

Only the emulator's own process uses this module; ``install()`` patches the emulator once, before it starts.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

ROUTE_PREFIX = "/_pipewarden/"
TICK_SECONDS = 1.0

Answer = tuple[int, Any]
Query = Mapping[str, list[str]]

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
"""The id that the answer of an Invoke carries; "" in any other request."""
INVOKE = "/invocations"

_logger = logging.getLogger("pipewarden.local")
_ticks: list[Callable[[], None]] = []
_resets: list[Callable[[], None]] = []
_ends: list[Callable[[], None]] = []
_routes: dict[tuple[str, str], Callable[[Query], Answer]] = {}


def every_second(call: Callable[[], None]) -> None:
    """Have ``call`` run about once a second, on one thread shared by all gaps: it must be quick and must not block."""
    _ticks.append(call)


def on_reset(call: Callable[[], None]) -> None:
    """Have ``call`` run after the emulator has wiped its state (``POST /_ministack/reset``)."""
    _resets.append(call)


def on_end(call: Callable[[], None]) -> None:
    """Have ``call`` run once when the emulator ends, before the process exits."""
    _ends.append(call)


def route(method: str, path: str, answer: Callable[[Query], Answer]) -> None:
    """Serve ``method /_pipewarden/<path>`` as JSON; ``answer`` gets the query and returns (status, value)."""
    _routes[(method, ROUTE_PREFIX + path)] = answer


def account_scope(account: str, region: str) -> AbstractContextManager[None]:
    """Enter one account and region: the emulator's stores show only what belongs to the current scope."""
    from ministack.core.responses import request_scope

    scope: AbstractContextManager[None] = request_scope(account, region)
    return scope


def scopes(store: Any) -> list[tuple[str, str]]:
    """The (account, region) pairs that hold something in one of the emulator's account-and-region stores."""
    return sorted({(key[0], key[1]) for key in list(store.to_dict())})


def install() -> None:
    """Patch the emulator so that routes are served and resets reach the gaps; call once, before it starts."""
    from ministack import app

    app._handle_pre_body_request = _serving_routes(app._handle_pre_body_request)
    wipe = app._reset_all_state

    def wipe_all() -> None:
        wipe()
        _run_all(_resets)

    app._reset_all_state = wipe_all


def start_ticking() -> None:
    """Start the shared clock thread; it lives as long as the process."""
    threading.Thread(target=_tick_forever, name="pipewarden-tick", daemon=True).start()


def end() -> None:
    """Run what was registered with ``on_end``, last registered first."""
    _run_all(list(reversed(_ends)))
    _ends.clear()


def _serving_routes(inner: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(method: str, path: str, headers: Any, query_params: Query, request: str) -> Any:
        request_id.set(request if path.endswith(INVOKE) else "")
        answer = _routes.get((method, path))
        if answer is None:
            return await inner(method, path, headers, query_params, request)
        status, value = answer(query_params)
        return status, {"Content-Type": "application/json"}, json.dumps(value, default=str).encode()

    return handle


def _tick_forever() -> None:
    while True:
        started = time.monotonic()
        _run_all(_ticks)
        time.sleep(max(0.05, TICK_SECONDS - (time.monotonic() - started)))


def _run_all(calls: list[Callable[[], None]]) -> None:
    for call in list(calls):
        try:
            call()
        except Exception:  # one gap must not silence the others
            _logger.exception("%s.%s failed", call.__module__, call.__qualname__)
