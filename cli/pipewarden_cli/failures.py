"""Exceptions as sentences with a cure; None for those that are a defect of ours."""

import errno
import os
import sys
import tempfile
import traceback

from pipewarden_cli.errors import CommandError
from pipewarden_cli.printable import printable

_OS_CURES = {
    errno.ENOENT: "does not exist; check the path, or give the project's folder with --root",
    errno.EACCES: "may not be read or written by you; check its permissions",
    errno.EPERM: "may not be read or written by you; check its permissions",
    errno.EISDIR: "is a folder where a file is needed",
    errno.ENOTDIR: "lies below something that is a file, not a folder",
    errno.EROFS: "lies on a file system that cannot be written to; choose another place",
    errno.ENOSPC: "could not be written: the disk is full; free some space",
}
_MISSING_PACKAGES = {
    "ministack": "The embedded AWS is not installed; install it with: pip install 'pipewarden[local]'",
    "boto3": "boto3 is not installed; install it with: pip install pipewarden",
    "aws_cdk": "The CDK is not installed; install it with: pip install pipewarden",
}


def describe(error: Exception) -> str | None:
    """The sentence for an expected failure. Nothing is imported for failures that cannot have come from there."""
    from pipewarden_cli.local.errors import LocalAwsError

    if isinstance(error, CommandError | LocalAwsError):
        return printable(str(error))
    if isinstance(error, ModuleNotFoundError):
        return _MISSING_PACKAGES.get((error.name or "").partition(".")[0])
    if "botocore" in sys.modules:
        from pipewarden_cli.aws_failures import describe_aws

        if sentence := describe_aws(error):
            return printable(sentence)
    return _describe_os(error) if isinstance(error, OSError) else None


def write_trace(error: Exception) -> str:
    """Keep the stack trace of a defect in a file; the sentence that says where it is."""
    summary = printable(f"{type(error).__name__}: {error}").splitlines()[0][:200]
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="pipewarden-trace-", suffix=".txt", encoding="utf-8", errors="replace", delete=False
        ) as file:
            file.write(text)
    except OSError:
        return (
            f"this is a defect in Pipewarden ({summary}). Run it again with --debug and open an issue with the output."
        )
    return (
        f"this is a defect in Pipewarden ({summary}). The stack trace is in {file.name}; "
        "please open an issue with it (look through it for names you want to keep to yourself)."
    )


def _describe_os(error: OSError) -> str | None:
    cure = _OS_CURES.get(error.errno or 0)
    if cure is None or not error.filename:
        return None if error.errno is None else f"The system refused: {error.strerror or os.strerror(error.errno)}."
    return printable(f"{os.fsdecode(error.filename)} {cure}.")
