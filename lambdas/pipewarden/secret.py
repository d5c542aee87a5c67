"""Secrets by their names in Secrets Manager: read once per process, never logged."""

import json
from typing import Any

from pipewarden.workplace import Workplace


def read_secret(workplace: Workplace, name: str) -> str:
    """A secret's text; a JSON secret with a single value is that value. "" for no name."""
    if not name:
        return ""
    if name not in workplace.secrets:
        answer = workplace.clients("secretsmanager").get_secret_value(SecretId=name)
        workplace.secrets[name] = _only_value(str(answer["SecretString"]))
    return workplace.secrets[name]


def signing_key(workplace: Workplace) -> bytes:
    """The key that signs acknowledge links."""
    return read_secret(workplace, workplace.settings.names.link_secret()).encode()


def _only_value(text: str) -> str:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return text.strip()
    values = list(found.values()) if isinstance(found, dict) else []
    return str(values[0]) if len(values) == 1 else text.strip()
