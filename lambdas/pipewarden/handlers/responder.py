"""The responder: signals from the queue, each decided and acted upon; what fails is delivered again by itself."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from pipewarden.handlers.outset import deadline, logger, workplace
from pipewarden.measurement import Measurement
from pipewarden.responder import Responder
from pipewarden.transport import read_record
from pipewarden.workplace import BusyError


def handler(event: Mapping[str, Any], context: Any) -> Any:
    """Lambda entry point for batches of the signals queue, with a partial batch response."""
    place = workplace()
    responder, over = Responder(place), deadline(context, place.now)

    def handle_record(record: SQSRecord) -> str:
        reading = read_record(record.raw_event, place.technologies.values())
        if reading.signal is None:
            logger().warning("ignored", extra={"why": reading.why, "message_id": record.message_id})
            place.measure(Measurement(name="SignalsIgnored"))
            return "ignored"
        receives = int(record.attributes.approximate_receive_count or 1)
        try:
            done = responder.handle(reading.signal, over, receives)
        except BusyError as busy:
            logger().info("busy", extra={"why": str(busy), "message_id": record.message_id})
            raise
        except Exception:
            logger().exception("failed", extra={"kind": reading.signal.kind.value, "message_id": record.message_id})
            raise
        place.measure(Measurement(name="SignalsHandled"))
        return done

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=dict(event), record_handler=handle_record, processor=processor, context=context
    )
