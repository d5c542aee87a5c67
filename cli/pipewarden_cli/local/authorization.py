"""What IAM is asked beyond what the emulator asks: the right resource of a call, and calls that need several grants.

Has no effect when the emulator runs without IAM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.core.router import extract_access_key_id


@dataclass(frozen=True)
class Call:
    """One API call: the service as the emulator names it, the operation, and its input where that is JSON or a form."""

    service: str
    operation: str
    path: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Grant:
    """A permission that a call needs besides its own, as ``kms:Decrypt`` on a key; ``keys`` are condition keys."""

    service: str
    action: str
    resource: str
    keys: Mapping[str, Any] = field(default_factory=dict)


Reader = Callable[[Call], str | None]
Needs = Callable[[Call], list[Grant]]
Context = Callable[[Call], dict[str, Any]]

_resources: dict[tuple[str, str], Reader] = {}
_needs: dict[tuple[str, str], list[Needs]] = {}
_contexts: dict[tuple[str, str], Context] = {}


def arn(service: str, resource: str) -> str:
    """An ARN in the current account and region."""
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def set_resource(service: str, operation: str, read: Reader) -> None:
    """Say on which resource an operation is authorized; ``operation`` ``*`` stands for all others of the service."""
    _resources[(service, operation)] = read


def set_context(service: str, operation: str, read: Context) -> None:
    """Add condition keys (lower case) to an operation."""
    _contexts[(service, operation)] = read


def also_needs(service: str, operation: str, needs: Needs) -> None:
    """Say which further grants an operation needs; they are checked after the emulator has allowed the call itself."""
    _needs.setdefault((service, operation), []).append(needs)


def install() -> None:
    """Patch the emulator, once, after everything was registered."""
    iam_actions.extract_iam_action = _named_as_granted(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = _resource_reader(iam_actions.extract_resource_arn)
    iam_actions.request_tag_context = _context_reader(iam_actions.request_tag_context)
    for service in {service for service, _ in _needs}:
        app.SERVICE_HANDLERS[service] = _checking(service, app.SERVICE_HANDLERS[service])


def _named_as_granted(inner: Callable[..., str | None]) -> Callable[..., str | None]:
    """SQS and SNS have no actions of their own for batches: SendMessageBatch is granted as sqs:SendMessage."""

    def named(*arguments: Any, **options: Any) -> str | None:
        action = inner(*arguments, **options)
        return action.removesuffix("Batch") if action and action.startswith(("sqs:", "sns:")) else action

    return named


def _resource_reader(inner: Callable[..., str]) -> Callable[..., str]:
    def extract(
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any, region: str, account_id: str
    ) -> str:
        call = _read_call(service, method, path, headers, body, query_params)
        read = _resources.get((service, call.operation)) or _resources.get((service, "*"))
        found = read(call) if read is not None else None
        return found or inner(service, method, path, headers, body, query_params, region, account_id)

    return extract


def _context_reader(inner: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        operation = iam_action.partition(":")[2]
        read = _contexts.get((service, operation))
        added = read(Call(service, operation, "", _read_data(body, params))) if read is not None else {}
        return {**inner(service, iam_action, body, params), **added}

    return context


def _checking(service: str, inner: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if app.AUTH:
            call = _read_call(service, method, path, headers, body, query_params)
            for needs in _needs.get((service, call.operation), ()):
                for grant in needs(call):
                    refusal = _refusal(call, grant, headers, query_params)
                    if refusal is not None:
                        return refusal
        return await inner(method, path, headers, body, query_params)

    return handle


def _refusal(call: Call, grant: Grant, headers: Any, query_params: Any) -> Any:
    key = extract_access_key_id(headers, query_params)
    denied = enforce(
        key, grant.action, grant.service, get_region(), resource_arn=grant.resource, service_context=dict(grant.keys)
    )
    if denied is None:
        return None
    principal = getattr(denied, "principal_arn", "")
    return iam_actions.access_denied_response(
        call.service, grant.action, principal, new_uuid(), headers=headers, resource_arn=grant.resource
    )


def _read_call(service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Call:
    data = _read_data(body, query_params)
    params = {key: value if isinstance(value, list) else [str(value)] for key, value in data.items()}
    action = iam_actions.extract_iam_action(service, method, path, headers, body, params) or ""
    return Call(service, action.partition(":")[2], path, data)


def _read_data(body: bytes, query_params: Any) -> dict[str, Any]:
    given = {key: value[0] if isinstance(value, list) and value else value for key, value in query_params.items()}
    if body[:1] == b"{":
        try:
            return {**given, **json.loads(body)}
        except ValueError:
            return given
    if b"Action=" in body[:4096]:
        form = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
        return {**given, **{key: values[0] for key, values in form.items()}}
    return given
