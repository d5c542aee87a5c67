"""Taking secrets out of text that people, mail servers and chat rooms will see.

The work grows with the length of the text, not with its square, whatever the text. Where a form may begin at many
places of one run of characters, a beginning that leads to no secret takes its run with it (group `passed`, kept as it
is): none of the beginnings further on in the run leads to one either.
"""

import re
from functools import partial

MASK = "****"
KEYWORD = r"(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?"
PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"\b(AKIA|ASIA)[A-Z0-9]{12,}\b", rf"\1{MASK}"),
        (r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", rf"\1 {MASK}"),
        (r"(hooks\.slack\.com/(?:services|workflows|triggers)/)[^\s\"'<>]+", rf"\1{MASK}"),
        (r"\b(gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk-)[A-Za-z0-9_-]{16,}", rf"\1{MASK}"),
        (r"([?&](?:sig|signature|x-amz-signature|code|key|auth)=)[^\s&\"'<>]+", rf"\1{MASK}"),
        (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|(?P<passed>\beyJ[A-Za-z0-9_-]+)", MASK),
        (r"(://[^\s:/@]*):[^\s@]+@|(?P<passed>://[^\s:/@]*:[^\s@]+)", rf"\1:{MASK}@"),
        (
            rf"""({KEYWORD}(?:[_-][a-z0-9]+)*["']?\s*(?:=>|[:=])\s*["']?)(?!\*\*\*\*)[^\s"',;&}}]+"""
            rf"""|(?P<passed>{KEYWORD}(?:[_-][a-z0-9]+)+)""",
            rf"\1{MASK}",
        ),
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", MASK),
    )
)


def mask(text: str) -> str:
    """The text with keys, tokens, passwords and credentials in URLs replaced; what stands around them is kept."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(partial(_hide, replacement), text)
    return text


def _hide(replacement: str, found: re.Match[str]) -> str:
    return found[0] if found.lastgroup else found.expand(replacement)
