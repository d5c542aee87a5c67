"""Our functions and what they may do, as the plan has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "$(key)"
ACKNOWLEDGE_URL = "$(acknowledge_url)"
"""Stands in a function's environment for the address of the acknowledge function, which only the deployment knows."""


@dataclass(frozen=True, kw_only=True)
class StatementPlan:
    """One IAM statement; `reason` stands in the plan and in the docs. The resource `KEY` is the environment's KMS key,
    whose ARN only the deployment knows; such a statement is left out where the environment has no key of its own."""

    sid: str
    reason: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    exact: bool = False
    """What changes or deletes things that a user named is never widened to a pattern over them."""


@dataclass(frozen=True, kw_only=True)
class FunctionPlan:
    """One of our Lambda functions. `handler` is an import path; the asset is shared by all.

    `statements` go into the role's inline policy; what does not fit there into `managed`, one policy each.
    """

    role: str
    name: str
    handler: str
    description: str
    memory_mb: int
    timeout_seconds: int
    environment: Mapping[str, str]
    statements: tuple[StatementPlan, ...]
    managed: tuple[tuple[StatementPlan, ...], ...] = ()
    reserved_concurrency: int | None = None
