"""Plain scalars by the YAML 1.2 core schema, with one deviation that protects identifiers.

`on`, `off`, `yes`, `no` are words, `10:30` is text, `0o17` is octal and `0x1F` hexadecimal as the core schema says.
The deviation: a number written with a leading zero (`0123`, an account id) stays text, as do numbers of more than 18
digits and `.inf` and `.nan`, since nothing that is declared here is infinite.
Source: YAML 1.2.2, section 10.3.2.
"""

import re
from functools import lru_cache

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
OTHER_BASE = re.compile(r"0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]{0,17})(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?")
NUMBER_STARTS = frozenset("+-.0123456789")


@lru_cache(maxsize=4096)
def read_plain(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in NUMBER_STARTS or len(text) > 64:
        return text
    if INTEGER.fullmatch(text):
        return int(text)
    if OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if FLOAT.fullmatch(text) and any(digit.isdigit() for digit in text):
        return float(text)
    return text
