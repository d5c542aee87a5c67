"""Starting, ending and wiping an embedded AWS leaves nothing behind and says what is wrong in a sentence."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.local import children, control, lock
from pipewarden_cli.local.errors import AlreadyRunningError, DiedAtStartError, NotRunningError, PortTakenError

pytestmark = pytest.mark.e2e

FUNCTION = "import os\n\ndef main(event, context):\n    return {'pid': os.getpid(), 'env': dict(os.environ)}\n"
STARTER = """
import os, sys
from pathlib import Path
from pipewarden_cli.local import control
print(control.start(Path(sys.argv[1]), parent_pid=os.getpid()).pid)
"""


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    control.stop(tmp_path)


def call_function(running: control.LocalAws) -> dict[str, Any]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("h.py", FUNCTION)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = running.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    functions = running.client("lambda")
    code = {"ZipFile": packed.getvalue()}
    functions.create_function(FunctionName="f", Role=role, Runtime="python3.13", Handler="h.main", Code=code)
    found: dict[str, Any] = json.loads(functions.invoke(FunctionName="f")["Payload"].read())
    return found


def test_a_life_from_start_to_stop(state_dir: Path, monkeypatch: pytest.MonkeyPatch, until: Callable[..., Any]) -> None:
    monkeypatch.setenv("AWS_PROFILE", "one-that-does-not-exist")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "x")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    running = control.start(state_dir, account="210987654321", region="eu-west-1", parent_pid=os.getpid())
    assert control.status(state_dir) == running
    identity = running.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::210987654321:root"
    with pytest.raises(AlreadyRunningError, match=f"running already at {running.endpoint_url}"):
        control.start(state_dir)
    worker = call_function(running)
    assert worker["env"]["AWS_REGION"] == "eu-west-1"
    assert not {"AWS_PROFILE", "HTTP_PROXY", "PYTHONPATH"} & worker["env"].keys()
    control.reset(state_dir)
    assert running.client("lambda").list_functions()["Functions"] == []
    assert running.is_healthy()
    worker = call_function(running)
    assert control.stop(state_dir)
    until(lambda: not children.is_alive(worker["pid"]))
    assert control.status(state_dir) is None
    assert not control.stop(state_dir)


def test_it_ends_with_its_parent(state_dir: Path, until: Callable[..., Any]) -> None:
    roots = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": roots}
    starter = subprocess.run(
        [sys.executable, "-c", STARTER, str(state_dir)], env=environment, capture_output=True, text=True, timeout=60
    )
    pid = int(starter.stdout)
    until(lambda: not children.is_alive(pid))
    assert control.status(state_dir) is None


def test_a_killed_server_leaves_no_function_behind_and_can_be_started_again(
    state_dir: Path, until: Callable[..., Any]
) -> None:
    running = control.start(state_dir, parent_pid=os.getpid())
    worker = call_function(running)
    os.kill(running.pid, signal.SIGKILL)
    until(lambda: control.status(state_dir) is None)
    until(lambda: not children.is_alive(worker["pid"]))
    assert control.start(state_dir, parent_pid=os.getpid()).pid != running.pid


def test_a_file_left_behind_is_not_taken_for_a_server(state_dir: Path) -> None:
    # The id is that of a living process, as after a reboot; it must not be ended.
    (state_dir / lock.FILE_NAME).write_text(json.dumps({"pid": os.getpid(), "port": 1}))
    assert control.status(state_dir) is None
    assert not control.stop(state_dir)
    with pytest.raises(NotRunningError, match="start it with: pipewarden local start"):
        control.reset(state_dir)


def test_a_port_in_use_is_named(state_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port} is taken"):
            control.start(state_dir, port=port)


def test_a_server_that_dies_shows_the_end_of_its_log(state_dir: Path) -> None:
    with pytest.raises(DiedAtStartError, match="invalid int value") as died:
        control._start_once(state_dir, 1, ("--port", "none", "--state-dir", str(state_dir)))
    assert "server.log" in str(died.value)
