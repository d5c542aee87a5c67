"""Messages for AWS's own chat service (Amazon Q Developer in chat applications, formerly AWS Chatbot).

It drops what it does not know. Its schema for notifications of one's own: Amazon Q Developer in chat applications
Administrator Guide, "Custom notifications"; messages of one `threadId` are one thread. It hears topics by an HTTPS
subscription of its own, so SNS gets this as the message for `https`, beside the text for e-mail.
"""

from typing import Any

from pipewarden.channel_message import Notice, cut

TITLE_CHARACTERS = 250
DESCRIPTION_CHARACTERS = 7_000
SUMMARY_CHARACTERS = 250
STEPS = 5
THREAD_NOTE = (
    "Messages of one incident are one thread, where the channel's preferences allow it (`@Amazon Q preferences`)."
)


def chat_notification(notice: Notice) -> dict[str, Any]:
    """A custom notification, schema version 1.0."""
    page, first = notice.page, notice.message.headline
    rest = notice.message.text.removeprefix(first).strip().replace("```", "'''")
    steps = list(page.first_steps[:STEPS]) if page else []
    links = [f"{label}: {url}" for label, url in notice.buttons(len(notice.links))]
    return {
        "version": "1.0",
        "source": "custom",
        "id": notice.id,
        "content": {
            "textType": "client-markdown",
            "title": cut(first, TITLE_CHARACTERS),
            "description": f"```{cut(rest or first, DESCRIPTION_CHARACTERS)}```",
            "nextSteps": [*links, *steps],
            "keywords": [notice.severity, notice.pipeline, notice.environment],
        },
        "metadata": {
            "threadId": notice.key,
            "summary": cut(first, SUMMARY_CHARACTERS),
            "eventType": notice.event,
            "relatedResources": [],
            "additionalContext": {"incident": notice.key, "severity": notice.severity},
        },
    }
