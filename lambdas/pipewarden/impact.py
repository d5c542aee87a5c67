"""What it costs the business while a pipeline fails: declared in simple terms, estimated from time alone. Pure."""

from dataclasses import dataclass

from pipewarden.duration import say_seconds

HOUR_SECONDS = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Impact:
    """`once_usd` is lost when the failure has lasted `after_seconds`, and `per_hour_usd` for each hour from then on.
    `customers` is how many notice, `text` what they notice."""

    text: str = ""
    once_usd: float = 0.0
    per_hour_usd: float = 0.0
    after_seconds: float = 0.0
    customers: int = 0

    @property
    def priced(self) -> bool:
        return bool(self.once_usd or self.per_hour_usd)


def estimate_usd(impact: Impact, seconds: float) -> float:
    """US dollars lost when the failure has lasted so many seconds."""
    over = seconds - impact.after_seconds
    return impact.once_usd + impact.per_hour_usd * over / HOUR_SECONDS if over >= 0 else 0.0


def seconds_until(impact: Impact, above_usd: float) -> float | None:
    """How long the failure has lasted when the estimate reaches so many US dollars; None when it never does."""
    if impact.once_usd >= above_usd:
        return impact.after_seconds
    if not impact.per_hour_usd:
        return None
    return impact.after_seconds + (above_usd - impact.once_usd) / impact.per_hour_usd * HOUR_SECONDS


def say_impact(impact: Impact | None, seconds: float, *, over: bool = False) -> tuple[str, ...]:
    """The impact in lines for people: what it is, and what it has come to by now, or in all when it is `over`."""
    if impact is None:
        return ()
    figures = [_say_money(impact, seconds, over)] if impact.priced else []
    figures += [f"{impact.customers:,} {'customer' if impact.customers == 1 else 'customers'}"] * bool(impact.customers)
    return tuple(line for line in (impact.text, "; ".join(figures)) if line)


def say_usd(amount: float) -> str:
    """`1,200 USD`; cents where it has some."""
    return f"{amount:,.2f} USD" if round(amount * 100) % 100 else f"{round(amount):,} USD"


def say_terms(impact: Impact) -> str:
    """What was declared, in one line: `1,200 USD an hour after 1h; 300 customers; The morning report is late.`"""
    terms = [f"{say_usd(impact.once_usd)} once"] if impact.once_usd else []
    terms += [f"{say_usd(impact.per_hour_usd)} an hour"] if impact.per_hour_usd else []
    money = " and ".join(terms) + (f" after {say_seconds(impact.after_seconds)}" if impact.after_seconds else "")
    customers = f"{impact.customers:,} customers" if impact.customers else ""
    return "; ".join(part for part in (money, customers, impact.text) if part)


def _say_money(impact: Impact, seconds: float, over: bool) -> str:
    lasted, amount = say_seconds(max(0.0, seconds)), round(estimate_usd(impact, seconds))
    if over:
        return f"about {say_usd(amount)} in {lasted}"
    each = f"{say_usd(impact.per_hour_usd)}{' more' if amount else ''} each hour" if impact.per_hour_usd else ""
    if seconds < impact.after_seconds:
        once = f"{say_usd(impact.once_usd)} at once" if impact.once_usd else ""
        terms = " and ".join(part for part in (once, each) if part)
        return f"nothing in the first {say_seconds(impact.after_seconds)}, then {terms}"
    so_far = f"about {say_usd(amount)} so far ({lasted})" if amount else ""
    return ", ".join(part for part in (so_far, each) if part)
