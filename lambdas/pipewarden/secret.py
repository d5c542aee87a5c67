"""Secrets by their names in Secrets Manager: kept for a few minutes, never logged."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipewarden.workplace import Workplace

KEPT = timedelta(minutes=5)
"""A rotated secret is in use after this long at the latest; one that a service refuses is read again at once."""


@dataclass(frozen=True)
class KeptSecret:
    """A secret's text and when it was read."""

    text: str = field(repr=False)
    read: datetime


def read_text(workplace: Workplace, name: str, *, anew: bool = False) -> str:
    """A secret's text as it stands in Secrets Manager; `anew` asks even when one is kept. Raises as boto3 does."""
    kept, now = workplace.secrets.get(name), workplace.now()
    if anew or kept is None or now - kept.read > KEPT:
        answer = workplace.clients("secretsmanager").get_secret_value(SecretId=name)
        kept = KeptSecret(str(answer["SecretString"]), now)
        workplace.secrets[name] = kept
    return kept.text


def signing_key(workplace: Workplace) -> bytes:
    """The key that signs acknowledge links; a JSON secret with a single value is that value."""
    return _only_value(read_text(workplace, workplace.settings.names.link_secret())).encode()


def _only_value(text: str) -> str:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return text.strip()
    values = list(found.values()) if isinstance(found, dict) else []
    return str(values[0]) if len(values) == 1 else text.strip()
