"""E-mails and text messages end in the inbox, for the addresses and with the text that AWS would have used."""

from __future__ import annotations

import json

import pytest

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e


@pytest.fixture
def topic(local: LocalAws, name: str) -> str:
    arn: str = local.client("sns").create_topic(Name=name)["TopicArn"]
    return arn


def test_every_channel_gets_its_own_form_of_the_message(local: LocalAws, topic: str, name: str) -> None:
    sns, number = local.client("sns"), f"+1555{name[1:].replace('-', '')}"
    for protocol, address in (("email", f"{name}@a"), ("email-json", f"{name}@b"), ("sms", number)):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=address)
    texts = {"default": "all", "email": "long text", "sms": "short"}
    sns.publish(TopicArn=topic, Subject="Late", Message=json.dumps(texts), MessageStructure="json")
    inbox = local.inbox()
    (mail,), (notification,), (text,) = (inbox.deliveries(a) for a in (f"{name}@a", f"{name}@b", number))
    assert (mail.channel, mail.subject, mail.body, mail.topic) == ("email", "Late", "long text", topic)
    assert json.loads(notification.body)["Message"] == "all"
    assert json.loads(notification.body)["TopicArn"] == topic
    assert (text.channel, text.subject, text.body) == ("sms", "", "short")


def test_a_filter_policy_holds_back_what_does_not_match(local: LocalAws, topic: str, name: str) -> None:
    sns, policy = local.client("sns"), {"FilterPolicy": json.dumps({"severity": ["P1"]})}
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{name}@a", Attributes=policy)
    for severity in ("P1", "P2"):
        attributes = {"severity": {"DataType": "String", "StringValue": severity}}
        sns.publish(TopicArn=topic, Message=severity, MessageAttributes=attributes)
    assert [mail.body for mail in local.inbox().deliveries(f"{name}@a")] == ["P1"]


def test_a_message_to_a_number_needs_no_topic(local: LocalAws, name: str) -> None:
    number = f"+1666{name[1:].replace('-', '')}"
    local.client("sns").publish(PhoneNumber=number, Message="wake up")
    (text,) = local.inbox().deliveries(number)
    assert (text.channel, text.body, text.topic) == ("sms", "wake up", "")


def test_a_subscription_counts_as_confirmed(local: LocalAws, topic: str, name: str) -> None:
    sns = local.client("sns")
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{name}@a")["SubscriptionArn"]
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"


def test_clearing_empties_the_inbox(local: LocalAws, name: str) -> None:
    number = f"+1777{name[1:].replace('-', '')}"
    local.client("sns").publish(PhoneNumber=number, Message="one")
    assert local.inbox().wait_for(lambda delivery: delivery.address == number, 1) is not None
    local.inbox().clear()
    assert local.inbox().deliveries() == ()
    assert local.inbox().wait_for(lambda delivery: delivery.address == number, 0) is None
