"""The kill switch as the table keeps it: read with everything else that a decision needs, so it costs no call.

The heartbeat writes it each minute. An item that says when it was read: whoever finds it too old asks for themselves.
"""

from datetime import datetime
from typing import Any

from pipewarden.incident_write import item_key
from pipewarden.item import Item, from_item, to_item, to_text
from pipewarden.kill_switch import KnownSwitch, Switch

KEY = item_key("SWITCH", "SWITCH")


def write_copy(dynamodb: Any, table: str, known: KnownSwitch) -> None:
    """Keep what the parameter said."""
    facts = {"mode": known.switch.mode, "why": known.switch.why, "read": to_text(known.read)}
    dynamodb.put_item(TableName=table, Item={**to_item(facts), **KEY})


def read_copy(item: Item) -> KnownSwitch:
    """What the parameter said, and when."""
    facts = from_item(item)
    switch = Switch(mode=facts["mode"], why=str(facts.get("why", "")))
    return KnownSwitch(switch=switch, read=datetime.fromisoformat(facts["read"]))
