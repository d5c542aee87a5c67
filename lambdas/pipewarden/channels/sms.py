"""Text messages through SNS."""

from pipewarden.channel import ChannelType
from pipewarden.message import SMS_CHARACTERS

CHANNEL = ChannelType(
    type="sms",
    title="SMS",
    summary="A phone number, subscribed to an SNS topic.",
    reach="topic",
    protocol="sms",
    address="number",
    fields={"number": {"$ref": "#/$defs/phone"}},
    required=("number",),
    example={"number": "+15555550100"},
    limits={"characters of the first part, which says it all": SMS_CHARACTERS, "characters SNS sends at most": 1_600},
    tells={
        "page": "One part that says it all, then the link that acknowledges.",
        "again": "The same, beginning with how long nobody has taken it.",
        "acknowledged": "Who has it.",
        "recovered": "The story in one part.",
        "closed": "Who closed it.",
        "notice": "The news in one part.",
    },
    notes=(
        "ASCII only: one other character would more than halve what fits into a part.",
        "New accounts are in the SMS sandbox: the number has to be verified in the SNS console, and a spending limit "
        "applies. Both refuse silently.",
    ),
    source="Amazon SNS developer guide, Mobile text messaging",
)
