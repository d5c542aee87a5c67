"""The retention of log groups, whether they exist already or not."""

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError


def set_retention(logs: Any, groups: Iterable[str], days: int) -> dict[str, str]:
    """Keep the logs of each group for that many days, creating groups that do not exist; why it failed, by group."""
    failed = {}
    for group in groups:
        try:
            _create(logs, group)
            logs.put_retention_policy(logGroupName=group, retentionInDays=days)
        except (ClientError, BotoCoreError) as error:
            failed[group] = str(error)
    return failed


def _create(logs: Any, group: str) -> None:
    try:
        logs.create_log_group(logGroupName=group)
    except logs.exceptions.ResourceAlreadyExistsException:
        return
