"""Scalars by the YAML 1.2 core schema, whatever YAML 1.1 would make of them."""

from typing import Any

import pytest

from pipewarden_plan.parse import parse

CASES: list[tuple[str, Any]] = [
    ("on", "on"),
    ("off", "off"),
    ("yes", "yes"),
    ("No", "No"),
    ("y", "y"),
    ("true", True),
    ("True", True),
    ("FALSE", False),
    ("tRue", "tRue"),
    ("null", None),
    ("~", None),
    ("", None),
    ("nil", "nil"),
    ("10:30", "10:30"),
    ("190:20:30", "190:20:30"),
    ("012345678901", "012345678901"),
    ("0123", "0123"),
    ("-012", "-012"),
    ("123456789012", 123456789012),
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("0o17", 15),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("1_000", "1_000"),
    ("1e3", 1000.0),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1.", 1.0),
    (".", "."),
    ("+", "+"),
    ("1e400", "1e400"),
    ("007.5", "007.5"),
    (".inf", ".inf"),
    (".nan", ".nan"),
    ("9" * 5000, "9" * 5000),
    ("2024-01-01", "2024-01-01"),
    ("1.2.3", "1.2.3"),
    ("١٢", "١٢"),
    ("'true'", "true"),
    ('"12"', "12"),
    ("=", "="),
]


@pytest.mark.parametrize(("text", "value"), CASES, ids=[text[:20] or "nothing" for text, _ in CASES])
def test_a_plain_scalar_is_read_as_yaml_1_2_says(text: str, value: Any) -> None:
    parsed = parse(f"key: {text}\n", "a.yaml")
    assert parsed.findings == []
    assert parsed.value == {"key": value}
    assert type(parsed.value["key"]) is type(value)
