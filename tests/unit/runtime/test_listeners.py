"""Who hears of a severity without any function of ours, and which rungs an incident has called."""

from datetime import timedelta

import pytest

from pipewarden.escalation import Call, called_rungs
from pipewarden.listener import page_listeners
from pipewarden.route_settings import Channel, Rung, Severity
from tests.unit.runtime.cases import incident

CHANNELS = {
    "mail": Channel(type="email", address="data@example.com"),
    "phone": Channel(type="sms", address="+15555550100"),
    "chat": Channel(type="slack", secret="pipewarden/slack"),
    "aws-chat": Channel(type="chatbot-slack", fields={"workspace": "T1", "channel": "C1"}),
}


def route(notify: tuple[str, ...], *rungs: str) -> Severity:
    chain = tuple(Rung(after_seconds=60.0 * n, to=name) for n, name in enumerate(rungs))
    return Severity(respond_within_seconds=timedelta(hours=1).total_seconds(), notify=notify, escalate=chain)


@pytest.mark.parametrize(
    ("found", "heard"),
    [
        pytest.param(route(("mail", "chat"), "phone"), ("mail",), id="those of notify that SNS reaches"),
        pytest.param(route(("chat",), "chat", "phone", "mail"), ("phone",), id="else the first rung that it reaches"),
        pytest.param(route(("chat", "aws-chat"), "mail"), ("aws-chat",), id="AWS's chat service listens too"),
        pytest.param(route(("chat",), "chat"), (), id="nobody"),
        pytest.param(route(()), (), id="nothing is declared"),
    ],
)
def test_listeners_of_a_page_topic(found: Severity, heard: tuple[str, ...]) -> None:
    assert page_listeners(found, CHANNELS) == heard


def test_a_rung_that_was_due_and_not_called_does_not_count_as_called() -> None:
    made, skipped = Call(page=1, rung=1), Call(page=1, rung=2)
    assert called_rungs(incident(rungs=(made.name, skipped.skipped))) == {1}
