"""The events by which CloudFormation tells that a stack changed its status."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import changesets, handlers, stacks

from pipewarden_cli.local import emulator

NAME = "CloudFormation events"
IMITATED = (
    "Each status of a stack is an event `CloudFormation Stack Status Change` on the default bus at once; changes of "
    "single resources and drift detections are not.",
)

_logger = logging.getLogger("pipewarden.local")


def fill() -> None:
    """Publish what is recorded about a stack itself."""
    recording = _telling(stacks._add_event)
    for module in (stacks, handlers, changesets):
        module._add_event = recording


def _telling(inner: Callable[..., None]) -> Callable[..., None]:
    def record(
        stack_id: str,
        stack: str,
        logical_id: str,
        kind: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        **more: Any,
    ) -> None:
        inner(stack_id, stack, logical_id, kind, status, reason, physical_id, **more)
        if kind == "AWS::CloudFormation::Stack" and physical_id == stack_id:
            try:
                _publish(stack_id, status, reason)
            except Exception:  # telling of a deployment must never break it
                _logger.exception("event of stack %s", stack)

    return record


def _publish(stack_id: str, status: str, reason: str) -> None:
    details = {"status": status, "status-reason": reason}
    detail = {"stack-id": stack_id, "status-details": details, "client-request-token": ""}
    emulator.publish_event("aws.cloudformation", "CloudFormation Stack Status Change", detail, [stack_id])
