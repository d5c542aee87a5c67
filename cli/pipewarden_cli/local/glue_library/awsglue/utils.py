"""Reads a Glue script's arguments."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence


class GlueArgumentError(Exception):
    """A required argument is missing."""


def getResolvedOptions(argv: Sequence[str], options: Iterable[str]) -> dict[str, str]:  # noqa: N802  # AWS's name
    """The values of the named arguments (``--NAME value``); others are ignored, a missing one is an error.

    As in the AWS Glue developer guide, "Accessing parameters using getResolvedOptions".
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    wanted = list(options)
    for name in wanted:
        parser.add_argument(f"--{name}", dest=name)
    values = vars(parser.parse_known_args(list(argv)[1:])[0])
    missing = [name for name in wanted if values[name] is None]
    if missing:
        raise GlueArgumentError(f"the following arguments are required: {', '.join('--' + name for name in missing)}")
    return values
