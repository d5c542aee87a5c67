"""The vocabulary: what each word lets through, and what it is in base units."""

from typing import Any

import pytest

from pipewarden_plan.cron import cron_problem
from pipewarden_plan.grammar import grammar, load_schema
from pipewarden_plan.interpolation import SAMPLE, UnfitError, filler
from pipewarden_plan.vocabulary import show_duration

READ: list[tuple[str, Any, Any]] = [
    ("duration", "90s", 90),
    ("duration", "15m", 900),
    ("duration", "25h", 90_000),
    ("duration", "90d", 7_776_000),
    ("duration", "1h30m", 5400),
    ("duration", "1d2h3m4s", 93_784),
    ("duration", "0m", 0),
    ("duration_range", "1m..15m", (60, 900)),
    ("duration_range", "30s..30s", (30, 30)),
    ("rate", "20/s", 20.0),
    ("rate", "90/m", 1.5),
    ("rate", "1800/h", 0.5),
    ("rate", "0.5/s", 0.5),
    ("percentage", "95%", 95.0),
    ("percentage", "98.5%", 98.5),
    ("percentage", "100%", 100.0),
    ("percentage", "0%", 0.0),
    ("time_of_day", "06:00", "06:00"),
    ("time_of_day", "23:59", "23:59"),
    ("location", "s3://bucket", "s3://bucket"),
    ("location", "s3://lake-$(env)/a b", UnfitError),
    ("location", "s3://lake-$(env)/a/", "s3://lake-dev/a/"),
    ("number_range", "1..10", (1.0, 10.0)),
    ("number_range", "-1.5..0", (-1.5, 0.0)),
    ("log_retention", "90d", 90),
    ("account", "012345678901", "012345678901"),
    ("account", 123456789012, "123456789012"),
    ("name", "customer-import-$(env)", "customer-import-dev"),
    ("name", "queue.fifo", "queue.fifo"),
    ("count", 0, 0),
    ("cron", "0 2 * * *", "0 2 * * *"),
    ("timezone", "UTC", "UTC"),
    ("timezone", "Asia/Kolkata", "Asia/Kolkata"),
    ("secret_name", "pipewarden/slack", "pipewarden/slack"),
    ("secret_name", "prod/team-data/pagerduty-routing-key-2", "prod/team-data/pagerduty-routing-key-2"),
    ("phone", "+15555550100", "+15555550100"),
    ("email", "o'neil+x@mail.example.com", "o'neil+x@mail.example.com"),
    ("duration", "", UnfitError),
    ("duration", "15", UnfitError),
    ("duration", "15 m", UnfitError),
    ("duration", "1m1h", UnfitError),
    ("duration", "15m\n", UnfitError),
    ("duration", "-1m", UnfitError),
    ("duration", "١٥m", UnfitError),
    ("duration", 15, UnfitError),
    ("duration", None, UnfitError),
    ("duration_range", "15m..1m", UnfitError),
    ("rate", "0/s", UnfitError),
    ("rate", "20/x", UnfitError),
    ("percentage", "100.5%", UnfitError),
    ("percentage", "95", UnfitError),
    ("time_of_day", "24:00", UnfitError),
    ("time_of_day", "6:00", UnfitError),
    ("location", "s3://Bucket/", UnfitError),
    ("location", "https://bucket/", UnfitError),
    ("number_range", "2..1", UnfitError),
    ("log_retention", "45d", UnfitError),
    ("account", "12345678901", UnfitError),
    ("account", True, UnfitError),
    ("name", "two words", UnfitError),
    ("name", "new\nline", UnfitError),
    ("count", -1, UnfitError),
    ("count", True, UnfitError),
    ("count", 1.5, UnfitError),
    ("timezone", "Mars/Olympus", UnfitError),
    ("timezone", "../etc/passwd", UnfitError),
    ("timezone", "Europe", UnfitError),
    ("slug", "two--hyphens", UnfitError),
    ("region", "us-east-1a", UnfitError),
    ("phone", "0015555550100", UnfitError),
    ("email", "a@b", UnfitError),
]


@pytest.mark.parametrize(("word", "written", "read"), READ, ids=[f"{word} {written!r}" for word, written, _ in READ])
def test_a_word_is_read_into_base_units_or_refused(word: str, written: Any, read: Any) -> None:
    reader = grammar().reader(word)
    if read is UnfitError:
        with pytest.raises(UnfitError):
            reader(written, filler(SAMPLE))
    else:
        assert reader(written, filler(SAMPLE)) == read


@pytest.mark.parametrize("word", sorted(load_schema("vocabulary")))
def test_the_examples_of_a_word_are_read(word: str) -> None:
    schema = load_schema("vocabulary")[word]
    assert schema["title"]
    for example in schema["examples"]:
        grammar().reader(word)(example, filler(SAMPLE))


CRON = [
    ("* * * * *", ""),
    ("*/15 8-18/2 1,15 JAN-jun MON,3,SUN", ""),
    ("0 2 29 2 *", ""),
    ("0 2 30 2 MON", ""),
    ("0 2 31 2,3 *", ""),
    ("0 2 31 4,6 *", "never comes: no such month has a day 31"),
    ("60 * * * *", "must have a minute 0-59, has 60"),
    ("0 24 * * *", "must have an hour 0-23, has 24"),
    ("0 0 0 * *", "must have a day of month 1-31, has 0"),
    ("0 0 * 13 *", "must have a month 1-12, has 13"),
    ("0 0 * * 8", "must have a day of week 0-7, has 8"),
    ("0 0 * * 1-9", "must have a day of week 0-7, has 9"),
    ("9-5 * * * *", "must have a minute range that ascends, has 9-5"),
    ("*/60 * * * *", "must have a minute step 1-59, has 60"),
    ("a-b * * * *", "must have a minute 0-59, has A"),
    ("1-2-3 * * * *", "must have a minute such as 0, 0-59 or *, has `1-2-3`"),
    ("? * * * *", "must have a minute such as 0, 0-59 or *, has `?`"),
    (", * * * *", "must have a minute such as 0, 0-59 or *, has ``"),
    ("", "must have 5 fields (minute, hour, day of month, month, day of week), has 0"),
]


@pytest.mark.parametrize(("text", "problem"), CRON, ids=[text or "nothing" for text, _ in CRON])
def test_what_is_wrong_with_a_cron_expression_names_the_field(text: str, problem: str) -> None:
    assert cron_problem(text) == problem


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (90, "1m30s"), (86_400, "1d"), (93_784, "1d2h3m4s")])
def test_a_duration_is_shown_as_it_is_written(seconds: int, text: str) -> None:
    assert show_duration(seconds) == text
    assert grammar().reader("duration")(text, filler(SAMPLE)) == seconds
