"""A headless Chromium, driven over the DevTools protocol through a pipe: no driver, no port, no package.

The pipe is Chromium's `--remote-debugging-pipe`: it reads commands from descriptor 3 and answers on descriptor 4,
JSON ended by a zero byte. Protocol: https://chromedevtools.github.io/devtools-protocol/.
"""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 60.0
HEIGHT = 900
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    *("--disable-extensions", "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe"),
)


def find_chromium() -> str | None:
    """A Chromium on PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One browser process; `page` opens pages in it."""

    def __init__(self, binary: str) -> None:
        self._profile = tempfile.mkdtemp(prefix="pipewarden-browser-")
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        # Above the descriptors that the browser expects, so that none overwrites another.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 20) for end in (to_browser, from_browser)]
        actions = [(os.POSIX_SPAWN_DUP2, ends[0], 3), (os.POSIX_SPAWN_DUP2, ends[1], 4)]
        quiet = os.open(os.devnull, os.O_RDWR)
        actions += [(os.POSIX_SPAWN_DUP2, quiet, number) for number in (0, 1, 2)]
        arguments = [binary, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"]
        self._process = os.posix_spawn(binary, arguments, os.environ, file_actions=actions, setpgroup=0)
        for end in (*ends, to_browser, from_browser, quiet):
            os.close(end)
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def page(self, path: Path, width: int = 1440, dark: bool = False) -> "Page":
        """A new page that shows a file."""
        return Page(self, path, width, dark)

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """One command and its answer; events that come meanwhile are kept."""
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        while True:
            message = self._receive()
            if message.get("id") != self._number:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']['message']}")
            else:
                return dict(message["result"])

    def close(self) -> None:
        """End the browser and all its processes, and remove its profile."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            self.call("Browser.close")
        until = time.monotonic() + 10
        while os.waitpid(self._process, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.killpg(self._process, signal.SIGKILL)
                os.waitpid(self._process, 0)
                break
            time.sleep(0.05)
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], SECONDS)[0]:
                raise TimeoutError(f"Chromium did not answer within {SECONDS:.0f} seconds")
            chunk = os.read(self._read, 1 << 20)
            if not chunk:
                raise RuntimeError("Chromium ended")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))


class Page:
    """One page. `complaints` are console errors, exceptions, refused loads and requests for anything else."""

    def __init__(self, browser: Chromium, path: Path, width: int, dark: bool) -> None:
        self._browser = browser
        self._target = str(browser.call("Target.createTarget", url="about:blank")["targetId"])
        self._session = str(browser.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.resize(width, HEIGHT)
        self.address = path.resolve().as_uri()
        self.call("Page.navigate", url=self.address)
        self.wait("document.documentElement?.dataset.ready === 'true'")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command to this page."""
        return self._browser.call(method, self._session, **parameters)

    def resize(self, width: int, height: int) -> None:
        """Show the page in a window of this size."""
        self._width = width
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until an expression is true in the page."""
        until = time.monotonic() + SECONDS
        while not self.run(condition):
            if time.monotonic() > until:
                raise TimeoutError(f"{condition} did not become true; {self.complaints()}")
            time.sleep(0.03)

    def complaints(self) -> list[str]:
        """What went wrong so far, in the browser's words."""
        self.run("1")
        found = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            details = event["params"]
            match event["method"]:
                case "Runtime.consoleAPICalled" if details["type"] in ("error", "warning", "assert"):
                    found.append(" ".join(str(part.get("value")) for part in details["args"]))
                case "Runtime.exceptionThrown":
                    found.append(str(details["exceptionDetails"].get("exception", {}).get("description")))
                case "Log.entryAdded" if details["entry"]["level"] in ("error", "warning"):
                    found.append(f"{details['entry']['text']} {details['entry'].get('url', '')}".strip())
                case "Network.requestWillBeSent" if details["request"]["url"] not in (self.address, "about:blank"):
                    if not details["request"]["url"].startswith("data:"):
                        found.append(f"request for {details['request']['url']}")
        return found

    def picture(self, path: Path, height: int = 0) -> None:
        """Save the page from its top as a PNG, the whole of it or a part.

        The window grows first: a capture beyond it draws graphs in passing sizes.
        """
        whole = int(self.call("Page.getLayoutMetrics")["cssContentSize"]["height"])
        self.resize(self._width, min(height, whole) if height else whole)
        self.run("new Promise((done) => setTimeout(done, 300))")
        answer = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(answer["data"]))
        self.resize(self._width, HEIGHT)

    def close(self) -> None:
        """Close the page."""
        self._browser.call("Target.closeTarget", targetId=self._target)
        self._browser.events.clear()
