"""A graph over metrics that share a namespace and a dimension set, as most of a technology's graphs do."""

from collections.abc import Mapping

from pipewarden.technology import Widget


def graph(
    namespace: str,
    dimensions: Mapping[str, str],
    title: str,
    unit: str,
    *metrics: tuple[str, str, str],
    stacked: bool = False,
    needs: str = "",
    period_seconds: int = 300,
) -> Widget:
    """Each metric as (name, statistic, label). The title says what, the resource's name goes before it."""
    return Widget(
        title=f"$(resource): {title}",
        metrics=tuple((namespace, name, dimensions, statistic, label) for name, statistic, label in metrics),
        unit=unit,
        needs=needs,
        stacked=stacked,
        period_seconds=period_seconds,
    )
