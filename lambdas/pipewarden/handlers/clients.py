"""boto3 clients, made when they are first needed and kept for the life of the process."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=15,
    retries={"mode": "standard", "max_attempts": 4},
)


@cache
def clients(service: str) -> Any:
    """The client of a service by its boto3 name."""
    return boto3.client(service, config=CONFIG)  # type: ignore[call-overload]
