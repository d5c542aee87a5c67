"""Why a run failed, as far as its words tell: rows of patterns, no guesses."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pipewarden.technology import ErrorPattern, FailureClass, Run, Technology

SHARED_ROWS = Path(__file__).with_name("failures.json")
MOST_CHARACTERS = 20_000
EXCERPT_CHARACTERS = 80

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What a failure is taken for, and on what ground.

    `confidence` is high for a row of the technology itself, medium for a shared one, low where no row matches.
    """

    failure_class: FailureClass
    reason: str
    advice: str
    confidence: Confidence


def classify(technology: Technology, run: Run) -> Failure:
    """Class, ground and advice for one failed run.

    The first row that matches decides: the technology's own, then the shared ones, whose order puts what is certain
    (a KeyError, a 503) before what is vague (the word "timeout"). Pure.
    """
    text = _gist(run)
    for rows, confidence in ((technology.errors, "high"), (shared_rows(), "medium")):
        if found := _first(rows, text):
            row, excerpt = found
            return Failure(
                failure_class=row.failure_class,
                reason=f'the error says "{excerpt}"',
                advice=row.advice,
                confidence="high" if confidence == "high" else "medium",
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
    rows = json.loads(SHARED_ROWS.read_text(encoding="utf-8"))
    return tuple(ErrorPattern(row["pattern"], row["failure_class"], row["advice"]) for row in rows)


def _first(rows: Iterable[ErrorPattern], text: str) -> tuple[ErrorPattern, str] | None:
    for row in rows:
        if match := re.search(row.pattern, text, re.IGNORECASE):
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
    """What the run says about its error; the state's name when it says nothing.

    Of a Python traceback only the exceptions count: its lines of source code contain words (`timeout=30`) that say
    nothing about the failure.
    """
    text = ": ".join(part for part in (run.error_name, run.error) if part)[-MOST_CHARACTERS:] or run.word
    if "Traceback (most recent call last)" not in text:
        return text
    kept = [line for line in text.splitlines() if line[:1].strip() and not line.startswith("Traceback")]
    return "\n".join(kept) or text
