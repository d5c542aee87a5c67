"""What an error of an AWS call means for what it was to start."""

from botocore.exceptions import ClientError

LIMITS = frozenset(
    {"ConcurrentRunsExceededException", "ResourceNumberLimitExceededException", "ExecutionLimitExceeded"}
    | {"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"}
    | {"RequestLimitExceeded", "SlowDown", "TooManyUpdates", "AutomationExecutionLimitExceededException"}
)
"""Refusals that say "not now": nothing was started, and the same call may pass a little later."""


def error_code(error: Exception) -> str:
    """The service's code, or the name of the exception."""
    response = error.response if isinstance(error, ClientError) else {}
    return str(response.get("Error", {}).get("Code", type(error).__name__))


def error_status(error: Exception) -> int:
    """The HTTP status; 400 for what never reached a service."""
    response = error.response if isinstance(error, ClientError) else {}
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
