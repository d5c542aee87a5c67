"""Start, stop, wipe and look at the embedded AWS; what the command, the demo and the end-to-end tests use.

The running server holds a lock on ``<state dir>/server.json`` for as long as it lives, and that file says who it is.
So a stale file is told from a running server by the kernel, and no process is ever signalled by a pid that another
process may have been given since.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from pipewarden_cli.local import lock
from pipewarden_cli.local.errors import (
    AlreadyRunningError,
    DiedAtStartError,
    LocalAwsError,
    NotRunningError,
    NotStoppedError,
    PortTakenError,
)
from pipewarden_cli.local.ports import HOST, free_port, is_taken
from pipewarden_cli.local.running import LocalAws
from pipewarden_cli.local.server import DEFAULT_ACCOUNT, DEFAULT_REGION, ENDED_ALREADY_RUNNING, ENDED_WRONG_VERSION

START_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 15
PORT_ATTEMPTS = 3

__all__ = ["LocalAws", "LocalAwsError", "reset", "start", "status", "stop"]

# Kept so that a server which this process started is collected by it, and no zombie stays.
_started: dict[int, subprocess.Popen[bytes]] = {}


def start(
    state_dir: Path,
    *,
    port: int | None = None,
    account: str = DEFAULT_ACCOUNT,
    region: str = DEFAULT_REGION,
    auth: bool = True,
    parent_pid: int | None = None,
) -> LocalAws:
    """Start an embedded AWS that keeps its files in ``state_dir`` and wait until it answers.

    Without ``port`` a free one is chosen. With ``parent_pid`` it ends when that process does; otherwise it runs until
    ``stop``. Raises a LocalAwsError whose text names the cure.
    """
    state_dir = Path(state_dir).resolve()
    running = status(state_dir)
    if running is not None:
        raise AlreadyRunningError(running.endpoint_url, running.pid)
    if port is not None and is_taken(port):
        raise PortTakenError(port)
    state_dir.mkdir(parents=True, exist_ok=True)
    for attempt in range(PORT_ATTEMPTS):
        chosen = port if port is not None else free_port()
        options = _options(state_dir, chosen, account, region, auth, parent_pid)
        try:
            return _start_once(state_dir, chosen, options)
        except PortTakenError:
            # Between choosing a free port and the server binding it somebody else may have taken it.
            if port is not None or attempt == PORT_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def stop(state_dir: Path) -> bool:
    """End the embedded AWS of ``state_dir`` and everything it started; False when none was running."""
    running = status(Path(state_dir))
    if running is None:
        return False
    for name in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, name)
        if _wait_until_ended(running, STOP_SECONDS):
            return True
    raise NotStoppedError(running.pid)


def reset(state_dir: Path) -> LocalAws:
    """Wipe every resource, run and message of the embedded AWS; it keeps running on the same port."""
    running = status(state_dir)
    if running is None:
        raise NotRunningError(Path(state_dir))
    running.request("POST", "/_ministack/reset")
    return running


def status(state_dir: Path) -> LocalAws | None:
    """The embedded AWS that runs on ``state_dir``, or None. A file left behind by a dead server counts as none."""
    entry = lock.read_holder(Path(state_dir).resolve())
    return None if entry is None else LocalAws.from_json(entry)


def _options(
    state_dir: Path, port: int, account: str, region: str, auth: bool, parent_pid: int | None
) -> tuple[str, ...]:
    options = ["--port", str(port), "--state-dir", str(state_dir), "--account", account, "--region", region]
    options.append("--auth" if auth else "--no-auth")
    if parent_pid is not None:
        options += ["--parent-pid", str(parent_pid)]
    return tuple(options)


def _start_once(state_dir: Path, port: int, options: tuple[str, ...]) -> LocalAws:
    log_path = state_dir / "server.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipewarden_cli.local.server", *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_server_environment(state_dir),
            # A session of its own: Ctrl-C in the terminal reaches the command, which then ends the server in order.
            start_new_session=True,
        )
    _started[process.pid] = process
    try:
        return _wait_until_healthy(process, state_dir, port, log_path)
    except BaseException:
        # Ctrl-C while waiting as well: whoever asked for the server does not have it, so nobody would end it.
        _started.pop(process.pid, None)
        process.kill()
        process.wait()
        raise


def _wait_until_healthy(process: subprocess.Popen[bytes], state_dir: Path, port: int, log_path: Path) -> LocalAws:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _died(state_dir, port, process.returncode, log_path)
        running = status(state_dir)
        if running is not None and running.pid == process.pid and running.is_healthy():
            return running
        time.sleep(POLL_SECONDS)
    raise DiedAtStartError(f"did not answer within {START_SECONDS:.0f} s", log_path, _tail(log_path))


def _died(state_dir: Path, port: int, code: int, log_path: Path) -> LocalAwsError:
    tail = _tail(log_path)
    running = status(state_dir)
    if code == ENDED_ALREADY_RUNNING and running is not None:
        return AlreadyRunningError(running.endpoint_url, running.pid)
    if code == ENDED_WRONG_VERSION:
        return LocalAwsError(tail)
    if is_taken(port):
        return PortTakenError(port)
    return DiedAtStartError(f"ended with status {code}", log_path, tail)


def _server_environment(state_dir: Path) -> dict[str, str]:
    # Functions and jobs inherit it, so nothing of the caller's AWS set-up, proxies or project settings may be in it.
    kept = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "COVERAGE_RUN")
    home = state_dir / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": f"{HOST},localhost",
    }


def _wait_until_ended(running: LocalAws, seconds: float) -> bool:
    child = _started.get(running.pid)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        exited = child.poll() is not None if child is not None else True
        if exited and lock.read_holder(running.state_dir) is None:
            _started.pop(running.pid, None)
            return True
        time.sleep(POLL_SECONDS)
    return False


def _tail(log_path: Path) -> str:
    lines = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(lines[-LOG_TAIL_LINES:])
