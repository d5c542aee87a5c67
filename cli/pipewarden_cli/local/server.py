"""The embedded AWS as a process: ``python -m pipewarden_cli.local.server --port N --state-dir DIR``.

Checks the emulator's version, sets its environment, fills the gaps and runs it in the foreground. Ends on SIGTERM and
SIGINT, or when the process named by ``--parent-pid`` is gone, and takes every process that it started with it.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipewarden_cli.local import children, hooks, lock
from pipewarden_cli.local.imitation import EMULATOR, EMULATOR_VERSION, find_gaps
from pipewarden_cli.local.ports import HOST

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
ENDED_WRONG_VERSION = 3
ENDED_ALREADY_RUNNING = 4


class WrongVersionError(Exception):
    """The emulator that is installed is not the one whose internals the gaps patch."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the embedded AWS until it is told to end; the process's exit status."""
    options = _parse(arguments)
    try:
        check_version()
    except WrongVersionError as wrong:
        print(wrong, file=sys.stderr)
        return ENDED_WRONG_VERSION
    state_dir = Path(options.state_dir).resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    entry = _entry(options, state_dir)
    if lock.acquire(state_dir, entry) is None:
        print(f"An embedded AWS is running on {state_dir} already; end it first", file=sys.stderr)
        return ENDED_ALREADY_RUNNING
    os.environ.update(emulator_environment(options))
    # Functions and jobs inherit this environment; they must not find our own source root on their path.
    os.environ.pop("PYTHONPATH", None)
    children.track()
    if options.parent_pid is not None:
        children.end_with(options.parent_pid)
    hooks.route("GET", "identity", lambda _query: (200, entry))
    try:
        _run()
    finally:
        _end()
    return 0


def check_version() -> None:
    """Raise WrongVersionError, with the cure, unless the pinned emulator is the one installed."""
    try:
        installed = version(EMULATOR)
    except PackageNotFoundError:
        installed = "none"
    if installed != EMULATOR_VERSION:
        raise WrongVersionError(
            f"The embedded AWS needs {EMULATOR} {EMULATOR_VERSION}, but {installed} is installed; "
            f"run: {sys.executable} -m pip install {EMULATOR}=={EMULATOR_VERSION}"
        )


def emulator_environment(options: argparse.Namespace) -> Mapping[str, str]:
    """The variables the emulator reads when it is imported: loopback only, no Docker, files below the state dir."""
    temporary = Path(options.state_dir).resolve() / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(options.port),
        "TMPDIR": str(temporary),
        "S3_DATA_DIR": str(temporary / "s3"),
        "MINISTACK_ACCOUNT_ID": options.account,
        "MINISTACK_REGION": options.region,
        "AUTH": "true" if options.auth else "false",
        "MINISTACK_HOST": HOST,
        # Without these the emulator opens further ports or talks to a Docker engine that belongs to somebody else.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{temporary}/no-docker-engine",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pipewarden_cli.local.server", description="The embedded AWS on loopback.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", required=True, help="folder for everything that it writes")
    parser.add_argument("--account", default=DEFAULT_ACCOUNT)
    parser.add_argument("--region", default=DEFAULT_REGION)
    parser.add_argument("--auth", action=argparse.BooleanOptionalAction, default=True, help="enforce IAM (default)")
    parser.add_argument("--parent-pid", type=int, help="end when this process is gone")
    return parser.parse_args(arguments)


def _entry(options: argparse.Namespace, state_dir: Path) -> dict[str, object]:
    return {
        "state_dir": str(state_dir),
        "port": options.port,
        "pid": os.getpid(),
        "account": options.account,
        "region": options.region,
        "auth": options.auth,
        "version": EMULATOR_VERSION,
    }


def _run() -> None:
    sys.argv = sys.argv[:1]  # the emulator parses the command line by itself
    from ministack import app

    hooks.install()
    for gap in find_gaps():
        importlib.import_module(gap.module).fill()
    importlib.import_module("pipewarden_cli.local.authorization").install()
    hooks.start_ticking()
    app.main()


def _end() -> None:
    # From here on a second Ctrl-C must not interrupt the cleaning up.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    hooks.end()
    children.end_all()


if __name__ == "__main__":
    sys.exit(main())
