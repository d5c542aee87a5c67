"""Why a run failed, as far as its words tell: rows of patterns, no guesses."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pipewarden.error_pattern import ErrorPattern, FailureClass, Ground
from pipewarden.literals import literals
from pipewarden.run import Run
from pipewarden.technology import Technology

SHARED_ROWS = Path(__file__).with_name("failures.json")
HEAD_CHARACTERS = 4_000
TAIL_CHARACTERS = 12_000
EXCERPT_CHARACTERS = 80

Confidence = Literal["certain", "high", "medium", "low"]
CONFIDENCE: Mapping[Ground, Confidence] = {"flag": "certain", "name": "high", "message": "medium", "hint": "low"}


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What a failure is taken for, and on what ground.

    `confidence` is certain for rows that the team declared and for the service's own flag, high for an error's name,
    medium for words of its message, low for words that many errors share and where no row matches. `pattern` is the id
    of the row that decided, "" where none did.
    """

    failure_class: FailureClass
    reason: str
    advice: str
    confidence: Confidence
    pattern: str = ""

    @property
    def explanation(self) -> str:
        """The reason with its ground, as pages say it: `the error says "..." (pattern throttled, high confidence)`."""
        return f"{self.reason} (pattern {self.pattern}, {self.confidence} confidence)" if self.pattern else self.reason


def classify(technology: Technology | None, run: Run, declared: Iterable[ErrorPattern] = ()) -> Failure:
    """Class, ground and advice for one failed run.

    The first row that matches decides: those that the team `declared`, then the technology's own, then the shared ones.
    Each table goes from the specific to the vague: what is certain (a KeyError, an answer 503) stands before what is
    not (the word "timeout"). Pure: the same run gives the same failure.
    """
    text = _gist(run)
    own = technology.errors if technology else ()
    for rows, is_declared in ((declared, True), (own, False), (shared_rows(), False)):
        if found := _first(rows, text):
            row, excerpt = found
            return Failure(
                failure_class=row.failure_class,
                reason=f'the error says "{excerpt}"',
                advice=row.advice,
                confidence="certain" if is_declared else CONFIDENCE[row.ground],
                pattern=row.id,
            )
    return Failure(
        failure_class="unknown",
        reason="no known pattern matches the error" if text else "the run gave no error",
        advice="Read the last log lines of the run.",
        confidence="low",
    )


@cache
def shared_rows() -> tuple[ErrorPattern, ...]:
    """The patterns that hold for every technology, in order."""
    return tuple(ErrorPattern(**row) for row in json.loads(SHARED_ROWS.read_text(encoding="utf-8")))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compiled when first searched for: importing this module costs nothing."""
    return re.compile(pattern, re.IGNORECASE)


def _first(rows: Iterable[ErrorPattern], text: str) -> tuple[ErrorPattern, str] | None:
    lowered = text.lower()
    for row in rows:
        words = literals(row.pattern)
        if words and not any(word in lowered for word in words):
            continue
        if match := _compiled(row.pattern).search(text):
            return row, _excerpt(text, match)
    return None


def _excerpt(text: str, match: re.Match[str]) -> str:
    """The matched words with the rest of their line, shortened."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    line = text[start : end if end >= 0 else len(text)].strip()
    if len(line) <= EXCERPT_CHARACTERS:
        return line
    start = max(0, match.start() - start - EXCERPT_CHARACTERS // 3)
    return f"…{line[start : start + EXCERPT_CHARACTERS]}…"


def _gist(run: Run) -> str:
    """What the run says about its error, cut to 16,000 characters; the state's name when it says nothing.

    Of a Python traceback only the exceptions count: its lines of source code contain words (`timeout=30`) that say
    nothing about the failure.
    """
    text = ": ".join(part for part in (run.error_name, run.error) if part) or run.word
    if len(text) > HEAD_CHARACTERS + TAIL_CHARACTERS:
        text = f"{text[:HEAD_CHARACTERS]}\n{text[-TAIL_CHARACTERS:]}"
    if "Traceback (most recent call last)" not in text:
        return text
    kept = [line for line in text.splitlines() if line[:1].strip() and not line.startswith("Traceback")]
    return "\n".join(kept) or text
