"""What AWS and botocore refuse with, as sentences. Codes are those of the services' API references."""

import os
from collections.abc import Mapping

from botocore import exceptions

LOGIN = "log in again, for example with: aws sso login"
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
INVALID = ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch")
DENIED = (
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "AuthorizationError",
    "KMSAccessDeniedException",
)
THROTTLED = ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded")
MISSING = ("ResourceNotFoundException", "ResourceNotFound", "NoSuchBucket", "QueueDoesNotExist", "NotFound")


def describe_aws(error: Exception) -> str | None:
    """The sentence for an error that botocore raised; None for one that is not an expected failure."""
    if isinstance(error, exceptions.ClientError):
        return _describe_answer(error)
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return sentence(error)
    return None


def error_code(error: exceptions.ClientError) -> str:
    """The service's word for what is wrong, e.g. `AccessDeniedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _describe_answer(error: exceptions.ClientError) -> str | None:
    code, message = error_code(error), _message(error.response)
    if code in EXPIRED:
        return f"The AWS credentials have expired; {LOGIN}"
    if code in INVALID:
        return (
            f"AWS does not accept these credentials ({code}): they are mistyped, deleted, or of another partition; "
            "check AWS_PROFILE and the AWS_* variables."
        )
    if code in DENIED:
        return f"These AWS credentials may not call {error.operation_name}: {message}. Use a role that may."
    if code in THROTTLED:
        return f"AWS limits how often {error.operation_name} may be called; wait a minute and try again."
    if code in MISSING:
        return f"{error.operation_name} found nothing there: {message}. Is Pipewarden deployed in this environment?"
    return f"{error.operation_name} failed: {message} ({code})."


def _message(response: Mapping[str, object]) -> str:
    found = response.get("Error")
    text = str(found.get("Message") or "no reason given") if isinstance(found, Mapping) else "no reason given"
    return " ".join(text.split()).rstrip(".")


def _no_credentials(_: Exception) -> str:
    return (
        "No AWS credentials were found; set AWS_PROFILE, or log in, for example with: aws sso login. "
        "To ask the embedded AWS, add --local."
    )


def _no_profile(error: Exception) -> str:
    return (
        f"{str(error).rstrip('.')}; set AWS_PROFILE to one that exists (list them with: aws configure list-profiles)."
    )


def _login_expired(_: Exception) -> str:
    return f"The AWS login has expired; {LOGIN}"


def _unreachable(error: Exception) -> str:
    address = str(getattr(error, "kwargs", {}).get("endpoint_url", "")) or "The AWS endpoint"
    if custom := os.environ.get("AWS_ENDPOINT_URL"):
        return (
            f"{address} does not answer. AWS_ENDPOINT_URL is {custom}: start what it points to "
            "(for the embedded AWS: pipewarden local start), or unset it."
        )
    return f"{address} does not answer; check the network, the proxy (HTTPS_PROXY) and the environment's region."


def _no_region(_: Exception) -> str:
    return "No AWS region is set; set AWS_REGION, or name the environment, which has one."


def _broken_config(error: Exception) -> str:
    return (
        f"The AWS configuration cannot be used: {str(error).rstrip('.')}; mend it, or point AWS_CONFIG_FILE elsewhere."
    )


_SENTENCES = (
    ((exceptions.NoCredentialsError, exceptions.PartialCredentialsError), _no_credentials),
    ((exceptions.ProfileNotFound,), _no_profile),
    (
        (
            exceptions.UnauthorizedSSOTokenError,
            exceptions.SSOTokenLoadError,
            exceptions.TokenRetrievalError,
            exceptions.CredentialRetrievalError,
        ),
        _login_expired,
    ),
    (
        (
            exceptions.EndpointConnectionError,
            exceptions.ConnectionClosedError,
            exceptions.ConnectTimeoutError,
            exceptions.ReadTimeoutError,
            exceptions.ProxyConnectionError,
            exceptions.SSLError,
        ),
        _unreachable,
    ),
    ((exceptions.NoRegionError,), _no_region),
    (
        (
            exceptions.ConfigParseError,
            exceptions.ConfigNotFound,
            exceptions.InvalidRegionError,
            exceptions.InvalidConfigError,
        ),
        _broken_config,
    ),
)
