"""Every failure that can be expected is one sentence with a cure; a defect leaves its trace in a file."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore import exceptions

from pipewarden_cli import main as command
from pipewarden_cli.errors import CheckFailedError, CommandError, UnknownEnvironmentError
from pipewarden_cli.failures import describe
from pipewarden_cli.local.errors import NotRunningError, PortTakenError


def refused(code: str, message: str = "the reason", operation: str = "Query") -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (CommandError("Do this instead."), "Do this instead."),
        (
            UnknownEnvironmentError("prd", ("dev", "prod")),
            "There is no environment 'prd'; declared are: dev, prod.",
        ),
        (UnknownEnvironmentError("x", ()), "There is no environment 'x'; none is declared in config/environments."),
        (
            PortTakenError(4566),
            "Port 4566 is taken by another program; leave out --port to have a free one chosen",
        ),
        (
            NotRunningError(Path("state")),
            "No embedded AWS is running on state; start it with: pipewarden local start",
        ),
        (
            ModuleNotFoundError("No module named 'ministack'", name="ministack.app"),
            "The embedded AWS is not installed; install it with: pip install 'pipewarden[local]'",
        ),
        (
            exceptions.NoCredentialsError(),
            "No AWS credentials were found; set AWS_PROFILE, or log in, for example with: aws sso login. "
            "To ask the embedded AWS, add --local.",
        ),
        (
            exceptions.ProfileNotFound(profile="prd"),
            "The config profile (prd) could not be found; set AWS_PROFILE to one that exists "
            "(list them with: aws configure list-profiles).",
        ),
        (
            exceptions.UnauthorizedSSOTokenError(),
            "The AWS login has expired; log in again, for example with: aws sso login",
        ),
        (
            refused("ExpiredTokenException"),
            "The AWS credentials have expired; log in again, for example with: aws sso login",
        ),
        (
            refused("InvalidClientTokenId"),
            "AWS does not accept these credentials (InvalidClientTokenId): they are mistyped, deleted, or of another "
            "partition; check AWS_PROFILE and the AWS_* variables.",
        ),
        (
            refused("AccessDeniedException", "User x is not\n authorized."),
            "These AWS credentials may not call Query: User x is not authorized. Use a role that may.",
        ),
        (
            refused("ThrottlingException"),
            "AWS limits how often Query may be called; wait a minute and try again.",
        ),
        (
            refused("ResourceNotFoundException", "Function not found"),
            "Query found nothing there: Function not found. Is Pipewarden deployed in this environment?",
        ),
        (refused("SomethingNew", "why."), "Query failed: why (SomethingNew)."),
        (
            exceptions.EndpointConnectionError(endpoint_url="https://sts.eu-west-1.amazonaws.com/"),
            "https://sts.eu-west-1.amazonaws.com/ does not answer; check the network, the proxy (HTTPS_PROXY) and the "
            "environment's region.",
        ),
        (
            exceptions.ConfigParseError(path="/home/ada/.aws/config"),
            "The AWS configuration cannot be used: Unable to parse config file: /home/ada/.aws/config; mend it, or "
            "point AWS_CONFIG_FILE elsewhere.",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file", "orders.yaml"),
            "orders.yaml does not exist; check the path, or give the project's folder with --root.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "orders.yaml"),
            "orders.yaml may not be read or written by you; check its permissions.",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "report.html"),
            "report.html could not be written: the disk is full; free some space.",
        ),
        (OSError(errno.EMFILE, "Too many open files"), "The system refused: Too many open files."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_expected_failures_are_sentences(error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert describe(error) == sentence


def test_an_endpoint_that_was_chosen_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert describe(exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/")) == (
        "http://127.0.0.1:4566/ does not answer. AWS_ENDPOINT_URL is http://127.0.0.1:4566: start what it points to "
        "(for the embedded AWS: pipewarden local start), or unset it."
    )


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), KeyError("x"), ModuleNotFoundError("No module named 'yaml'", name="yaml"), OSError("odd")],
)
def test_defects_are_not_mistaken_for_expected_failures(error: Exception) -> None:
    assert describe(error) is None


def run_with(error: BaseException, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """`pipewarden schema`, whose work raises this error."""

    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr("pipewarden_cli.commands.schema.run", fail)
    return command.main(["schema", *words])


@pytest.mark.parametrize(
    ("error", "code", "printed"),
    [
        (CommandError("Mend the \x1b[31mfile."), 2, "pipewarden: Mend the �[31mfile.\n"),
        (CheckFailedError("There is no incident."), 1, "pipewarden: There is no incident.\n"),
        (
            PortTakenError(80),
            2,
            "pipewarden: Port 80 is taken by another program; leave out --port to have a free one chosen\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["wrong usage", "a failed check", "the embedded AWS", "Ctrl-C is quiet"],
)
def test_failures_have_an_exit_code_and_one_line(
    error: BaseException,
    code: int,
    printed: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_with(error, monkeypatch) == code
    assert capsys.readouterr() == ("", printed)


def test_a_defect_leaves_its_trace_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_with(ZeroDivisionError("by zero\nsecond line"), monkeypatch) == 2
    (file,) = tmp_path.glob("pipewarden-trace-*.txt")
    printed = capsys.readouterr().err
    assert printed.startswith(
        "pipewarden: this is a defect in Pipewarden (ZeroDivisionError: by zero). The stack trace is in "
    )
    assert str(file) in printed
    assert printed.count("\n") == 1
    assert "Traceback" not in printed
    assert "in fail" in file.read_text(encoding="utf-8")


def test_debug_shows_the_trace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run_with(CommandError("no"), monkeypatch, "--debug")
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert printed.endswith("pipewarden: no\n")


def test_a_trace_that_cannot_be_written_is_not_a_second_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    assert run_with(ZeroDivisionError("x"), monkeypatch) == 2
    assert "Run it again with --debug" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "codes"),
    [(["schema"], {141}), (["--help"], {0, 141}), (["schema", "--help"], {0, 141})],
    ids=["a command", "help, which argparse prints", "help of a command"],
)
def test_a_reader_that_went_away_is_no_failure(words: list[str], codes: set[int]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    call = [sys.executable, "-m", "pipewarden_cli", *words]
    try:
        done = subprocess.run(call, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(writer)
    assert done.returncode in codes
    assert done.stderr == b""


def test_a_terminal_without_unicode_gets_replacement_characters() -> None:
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    code = "import pipewarden_cli.main as m; m._never_fail_to_print(); print('\\u2500 \\u6f22')"
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, timeout=60, check=True)
    assert done.stdout == b"? ?\n"


def test_output_may_be_closed_altogether(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipewarden_cli.commands.schema.run", lambda _: 0)
    monkeypatch.setattr("sys.stdout", None)
    assert command.main(["schema"]) == 0


@pytest.mark.parametrize(
    ("environ", "tty", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, True, False),
    ],
    ids=["a terminal", "a pipe", "NO_COLOR", "NO_COLOR wins", "FORCE_COLOR into a pipe", "a dumb terminal"],
)
def test_colours_follow_the_terminal_and_the_user(
    environ: dict[str, str], tty: bool, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipewarden_cli.terminal import paint

    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    painted = paint("x", "red", SimpleNamespace(isatty=lambda: tty))  # type: ignore[arg-type]
    assert painted == ("\x1b[31mx\x1b[0m" if coloured else "x")
