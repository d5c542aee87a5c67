"""What can go wrong with the embedded AWS, each as a sentence with its cure."""

from __future__ import annotations

from pathlib import Path


class LocalAwsError(Exception):
    """The embedded AWS cannot do what was asked; the text says why and what to do."""


class AlreadyRunningError(LocalAwsError):
    """One state folder has one server."""

    def __init__(self, endpoint_url: str, pid: int) -> None:
        super().__init__(
            f"The embedded AWS is running already at {endpoint_url} (process {pid}); "
            "use it, or end it with: pipewarden local stop"
        )


class NotRunningError(LocalAwsError):
    """There is nothing to wipe or to talk to."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(f"No embedded AWS is running on {state_dir}; start it with: pipewarden local start")


class PortTakenError(LocalAwsError):
    """Another program listens where the server should."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken by another program; leave out --port to have a free one chosen")


class NotStoppedError(LocalAwsError):
    """The server outlived every signal."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"Process {pid} of the embedded AWS did not end; end it with: kill -9 {pid}")


class DiedAtStartError(LocalAwsError):
    """The server ended, or did not answer, before it was ready."""

    def __init__(self, what: str, log_path: Path, tail: str) -> None:
        super().__init__(f"The embedded AWS {what}. Its log is {log_path} and ends with:\n{tail}")
