"""A value of one of our own metrics, as data; the handlers write it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Dimensions are Environment alone, or with Pipeline, or Pipeline and Resource, when those are named."""

    name: str
    value: float = 1.0
    unit: str = "Count"
    pipeline: str = ""
    resource: str = ""
