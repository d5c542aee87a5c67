"""Channels of AWS's own chat service (Amazon Q Developer in chat applications, formerly AWS Chatbot)."""

from collections.abc import Iterable

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, attribute, logical_id, reference, resource
from pipewarden_cdk.rendering.policies import role_document, trust
from pipewarden_plan.planned_delivery import ChatPlan
from pipewarden_plan.planned_function import StatementPlan

LOGGING = "ERROR"


def render_chats(
    chats: Iterable[ChatPlan], statements: Iterable[StatementPlan], names: Names, *, has_key: bool
) -> Fragment:
    """Each channel; all share one role, whose only policy is their guardrail too. Without one, the service takes
    `AdministratorAccess` for it (Administrator Guide, "Channel guardrails")."""
    channels = {logical_id("Chat", chat.name): _channel(chat) for chat in chats}
    if not channels:
        return {}
    policy = {
        "Description": f"What people may see in chats of Pipewarden {names.environment}",
        "PolicyDocument": role_document(statements, has_key=has_key),
    }
    role = {
        "Description": f"Of the chats of Pipewarden {names.environment}",
        "AssumeRolePolicyDocument": trust(
            "chatbot.amazonaws.com", {"StringEquals": {"aws:SourceAccount": names.account}}
        ),
        "ManagedPolicyArns": [reference("ChatPolicy")],
    }
    return {
        "ChatPolicy": resource("AWS::IAM::ManagedPolicy", policy),
        "ChatRole": resource("AWS::IAM::Role", role),
        **channels,
    }


def _channel(chat: ChatPlan) -> dict[str, object]:
    properties = {
        "ConfigurationName": chat.name,
        **chat.properties,
        "IamRoleArn": attribute("ChatRole", "Arn"),
        "GuardrailPolicies": [reference("ChatPolicy")],
        "SnsTopicArns": [reference(logical_id("Topic", topic)) for topic in chat.topics],
        "LoggingLevel": LOGGING,
    }
    return resource(chat.resource, properties)
