"""Runs the script of a Glue Python shell job as a process of its own, with its role's credentials and nothing else."""

from __future__ import annotations

import contextlib
import contextvars
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# ``awsglue.utils.getResolvedOptions``, which Glue scripts import to read their arguments.
LIBRARY = Path(__file__).parent / "glue_library"
STOP_GRACE_SECONDS = 2.0
ERROR_LINES_KEPT = 200
TRACEBACK = "Traceback (most recent call last):"
INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Outcome:
    """How a run ended: a terminal JobRunState, and for a failure what AWS calls its ErrorMessage."""

    state: str
    error: str = ""


class Script:
    """One running script. ``stop`` may be called from any thread, before, during and after ``run``."""

    def __init__(self, source: bytes, name: str, arguments: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._source = source
        self._name = name
        self._arguments = [part for pair in arguments.items() for part in pair]
        self._environment = environment
        self._stopped = threading.Event()
        self._process: subprocess.Popen[str] | None = None

    def run(self, timeout_seconds: float, output: Callable[[str], None], error: Callable[[str], None]) -> Outcome:
        """Run to the end, handing over every line of stdout and stderr as it comes."""
        folder = Path(tempfile.mkdtemp(prefix="glue-run-"))
        try:
            path = folder / self._name
            path.write_bytes(self._source)
            return self._run(path, timeout_seconds, output, error)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        """End the script and whatever it started."""
        self._stopped.set()
        self._signal(signal.SIGTERM)

    def _run(
        self, path: Path, timeout_seconds: float, output: Callable[[str], None], error: Callable[[str], None]
    ) -> Outcome:
        last_errors: list[str] = []

        def keep_error(line: str) -> None:
            last_errors.append(line)
            del last_errors[:-ERROR_LINES_KEPT]
            error(line)

        self._process = process = subprocess.Popen(
            [sys.executable, str(path), *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=path.parent,
            env=self._full_environment(path.parent),
            start_new_session=True,  # a group of its own, so that stopping reaches what the script has started
        )
        readers = [_pump(process.stdout, output), _pump(process.stderr, keep_error)]
        timed_out = not self._wait(process, timeout_seconds)
        for reader in readers:
            reader.join(STOP_GRACE_SECONDS)
        if self._stopped.is_set():
            return Outcome("STOPPED")
        if timed_out:
            return Outcome("TIMEOUT", "Job run timed out")
        if process.returncode == 0:
            return Outcome("SUCCEEDED")
        return Outcome("FAILED", error_message(last_errors, process.returncode))

    def _wait(self, process: subprocess.Popen[str], timeout_seconds: float) -> bool:
        if self._stopped.is_set():
            self._signal(signal.SIGTERM)
        try:
            process.wait(timeout_seconds)
            return True
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_GRACE_SECONDS)
            return False
        finally:
            self._signal(signal.SIGKILL)
            process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _full_environment(self, folder: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {
            **kept,
            **self._environment,
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PYTHONPATH": str(LIBRARY),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def error_message(error_lines: list[str], exit_code: int) -> str:
    """What is wrong, in a line: the exception that ended the script, else its last words, else the exit code."""
    lines = [line.rstrip() for line in error_lines if line.strip()]
    starts = [index for index, line in enumerate(lines) if line == TRACEBACK]
    after = lines[starts[-1] + 1 :] if starts else lines[-1:]
    found = next((line for line in after if not line.startswith((" ", "\t"))), "")
    return found or f"Command failed with exit code {exit_code}"


def _pump(stream: IO[str] | None, take: Callable[[str], None]) -> threading.Thread:
    def read() -> None:
        assert stream is not None
        with stream:
            for line in stream:
                take(line.rstrip("\n"))

    # The thread writes logs into the account and region of the run.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(read,), daemon=True)
    thread.start()
    return thread
