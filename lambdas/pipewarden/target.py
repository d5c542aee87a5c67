"""A declared resource as run-time code sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A declared resource as run-time code sees it: its fields with every interpolation done."""

    pipeline: str
    resource: str
    technology: str
    fields: Mapping[str, Any]
    environment: str
    account: str
    region: str
    partition: str = "aws"

    @property
    def values(self) -> dict[str, Any]:
        """What templates are filled from."""
        places = {"env": self.environment, "account": self.account, "region": self.region, "partition": self.partition}
        console = CONSOLES.get(self.partition, "console.aws.amazon.com")
        return {**self.fields, **places, "console": console, "pipeline": self.pipeline, "resource": self.resource}
