"""What AWS asks for the parts of a plan: list prices as data, with the region and the day on which they were read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for one of something; `per` says of what."""

    item: str
    usd: float
    per: str
    source: str


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """Prices by item. `usage` holds what a month of Pipewarden's own work is taken to be (see docs/costs.md)."""

    region: str
    read: str
    note: str
    prices: Mapping[str, Price]
    usage: Mapping[str, float]

    def usd(self, item: str, quantity: float) -> float:
        """Dollars for a quantity. Raises KeyError for an item that has no price."""
        return self.prices[item].usd * quantity


@cache
def price_table() -> PriceTable:
    """The table that comes with Pipewarden."""
    read = json.loads(Path(__file__).with_name("prices.json").read_text(encoding="utf-8"))
    prices = {row["item"]: Price(**row) for row in read["prices"]}
    return PriceTable(
        region=read["region"], read=read["read"], note=read["note"], prices=prices, usage=dict(read["usage"])
    )
