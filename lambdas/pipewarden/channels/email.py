"""E-mail through SNS."""

from pipewarden.channel import ChannelType
from pipewarden.message import SUBJECT_CHARACTERS

CHANNEL = ChannelType(
    type="email",
    title="E-mail",
    summary="An e-mail address, subscribed to an SNS topic.",
    reach="topic",
    protocol="email",
    address="address",
    fields={"address": {"$ref": "#/$defs/email"}},
    required=("address",),
    example={"address": "oncall@example.com"},
    limits={"characters of a subject (ASCII, one line)": SUBJECT_CHARACTERS, "bytes of a message": 262_144},
    tells={
        "page": "The whole page.",
        "again": "The page again, beginning with how long nobody has taken it.",
        "acknowledged": "One line: who has it.",
        "recovered": "What it was, what was done, how long it took.",
        "closed": "One line: who closed it.",
        "notice": "The news.",
    },
    notes=(
        "SNS asks the address to confirm its subscription after the first deployment; until then nothing arrives.",
        "It needs no function of ours, so it works while ours are broken.",
    ),
    source="Amazon SNS API, Publish",
)
