"""The outside world of the demo's jobs: a small HTTP source on loopback that is unavailable for its first answers."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODIES: Mapping[str, object] = {"/rates": {"USD": 1.0, "EUR": 1.08, "GBP": 1.27}, "/ledger": {"balance": 4211.5}}


class Source:
    """Answers `/rates` and `/ledger`; each path says 503 as often as `fail` asked for, then 200."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, list[int]] = {path: [] for path in BODIES}
        self._failing: dict[str, int] = {}
        self._lock = threading.Lock()

    def fail(self, path: str, times: int) -> None:
        """The next `times` answers to `path` are 503."""
        with self._lock:
            self._failing[path] = times

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body for one request; remembers the status."""
        if path not in BODIES:
            return 404, b""
        with self._lock:
            left = self._failing.get(path, 0)
            self._failing[path] = max(left - 1, 0)
            status = 503 if left else 200
            self.answers[path].append(status)
        return status, json.dumps(BODIES[path]).encode() if status == 200 else b"try later"


@contextmanager
def serve() -> Iterator[Source]:
    """A running source on a free loopback port; ends with the block."""
    source = Source("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = source.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the terminal for the story."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    source.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True, name="demo-source").start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
