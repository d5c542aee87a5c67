"""Slack through AWS's own chat service, which listens to the page topics itself."""

from pipewarden.channel import ChannelType, NativeChat
from pipewarden.chat_notification import DESCRIPTION_CHARACTERS, THREAD_NOTE, TITLE_CHARACTERS

CHANNEL = ChannelType(
    type="chatbot-slack",
    title="Slack through AWS",
    summary="A Slack channel that Amazon Q Developer in chat applications (formerly AWS Chatbot) posts into.",
    reach="chat",
    chat=NativeChat(
        resource="AWS::Chatbot::SlackChannelConfiguration",
        properties={"SlackWorkspaceId": "workspace", "SlackChannelId": "channel"},
    ),
    fields={
        "workspace": {
            "type": "string",
            "title": "the id of a Slack workspace such as T012ABCDEFG",
            "pattern": "^[0-9A-Z]{1,255}$",
            "description": "The workspace, once authorized in the console of Amazon Q Developer in chat applications.",
            "examples": ["T012ABCDEFG"],
        },
        "channel": {
            "type": "string",
            "title": "the id of a Slack channel such as C012ABCDEFG",
            "pattern": "^[A-Za-z0-9]+$",
            "description": "The channel's id, the last part of its link.",
            "examples": ["C012ABCDEFG"],
        },
    },
    required=("workspace", "channel"),
    example={"workspace": "T012ABCDEFG", "channel": "C012ABCDEFG"},
    limits={"characters of a title": TITLE_CHARACTERS, "characters of a description": DESCRIPTION_CHARACTERS},
    tells={
        "page": "A notification with the page; alarms that act directly show with their graph.",
        "again": "A notification in the incident's thread.",
        "acknowledged": "A notification in the incident's thread.",
        "recovered": "A notification in the incident's thread.",
        "closed": "A notification in the incident's thread.",
        "notice": "A notification.",
    },
    notes=(
        THREAD_NOTE,
        "Authorize the workspace once in the console first (no API does it), and invite `@Amazon Q` into a private "
        "channel. It needs no function of ours, so it works while ours are broken.",
        "The guardrail lets nobody change anything from the chat: alarms and their graphs can be read, nothing else.",
    ),
    source="CloudFormation: AWS::Chatbot::SlackChannelConfiguration; Administrator Guide: Custom notifications",
)
