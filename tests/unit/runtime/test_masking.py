"""Secrets that programs print do not reach people, mail servers and chat rooms, whatever stands around them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.log_excerpt import MOST_BYTES, trim_lines
from pipewarden.masking import mask

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
