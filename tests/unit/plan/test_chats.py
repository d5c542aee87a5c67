"""Channels of AWS's own chat service, and what our functions may do for channels."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipewarden.route_settings import Channel, Rung, Severity
from pipewarden_cdk.rendering.chat import render_chats
from pipewarden_plan.plan import Plan

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]
CHAT = Channel(type="chatbot-slack", fields={"workspace": "T012ABCDEFG", "channel": "C012ABCDEFG"})
TEAMS = Channel(type="chatbot-teams", fields={"team": "a", "tenant": "b", "channel": "19%3Ax"})
MAIL = Channel(type="email", address="data@example.com")


def route(*notify: str, rung: str = "") -> Severity:
    rungs = (Rung(after_seconds=900, to=rung),) if rung else ()
    return Severity(respond_within_seconds=3600, notify=notify, escalate=rungs)


@pytest.fixture
def chats(planned: Planned, declare: Declare) -> Callable[..., Plan]:
    def made(**severities: Severity) -> Plan:
        channels = {"mail": MAIL, "aws": CHAT, "teams": TEAMS}
        return planned(declare["crm_export"](), severities=severities, channels=channels)

    return made


ROUTES = [
    pytest.param({"P2": route("aws")}, ["pipewarden-prod-page-P2"], id="it hears the severity that names it"),
    pytest.param(
        {"P1": route("mail", "aws"), "P2": route("aws")},
        ["pipewarden-prod-page-P1", "pipewarden-prod-page-P2"],
        id="and every other one",
    ),
    pytest.param({"P2": route("mail", rung="aws")}, ["pipewarden-prod-to-aws"], id="a rung calls its own topic"),
    pytest.param({"P2": route("mail")}, [], id="nobody names it"),
]


@pytest.mark.parametrize(("severities", "topics"), ROUTES)
def test_what_a_chat_hears(chats: Callable[..., Plan], severities: dict[str, Severity], topics: list[str]) -> None:
    plan = chats(**severities)
    assert [topic for chat in plan.core.chats for topic in chat.topics] == topics
    assert set(topics) <= {topic.name for topic in plan.core.topics}
    assert bool(plan.core.chat_statements) == bool(topics)


def test_a_chat_as_cloudformation_takes_it(chats: Callable[..., Plan]) -> None:
    """Required properties: the types' resource provider schemas."""
    plan = chats(P2=route("aws", "teams"))
    names = plan.settings.names
    fragment = render_chats(plan.core.chats, plan.core.chat_statements, names, has_key=True)
    by_type = {row["Type"]: row["Properties"] for row in fragment.values()}
    slack = by_type["AWS::Chatbot::SlackChannelConfiguration"]
    assert (slack["SlackWorkspaceId"], slack["SlackChannelId"]) == ("T012ABCDEFG", "C012ABCDEFG")
    teams = by_type["AWS::Chatbot::MicrosoftTeamsChannelConfiguration"]
    assert (teams["TeamId"], teams["TeamsTenantId"], teams["TeamsChannelId"]) == ("a", "b", "19%3Ax")
    for chat in (slack, teams):
        assert {"ConfigurationName", "IamRoleArn", "SnsTopicArns"} <= set(chat)
        assert chat["GuardrailPolicies"] == [{"Ref": "ChatPolicy"}], "the default would be AdministratorAccess"
    (trust,) = by_type["AWS::IAM::Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "chatbot.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": names.account}}


def test_a_chat_may_look_and_nothing_else(chats: Callable[..., Plan]) -> None:
    actions = {action for statement in chats(P2=route("aws")).core.chat_statements for action in statement.actions}
    assert actions == {"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricWidgetImage"}


def test_without_chats_there_is_no_role(chats: Callable[..., Plan]) -> None:
    plan = chats(P2=route("mail"))
    assert render_chats(plan.core.chats, plan.core.chat_statements, plan.settings.names, has_key=True) == {}


EXPORTS = [("responder", True), ("escalator", True), ("acknowledge", False), ("drainer", False)]


@pytest.mark.parametrize(("role", "may"), EXPORTS)
def test_who_writes_incidents_into_the_archive(chats: Callable[..., Plan], role: str, may: bool) -> None:
    plan = chats(P2=route("mail"))
    function = next(found for found in plan.core.functions if found.role == role)
    arn = f"arn:aws:s3:::{plan.settings.names.archive_bucket()}/incidents/*"
    assert any(arn in statement.resources for statement in function.statements) == may


def test_the_function_that_anybody_can_call_publishes_nothing(chats: Callable[..., Plan]) -> None:
    plan = chats(P2=route("mail"))
    function = next(found for found in plan.core.functions if found.role == "acknowledge")
    allowed = {(action, arn) for row in function.statements for action in row.actions for arn in row.resources}
    assert not any(action.startswith("sns:") for action, _ in allowed)
    assert [arn for action, arn in allowed if action == "lambda:InvokeFunction"] == [
        plan.settings.names.function_arn("escalator")
    ]
