"""The responder: signals from the queue, each decided and acted upon; what fails is delivered again by itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipewarden.handlers.outset import deadline, logger, workplace
from pipewarden.measurement import Measurement
from pipewarden.responder import Responder
from pipewarden.transport import read_record
from pipewarden.workplace import BusyError


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Lambda entry point for batches of the signals queue, with a partial batch response.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html. Powertools has a processor for
    this too; importing it takes a quarter of the time in which the function comes up.
    """
    over = deadline(context, workplace().now)
    failed = [record["messageId"] for record in event["Records"] if not _is_handled(record, over)]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def _is_handled(record: Mapping[str, Any], over: datetime) -> bool:
    """False for what must be delivered again: whatever goes wrong with one record stops no other."""
    place = workplace()
    reading = read_record(record, place.technologies.values())
    if reading.signal is None:
        logger().warning("ignored", extra={"why": reading.why, "message_id": record["messageId"]})
        place.measure(Measurement(name="SignalsIgnored"))
        return True
    receives = int(record["attributes"].get("ApproximateReceiveCount") or 1)
    try:
        Responder(place).handle(reading.signal, over, receives)
    except BusyError as busy:
        logger().info("busy", extra={"why": str(busy), "message_id": record["messageId"]})
        return False
    except Exception:  # noqa: BLE001 told in the log, and delivered again
        kind = reading.signal.kind.value
        logger().exception("failed", extra={"kind": kind, "message_id": record["messageId"]})
        return False
    place.measure(Measurement(name="SignalsHandled"))
    return True
