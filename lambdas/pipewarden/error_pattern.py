"""What an error means: one row of a table of patterns."""

from dataclasses import dataclass
from typing import Literal

FailureClass = Literal["transient", "resource", "deterministic", "unknown"]
Ground = Literal["flag", "name", "message", "hint"]


@dataclass(frozen=True)
class ErrorPattern:
    """A regular expression (searched, case-insensitive) over `error_name: error` and what a match means.

    `id` is stable and unique among the rows that hold for one technology; pages show it. `ground` says what the pattern
    recognizes, and so how far it is to be trusted: a category or reserved name by which the service itself sorts its
    errors (flag), an error's name (name), words of its text (message), or words that many errors share (hint).
    `source` is where the error is documented or was seen. Quantifiers are bounded: see `pipewarden_plan.safe_pattern`.
    """

    pattern: str
    failure_class: FailureClass
    advice: str
    id: str = ""
    ground: Ground = "message"
    source: str = ""
