"""An exercise from the outside: one alarm put onto the path, and when it had been told."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from pipewarden.exercise import exercise_notification, read_exercise
from pipewarden.incident_store import IncidentStore
from pipewarden.transport import read_alarm
from pipewarden_cli.aws import Place
from pipewarden_cli.aws_failures import error_code

POLL_SECONDS = 0.5


def send_exercise(
    place: Place, severity: str, by: str, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> float | None:
    """Publish it to the severity's alarm topic and wait until the responder has told people; the seconds that took,
    None when it had not after `seconds`. Raises CommandError when the environment is not deployed."""
    names, began = place.names, time.monotonic()
    message = exercise_notification(names, severity, by, datetime.now(UTC))
    sent = read_alarm(message).signal
    exercise = read_exercise(sent, names) if sent else None
    assert exercise, "it reads what it wrote"
    try:
        topic = names.topic_arn(names.alarm_topic(severity))
        place.client("sns").publish(TopicArn=topic, Message=json.dumps(message))
    except ClientError as error:
        if error_code(error) in ("NotFound", "NotFoundException"):
            raise place.not_deployed() from None
        raise
    store = IncidentStore(place.client("dynamodb"), names.table())
    while (waited := time.monotonic() - began) < seconds:
        if store.read(datetime.now(UTC), signal_key=exercise.key).seen:
            return waited
        sleep(POLL_SECONDS)
    return None
