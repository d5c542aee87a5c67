"""Microsoft Teams through AWS's own chat service, which listens to the page topics itself."""

from pipewarden.channel import ChannelType, NativeChat
from pipewarden.chat_notification import DESCRIPTION_CHARACTERS, THREAD_NOTE, TITLE_CHARACTERS

GUID = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
CHANNEL = ChannelType(
    type="chatbot-teams",
    title="Microsoft Teams through AWS",
    summary="A Teams channel that Amazon Q Developer in chat applications (formerly AWS Chatbot) posts into.",
    reach="chat",
    chat=NativeChat(
        resource="AWS::Chatbot::MicrosoftTeamsChannelConfiguration",
        properties={"TeamId": "team", "TeamsTenantId": "tenant", "TeamsChannelId": "channel"},
    ),
    fields={
        "team": {
            "type": "string",
            "title": "the id of a team (GUID)",
            "pattern": GUID,
            "description": "`groupId` in the channel's link.",
            "examples": ["12345678-1234-1234-1234-123456789012"],
        },
        "tenant": {
            "type": "string",
            "title": "the id of a tenant (GUID)",
            "pattern": GUID,
            "description": "`tenantId` in the channel's link.",
            "examples": ["87654321-4321-4321-4321-210987654321"],
        },
        "channel": {
            "type": "string",
            "title": "the id of a Teams channel, URL-encoded, such as 19%3Aabc%40thread.tacv2",
            "pattern": "^[a-zA-Z0-9-_/+=%.]{1,256}$",
            "description": "The part of the channel's link that begins with 19%3A.",
            "examples": ["19%3Aab12cd34%40thread.tacv2"],
        },
    },
    required=("team", "tenant", "channel"),
    example={
        "team": "12345678-1234-1234-1234-123456789012",
        "tenant": "87654321-4321-4321-4321-210987654321",
        "channel": "19%3Aab12cd34%40thread.tacv2",
    },
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
        "Authorize the team once in the console first (no API does it). It needs no function of ours, so it works "
        "while ours are broken.",
        "The guardrail lets nobody change anything from the chat: alarms and their graphs can be read, nothing else.",
    ),
    source="CloudFormation: AWS::Chatbot::MicrosoftTeamsChannelConfiguration; Admin Guide: Custom notifications",
)
