"""How what lies in a dead-letter queue is given to a Lambda function again."""

import json
from collections.abc import Mapping
from typing import Any

from pipewarden.target import Target
from pipewarden.technology import Clients

BACK_SECONDS = 420.0
"""Lambda waits one minute before its first retry of an asynchronous event and two before the second (Lambda guide,
"Asynchronous invocation"); what fails again is in the dead-letter queue some minutes after it was given again."""
HOLDS = {
    "enum": ["event", "record", "notification"],
    "default": "event",
    "description": "What lies in the queue: the `event` itself (the function's own dead-letter queue, that of an "
    "EventBridge target or of a schedule), the `record` of its on-failure destination, or the `notification` of an SNS "
    "subscription.",
}


def read_dead_letter(body: str, holds: str) -> str:
    """The event that the function gets again, as JSON. Raises ValueError when the body is not of the declared form.

    Forms: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (event, record),
    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html (what a function gets of a notification).
    """
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if holds == "event":
        return body
    key = "requestPayload" if holds == "record" else "TopicArn"
    if not isinstance(found, Mapping) or key not in found:
        raise ValueError(f"no {holds}: it has no {key}")
    return json.dumps(found[key] if holds == "record" else {"Records": [_sns_record(found)]})


def _sns_record(notification: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    _, _, subscription = str(notification.get("UnsubscribeURL", "")).partition("SubscriptionArn=")
    sns = {renamed.get(key, key): value for key, value in notification.items()}
    sns = {"Subject": None, "MessageAttributes": {}, **sns}
    return {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription, "Sns": sns}


def invoke_again(clients: Clients, target: Target, payload: str) -> None:
    """Give the event to Lambda's own queue of asynchronous events, which has it safely when the call returns."""
    clients("lambda").invoke(
        FunctionName=target.fields["function"],
        Qualifier=target.fields.get("qualifier", "$LATEST"),
        InvocationType="Event",
        Payload=payload.encode(),
    )
