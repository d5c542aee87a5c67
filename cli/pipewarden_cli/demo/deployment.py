"""The real CDK command line against the embedded AWS: synth once, bootstrap, deploy."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipewarden_cli.errors import CheckFailedError


class DeploymentError(CheckFailedError):
    """A CDK command failed; the text holds its last lines and where the rest is."""


class Cdk:
    """`cdk` of the checkout at `root`, with Node from this Python's own environment."""

    def __init__(self, root: Path, environ: Mapping[str, str], folder: Path) -> None:
        self.root = root
        self.folder = folder
        self.assembly = folder / "cdk.out"
        self.binary = root / "node_modules" / ".bin" / "cdk"
        bin_folder = str(Path(sys.executable).parent)
        path = os.pathsep.join([bin_folder, os.environ.get("PATH", os.defpath)])
        quiet = {"CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_CLI_TELEMETRY": "false"}
        self.environ = {**environ, **quiet, "PATH": path, "HOME": str(folder), "PYTHON": sys.executable}
        self._running: subprocess.Popen[bytes] | None = None
        if not self.binary.exists():
            raise DeploymentError(f"{self.binary} is missing: run `make setup` in the checkout first")

    def synth(self, environment: str) -> None:
        """Write the cloud assembly once; bootstrap and deploy read it."""
        self._run(["synth", "--quiet", "--output", str(self.assembly), "-c", f"env={environment}"], seconds=180)

    def bootstrap(self, account: str, region: str) -> None:
        """Make the bootstrap stack of the account and region."""
        self._run(["bootstrap", f"aws://{account}/{region}", "--app", str(self.assembly)], seconds=120)

    def deploy(self) -> None:
        """Deploy every stack of the assembly; a second call with nothing changed changes nothing."""
        flags = ["--require-approval", "never", "--concurrency", "4", "--progress", "events"]
        self._run(["deploy", "--all", "--app", str(self.assembly), *flags], seconds=240)

    def destroy(self) -> None:
        """Delete every stack of the assembly."""
        self._run(["destroy", "--all", "--force", "--app", str(self.assembly)], seconds=180)

    def stop(self) -> None:
        """End the command that another thread is waiting for, if there is one."""
        if self._running is not None:
            _end_group(self._running)

    def _run(self, arguments: Sequence[str], seconds: float) -> None:
        command = [str(self.binary), *arguments, "--no-notices", "--no-color"]
        log = self.folder / f"cdk-{arguments[0]}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, cwd=self.root, env=self.environ, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
            )
            self._running = process
            try:
                code = process.wait(timeout=seconds)
            except BaseException as reason:
                _end_group(process)
                if isinstance(reason, subprocess.TimeoutExpired):
                    raise DeploymentError(f"cdk {arguments[0]} took more than {seconds:.0f} s; see {log}") from None
                raise
            finally:
                self._running = None
        if code:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
            raise DeploymentError(f"cdk {arguments[0]} failed ({log}):\n{tail}")


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """End the command and what it started (node, python app.py); wait until it is gone."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return
