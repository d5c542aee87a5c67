"""The test message of `pipewarden notify`, delivered as the functions deliver."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from pipewarden.channel_message import Event, Notice
from pipewarden.conversation import Patience, tell
from pipewarden.delivery import Delivery
from pipewarden.failure import classify
from pipewarden.listener import heard_by_sns, page_listeners
from pipewarden.message import Message, fit_sms, fit_subject
from pipewarden.outgoing import DeliveryError
from pipewarden.registry import channel_types
from pipewarden.settings import Settings
from pipewarden.workplace import Workplace
from pipewarden_plan.model import Environment

SECONDS = 30.0


class _Quiet:
    """Nothing is logged on a terminal: the last line says it all."""

    def info(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...

    def warning(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...


def send_test(environment: Environment, channel: str, clients: Callable[[str], Any], *, local: bool = False) -> str:
    """Send it; why it was not taken, or "". Raises as boto3 does when SNS refuses for another reason than a topic that
    is not there."""
    workplace = _workplace(environment, clients, local=local)
    declared = environment.channels[channel]
    events: tuple[Event, ...] = ("notice",)
    if channel_types()[declared.type].makes_cases:
        events = ("page", "recovered")
    if heard_by_sns(declared.type):
        return _publish(workplace, environment, channel)
    now = workplace.now()  # one key for both: what is opened is resolved
    try:
        for event in events:
            notice = make_test(environment, event, now)
            tell(workplace, declared, notice, Patience.of(workplace, SECONDS))
    except DeliveryError as error:
        return str(error)
    return ""


def make_test(environment: Environment, event: Event, now: datetime, severity: str = "") -> Notice:
    """A message that says what it is."""
    first = f"TEST of Pipewarden ({environment.name}): this channel works. Nothing is wrong, nobody has to act."
    return Notice(
        event=event,
        key=f"pipewarden-test-{now:%Y%m%d-%H%M%S}",
        pipeline="pipewarden-test",
        environment=environment.name,
        severity=severity or max(environment.severities),
        message=Message(subject=fit_subject(first), headline=first, text=f"{first}\n", sms=fit_sms(first)),
        sent=now,
    )


def _publish(workplace: Workplace, environment: Environment, channel: str) -> str:
    """To the channel's own topic where rungs call it, else to a page topic that it hears, with all who hear that."""
    delivery, routes = Delivery(workplace), environment.severities
    called = any(rung.to == channel for route in routes.values() for rung in route.escalate)
    heard = [name for name, route in routes.items() if channel in page_listeners(route, environment.channels)]
    if not called and not heard:
        return "no severity names it"
    try:
        if called:
            delivery.send_to(channel, make_test(environment, "notice", workplace.now()))
        else:
            delivery.announce(make_test(environment, "notice", workplace.now(), max(heard)), ())
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("NotFound", "NotFoundException"):
            return "its topic does not exist; deploy the environment first"
        raise
    return ""


def _workplace(environment: Environment, clients: Callable[[str], Any], *, local: bool) -> Workplace:
    settings = Settings(
        environment=environment.name,
        account=environment.account,
        region=environment.region,
        partition=environment.partition,
        mode=environment.remediation_mode,
        retries_per_hour=environment.retries_per_hour,
        pipelines={},
        alarms={},
        severities=environment.severities,
        channels=environment.channels,
    )
    return Workplace(
        settings=settings,
        technologies={},
        classify=classify,
        clients=clients,
        now=lambda: datetime.now(UTC),
        measure=lambda _: None,
        log=_Quiet(),
        loopback=local,
    )
