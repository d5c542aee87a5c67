"""What an alarm saw, in words."""

from typing import Any

import pytest

from pipewarden.breach import say_breach

CROSSED = "Threshold Crossed: 1 out of the last 1 datapoints [{} (21/11/26 07:45:00)] was greater than the threshold."
NO_DATA = "Threshold Crossed: no datapoints were received for 1 period, 1 missing datapoint was treated as breaching."


@pytest.mark.parametrize(
    ("reason", "comparison", "threshold", "unit", "said"),
    [
        (CROSSED.format("77.055315"), "GreaterThanThreshold", 20.0, "Seconds", "1m 17s, more than 20s"),
        (CROSSED.format("95000.0"), "GreaterThanThreshold", 90_000.0, "Seconds", "1d 2h, more than 1d 1h"),
        (CROSSED.format("1500.0"), "GreaterThanOrEqualToThreshold", 1_000.0, "Milliseconds", "2s, at least 1s"),
        (CROSSED.format("1.0"), "GreaterThanOrEqualToThreshold", 1.0, "Count", "1, at least 1"),
        (CROSSED.format("12345.0"), "GreaterThanThreshold", 0.0, "Count", "12,345, more than 0"),
        (CROSSED.format("93.333333"), "LessThanThreshold", 95.0, "Percent", "93.33%, less than 95%"),
        (CROSSED.format("1.2E-4"), "LessThanOrEqualToThreshold", 0.5, "None", "0.00012, at most 0.5"),
        (CROSSED.format("3.0"), "LessThanLowerOrGreaterThanUpperThreshold", None, "Count", "3, not as usual"),
        (NO_DATA, "GreaterThanThreshold", 20.0, "Seconds", "no data arrives"),
        ("somebody set it", "GreaterThanThreshold", 20.0, "Seconds", ""),
        (CROSSED.format("3.0"), "", None, "Count", ""),
    ],
)
def test_a_breach_in_words(reason: str, comparison: str, threshold: float | None, unit: str, said: str) -> None:
    detail: dict[str, Any] = {"reason": reason, "comparison": comparison, "threshold": threshold}
    assert say_breach(detail, unit) == said
