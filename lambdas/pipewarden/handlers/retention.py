"""The retention function: a CloudFormation custom resource that sets the retention of log groups, whoever made them."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from pipewarden.handlers.clients import clients
from pipewarden.handlers.outset import logger
from pipewarden.retention import set_retention

TIMEOUT_SECONDS = 10


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Lambda entry point for custom resource requests with `Groups` and `Days`.

    A group that cannot be set is counted and logged, and never fails the stack; deleting leaves the groups as they are.
    """
    data = {"Set": 0, "Failed": 0}
    if event["RequestType"] in ("Create", "Update"):
        properties = event["ResourceProperties"]
        failed = set_retention(clients("logs"), properties["Groups"], int(properties["Days"]))
        data = {"Set": len(properties["Groups"]) - len(failed), "Failed": len(failed)}
        for group, why in failed.items():
            logger().warning("retention not set", extra={"group": group, "why": why})
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId") or "pipewarden-retention",
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        "Data": data,
    }
    _send(event["ResponseURL"], answer)
    return answer


def _send(url: str, answer: Mapping[str, Any]) -> None:
    """CloudFormation waits an hour for this: an empty content type is what its signed address was made for."""
    body = json.dumps(answer).encode()
    request = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
        return
