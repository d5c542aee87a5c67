"""Text that came from elsewhere (a log line, a declaration, a message) made safe to show."""

import re

# What terminals would obey and HTML forbids: control characters except tab and newline, lone surrogates.
_CONTROL = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Characters that reorder the text around them, so that a line reads as something else.
_REORDERING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with every control and reordering character replaced by a visible mark."""
    return _REORDERING.sub("�", _CONTROL.sub("�", text.replace("\r\n", "\n")))
