"""A service behind a channel, on loopback: takes what comes, or behaves badly to order."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Act:
    """How one request is answered: `hang` never, `drip` a byte at a time, `garbage` not in HTTP, else by status."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    how: str = ""


@dataclass
class Taken:
    """A request that was answered with 2xx."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class Room:
    """`acts` are used up in order; then everything is answered with 200."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.acts: list[Act] = []
        self.requests = 0
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests += 1
                act = outer.acts.pop(0) if outer.acts else Act()
                if act.how == "hang":
                    outer.over.wait(10)
                    return
                if act.how == "garbage":
                    self.wfile.write(b"SSH-2.0-nothing\r\n")
                    return
                if 200 <= act.status < 300:
                    outer.taken.append(Taken(self.command, self.path, dict(self.headers), raw))
                self.send_response(act.status)
                for name, value in act.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if act.how == "drip":
                    while not outer.over.wait(0.02):
                        self.wfile.write(b".")
                        self.wfile.flush()
                self.wfile.write(act.body)

            do_GET = do_POST = do_PATCH = _answer  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Whoever hangs up in the middle is no news."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.address}/hook"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(5)
