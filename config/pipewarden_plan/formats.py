"""What a JSON Schema pattern cannot say about a text: each check raises `MisfitError` with the end of a sentence.

They are the `format` keywords of the schema; jsonschema and the readers both call them.
"""

import math
import re
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from pipewarden.message_filter import FilterError, parse_filter
from pipewarden_plan.cron import cron_problem
from pipewarden_plan.nearest import nearest
from pipewarden_plan.safe_pattern import pattern_problem
from pipewarden_plan.vocabulary import read_duration_range, read_number_range

LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""Source: CloudWatch Logs API reference, PutRetentionPolicy, retentionInDays."""

SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
KNOWN_SECRETS = re.compile(
    r"https?://|hooks\.slack|(?<![A-Z0-9])A[KS]IA[A-Z0-9]{12}|xox[abeprs]-|gh[pousr]_\w{20}|-----BEGIN|^[0-9a-f]{32}$"
)
"""URLs, AWS access keys, Slack and GitHub tokens, PEM blocks, PagerDuty integration keys."""


class MisfitError(ValueError):
    """`str()` goes on after the path: "must be ...". `rule` is the id of the finding."""

    def __init__(self, message: str, rule: str = "PW108", cure: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.cure = cure


def looks_secret(text: str) -> bool:
    """Whether a text is, by its shape, a secret rather than the name of one: such texts are never printed."""
    if KNOWN_SECRETS.search(text):
        return True
    word = max(re.split(r"[/:=\s.@-]", text[:2000]), key=len)
    return len(word) >= 20 and _bits_per_character(word) > 3.5 and any(c.isdigit() for c in word) and not word.isdigit()


def _bits_per_character(word: str) -> float:
    shares = [word.count(character) / len(word) for character in set(word)]
    return -sum(share * math.log2(share) for share in shares)


def check_secret_name(value: Any) -> None:
    if not isinstance(value, str):
        return
    cure = "store it with `aws secretsmanager create-secret` and write its name here"
    if value.startswith("arn:"):
        raise MisfitError(
            "must be the name of a secret, not its ARN", "PW305", "write what follows `:secret:` without the suffix"
        )
    if looks_secret(value):
        raise MisfitError("must be the name of a secret, but looks like the secret itself (not shown)", "PW305", cure)
    if not SECRET_NAME.fullmatch(value):
        raise MisfitError(
            "must be the name of a secret in Secrets Manager such as pipewarden/slack (value not shown)", "PW305"
        )


@lru_cache(maxsize=1024)
def _cron_problem(text: str) -> str:
    return cron_problem(text)


def check_cron(value: Any) -> None:
    if isinstance(value, str) and (problem := _cron_problem(value)):
        raise MisfitError(f'{problem}, got "{value[:60]}"', "PW207")


@cache
def has_timezones() -> bool:
    """Whether this machine has a time zone database; without one only UTC is known and names go unchecked."""
    return _knows("Europe/London")


@lru_cache(maxsize=1024)
def _knows(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


def check_timezone(value: Any) -> None:
    if not isinstance(value, str) or value == "UTC":
        return
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}", value) or (has_timezones() and not _knows(value)):
        near = nearest(value, zoneinfo.available_timezones())
        cure = f"did you mean {near}?" if near else ""
        raise MisfitError(f"must be a time zone such as Europe/London, got {value[:60]}", "PW208", cure)


def check_local_time(value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", value, re.ASCII):
        return
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise MisfitError(f"must be a time that exists, got {value}", cure="the date or the time is none") from None


def check_duration_range(value: Any) -> None:
    if isinstance(value, str) and re.fullmatch(r"[\ddhms]+\.\.[\ddhms]+", value, re.ASCII):
        shortest, longest = read_duration_range(value)
        if shortest > longest:
            raise MisfitError(f"must ascend, got {value}", "PW110", f"write {'..'.join(reversed(value.split('..')))}")


def check_number_range(value: Any) -> None:
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?\.\.-?\d+(\.\d+)?", value, re.ASCII):
        smallest, largest = read_number_range(value)
        if smallest > largest:
            raise MisfitError(f"must ascend, got {value}", "PW110", f"write {'..'.join(reversed(value.split('..')))}")


def check_account(value: Any) -> None:
    if isinstance(value, str | int) and not isinstance(value, bool) and re.fullmatch(r"\d{12}", str(value), re.ASCII):
        return
    shown = f"{value}" if isinstance(value, int | str | float) else "something else"
    digits = f" ({len(shown)} digits)" if shown.isdigit() else ""
    cure = 'write it in quotes: "123456789012"; unquoted, YAML may take it for a number'
    raise MisfitError(f"must be 12 digits, got {shown[:40]}{digits}", "PW306", cure)


def check_log_retention(value: Any) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,5}d", value, re.ASCII):
        return
    days = int(value[:-1])
    if days not in LOG_RETENTION_DAYS:
        near = min(LOG_RETENTION_DAYS, key=lambda allowed: (abs(allowed - days), -allowed))
        raise MisfitError(
            f"must be a number of days that CloudWatch Logs takes, got {value}", "PW307", f"the nearest is {near}d"
        )


def check_error_pattern(value: Any) -> None:
    if isinstance(value, str):
        problem, cure = pattern_problem(value)
        if problem:
            raise MisfitError(problem, "PW114", cure)


@lru_cache(maxsize=1024)
def _filter_problem(text: str) -> str:
    try:
        parse_filter(text)
    except FilterError as problem:
        return str(problem)
    return ""


def check_where(value: Any) -> None:
    if isinstance(value, str) and (problem := _filter_problem(value)):
        cure = 'e.g. body.error.code = "TIMEOUT" and attribute.kind in ("order", "refund")'
        raise MisfitError(f"must be a condition: {problem}", "PW265", cure)


FORMATS: Mapping[str, Callable[[Any], None]] = {
    "pipewarden-cron": check_cron,
    "pipewarden-where": check_where,
    "pipewarden-timezone": check_timezone,
    "pipewarden-local-time": check_local_time,
    "pipewarden-duration-range": check_duration_range,
    "pipewarden-number-range": check_number_range,
    "pipewarden-secret-name": check_secret_name,
    "pipewarden-account": check_account,
    "pipewarden-log-retention": check_log_retention,
    "pipewarden-error-pattern": check_error_pattern,
}
