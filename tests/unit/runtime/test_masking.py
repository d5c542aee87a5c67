"""Secrets that programs print do not reach people, mail servers and chat rooms, whatever stands around them."""

import re
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipewarden.log_excerpt import MOST_BYTES, trim_lines
from pipewarden.masking import MASK, mask

SECRET = st.text(string.ascii_letters + string.digits, min_size=16, max_size=40).map(lambda text: f"Zq9{text}")
AROUND = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)
FORMS = (
    "password={}",
    "DB_PASSWORD: {}",
    '{{"api_key": "{}", "n": 1}}',
    "secret => '{}'",
    "aws_secret_access_key = {}",
    "Authorization: Bearer {}",
    "authorization: basic {}",
    "postgres://user:{}@db.example.com/x",
    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    "x-api-key={}",
    "AWS_SESSION_TOKEN={}",
    "https://hooks.slack.com/services/T00000000/B00000000/{}",
    "https://example.com/cb?access_token={}&x=1",
    "ghp_{}ABCDEFGHIJKLMNOPQRST",
    "sk-{}ABCDEFGHIJ",
)

FORMS_AS_THEY_READ = (
    (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", MASK),
    (r"((?:[a-z0-9+.-]*)://[^\s:/@]*):[^\s@]+@", rf"\1:{MASK}@"),
    (
        r"""((?:[a-z0-9]+[_-])*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"""
        r"""|credential)s?(?:[_-][a-z0-9]+)*["']?\s*(?:=>|[:=])\s*["']?)(?!\*\*\*\*)[^\s"',;&}]+""",
        rf"\1{MASK}",
    ),
)
"""The three forms that may begin at many places of one run of characters, as simple as they can be said, and slow."""
PIECES = ["eyJ", "eyJabcdefgh", "a", "1", "s", "_", "-", ".", "://", ":", "@", "/", " ", "=", "=>", '"', "'", "\n", ","]
PIECES += ["password", "passwd", "pwd", "secret", "token", "api_key", "access", "key", "credentials", "****"]
BUILT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
HARD = ("a", "a_", "secret_", "secret_s", "eyJ-", "eyJaaaaaaaa.", "://b:", "https://a:", "bearer ", "token ", " ")
LARGEST_MESSAGE = 262_144


@given(secret=SECRET, before=AROUND, after=AROUND, form=st.sampled_from(FORMS))
def test_a_secret_never_passes(secret: str, before: str, after: str, form: str) -> None:
    line = form.format(secret)
    assert secret not in mask(f"{before}\n{line}\n{after}")
    assert secret not in "\n".join(trim_lines([before, line, after]))


@given(text=AROUND)
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.lists(AROUND, max_size=60))
def test_an_excerpt_is_never_larger_than_4_kb(lines: list[str]) -> None:
    assert len("\n".join(trim_lines(lines * 4)).encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    "text",
    ["https://hooks.slack.com/docs", "the secret was not found", "tokens: 512 of 4096", "password expired", "sk-learn"],
)
def test_plain_words_are_kept(text: str) -> None:
    assert mask(text) in (text, text.replace("512", "****"))


@settings(max_examples=500, deadline=None)
@given(BUILT)
@example("secretsecret=a")
@example("secret_a_secretoken_a=a")
@example("eyJabcdefgh..eyJabcdefgh.a.a")
@example("://a/://a:a@")
def test_what_is_passed_over_holds_no_secret(text: str) -> None:
    plain = text
    for pattern, replacement in FORMS_AS_THEY_READ:
        plain = re.sub(pattern, replacement, plain, flags=re.IGNORECASE)
    assert mask(text) == plain


@pytest.mark.parametrize("piece", HARD)
def test_a_large_message_without_an_end_is_masked(piece: str) -> None:
    """Nothing is timed: were the work to grow with the square of the length, each of these would take minutes."""
    text = piece * (LARGEST_MESSAGE // len(piece))
    assert mask(f"{text}\npassword=hidden").endswith("****")
