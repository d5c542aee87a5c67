"""Processes of the emulator: none outlives it, and it does not outlive its own parent."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import weakref
from typing import Any

PARENT_CHECK_SECONDS = 0.5
GRACE_SECONDS = 1.0

_started: weakref.WeakSet[subprocess.Popen[Any]] = weakref.WeakSet()


class _TrackedPopen(subprocess.Popen):  # type: ignore[type-arg]  # subscripting the class would make it an alias
    """Remembers every process started from here on, whoever in this interpreter starts it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _started.add(self)


def track() -> None:
    """Remember every process that this interpreter starts from now on (Lambda workers, Glue scripts)."""
    subprocess.Popen = _TrackedPopen  # type: ignore[misc]


def end_all() -> None:
    """End every remembered process that still runs: politely first, then not."""
    running = [process for process in _started if process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_with(parent_pid: int) -> None:
    """End this process (as SIGTERM would) once ``parent_pid`` is gone."""
    is_direct_parent = os.getppid() == parent_pid

    def watch() -> None:
        # An orphan is given a new parent; that also tells a dead parent from a zombie that nobody has collected yet.
        while is_alive(parent_pid) and (not is_direct_parent or os.getppid() == parent_pid):
            time.sleep(PARENT_CHECK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="pipewarden-parent-watch", daemon=True).start()


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists (it may be another one: ids are used again)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
