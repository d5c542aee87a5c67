"""One server a state folder: a lock that the kernel releases when its holder dies, and the holder's entry."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE_NAME = "server.json"
# Whoever looks takes the lock for a moment; a starting server must not mistake that for another server.
ACQUIRE_SECONDS = 1.0
POLL_SECONDS = 0.02


def acquire(state_dir: Path, entry: Mapping[str, Any]) -> int | None:
    """Hold the lock for the life of this process and publish ``entry``; None when another process holds it."""
    descriptor = os.open(state_dir / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + ACQUIRE_SECONDS
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(POLL_SECONDS)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(entry).encode(), 0)
    return descriptor


def read_holder(state_dir: Path) -> dict[str, Any] | None:
    """The entry of the process that holds the lock now; None when nobody does, or it has not published yet."""
    try:
        descriptor = os.open(state_dir / FILE_NAME, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(descriptor, fcntl.LOCK_SH):
            return None
        return _parse(os.pread(descriptor, 65536, 0))
    finally:
        os.close(descriptor)


def _parse(content: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(content)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
