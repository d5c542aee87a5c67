"""Reaching the AWS account of an environment, or the embedded AWS in its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipewarden.names import Names
from pipewarden.route_settings import Severity
from pipewarden_cli.errors import CommandError
from pipewarden_plan.model import Environment

if TYPE_CHECKING:
    from pipewarden_cli.local.running import LocalAws


@dataclass(frozen=True)
class Place:
    """One environment of one account: what is called how there, and clients for it by boto3's name of the service."""

    names: Names
    client: Callable[[str], Any]
    local: bool = False
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def not_deployed(self) -> CommandError:
        """Why a table or function of ours is missing, and what to do."""
        names = self.names
        where = "the embedded AWS" if self.local else f"account {names.account}, {names.region}"
        first = "point the shell at it (pipewarden local env), then " if self.local else ""
        return CommandError(
            f"Stack {names.core_stack()} is not deployed in {where}; {first}deploy it with: make deploy "
            f"ENV={names.environment} (once before the first time: cdk bootstrap aws://{names.account}/{names.region})."
        )


def state_folder(root: Path) -> Path:
    """Where the embedded AWS of a project keeps its files."""
    return root / ".pipewarden" / "local"


def running_aws(root: Path) -> "LocalAws":
    """The project's embedded AWS. Raises NotRunningError, whose text says how to start it."""
    from pipewarden_cli.local import control
    from pipewarden_cli.local.errors import NotRunningError

    found = control.status(state_folder(root))
    if found is None:
        raise NotRunningError(state_folder(root))
    return found


def connect(root: Path, environment: Environment, local: bool = False) -> Place:
    """The environment's place, checked: the credentials work and belong to its account."""
    names = Names(environment.name, environment.account, environment.region, environment.partition)
    if local:
        return Place(names, _local_client(root, names), local=True, severities=environment.severities)
    import boto3
    from botocore.config import Config

    session: Any = boto3.session.Session(region_name=names.region)
    config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})
    place = Place(names, lambda service: session.client(service, config=config), severities=environment.severities)
    account = str(place.client("sts").get_caller_identity()["Account"])
    if account != names.account:
        raise CommandError(
            f"These AWS credentials belong to account {account}, but environment {names.environment} is account "
            f"{names.account} (config/environments/{names.environment}.yaml); switch with AWS_PROFILE."
        )
    return place


def _local_client(root: Path, names: Names) -> Callable[[str], Any]:
    aws = running_aws(root)
    if (aws.account, aws.region) != (names.account, names.region):
        raise CommandError(
            f"The embedded AWS runs as account {aws.account}, {aws.region}, but environment {names.environment} is "
            f"account {names.account}, {names.region}; start it anew with: pipewarden local stop; "
            f"pipewarden local start --account {names.account} --region {names.region}"
        )
    return aws.client
