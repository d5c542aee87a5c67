"""A declaration file's text, or the finding that says why it has none: bytes are checked before a parser sees them."""

import re
from pathlib import Path

from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.model import Mark

SIZE_LIMIT = 5_000_000
BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")
"""What YAML 1.2 (section 5.1) calls not printable, and byte order marks inside the text."""


def read_source(path: Path, name: str) -> str | Finding:
    """The text of a file in UTF-8. `name` is how messages call it, relative to the project."""
    mark = Mark(name, 0)
    try:
        with path.open("rb") as stream:
            content = stream.read(SIZE_LIMIT + 1)
    except IsADirectoryError:
        return finding("PW001", mark, "this is a folder, not a file", cure="rename it or move it out of this folder")
    except OSError as error:
        return finding("PW001", mark, f"cannot be read: {error.strerror or error}", cure="check its permissions")
    if len(content) > SIZE_LIMIT:
        limit = f"{SIZE_LIMIT // 1_000_000} MB"
        return finding("PW002", mark, f"is larger than {limit}", cure="split it: one file is one team")
    return decode_source(content, name)


def decode_source(content: bytes, name: str) -> str | Finding:
    """The text of a file's bytes: UTF-8, with or without a byte order mark, printable characters only."""
    for start, encoding in BYTE_ORDER_MARKS:
        if content.startswith(start):
            return finding("PW003", Mark(name, 0), f"is encoded in {encoding}", cure="save it as UTF-8")
    if b"\x00" in content:
        return finding("PW003", Mark(name, 0), "is a binary file, not text", cure="save it as YAML text in UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place(content[: error.start].decode("utf-8", "replace"), name)
        problem = f"byte 0x{content[error.start]:02x} is not UTF-8"
        return finding("PW003", place, problem, cure="save the file as UTF-8 (it looks like Latin-1 or Windows-1252)")
    if found := FORBIDDEN.search(text):
        problem = f"control character U+{ord(found[0]):04X} is not allowed in YAML"
        return finding("PW004", _place(text[: found.start()], name), problem, cure="delete it")
    return text


def _place(before: str, name: str) -> Mark:
    """The mark of the character that follows `before`."""
    return Mark(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
