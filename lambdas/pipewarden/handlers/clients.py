"""boto3 clients, made when they are first needed and kept for the life of the process."""

from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=15,
    retries={"mode": "standard", "max_attempts": 4},
)


MAKING = Lock()
"""Clients may be used by several threads, but not made by several: boto3's default session is no place for two."""


@cache
def clients(service: str) -> Any:
    """The client of a service by its boto3 name."""
    with MAKING:
        return boto3.client(service, config=CONFIG)  # type: ignore[call-overload]
