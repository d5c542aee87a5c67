"""Clients that only read, for the account of an environment or for the embedded AWS."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from pipewarden_cli.aws import connect, running_aws
from pipewarden_cli.preview.account.metric_data import Clients
from pipewarden_plan.model import Environment


def local_clients(root: Path) -> tuple[Clients, str]:
    """Clients of the project's embedded AWS, and its region. Raises NotRunningError."""
    aws = running_aws(root)

    def client(service: str, _region: str) -> Any:
        return aws.client(service)  # it is one region, whatever a body names

    return client, aws.region


def account_clients(root: Path, environment: Environment) -> tuple[Clients, str]:
    """Clients of the environment's account, and its region; the credentials must belong to that account."""
    place = connect(root, environment)

    @lru_cache(maxsize=64)
    def client(service: str, region: str) -> Any:
        if region in ("", environment.region):
            return place.client(service)
        import boto3

        session: Any = boto3.session.Session(region_name=region)
        return session.client(service)

    return client, environment.region
