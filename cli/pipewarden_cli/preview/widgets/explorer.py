"""Explorer and custom widgets: what they would show, in words."""

from collections.abc import Mapping
from typing import Any

from pipewarden_cli.preview import loose
from pipewarden_cli.preview.widgets.contents import Contents, note


def draw_explorer(properties: Mapping[str, Any]) -> Contents:
    """A metrics explorer finds resources by their tags, which only the account knows."""
    metrics = [_metric(loose.mapping(row)) for row in loose.listed(properties.get("metrics"))]
    labels = [_label(loose.mapping(row)) for row in loose.listed(properties.get("labels"))]
    split = loose.text(loose.mapping(properties.get("aggregateBy")).get("key")) or loose.text(properties.get("splitBy"))
    sentences = ["CloudWatch finds the resources of an explorer by tags and properties when it shows the dashboard."]
    if metrics:
        sentences.append(f"Metrics: {', '.join(metrics)}.")
    if labels:
        sentences.append(f"Of resources with: {', '.join(labels)}.")
    if split:
        sentences.append(f"Split by {split}.")
    return note("Metrics explorer: not drawn in the preview", sentences, loose.text(properties.get("title")))


def draw_custom(properties: Mapping[str, Any]) -> Contents:
    """A custom widget shows what a Lambda function returns; the preview runs no code."""
    endpoint = loose.text(properties.get("endpoint")) or "which it does not name"
    return note(
        "Custom widget: not drawn in the preview",
        [f"CloudWatch calls the function {endpoint} and shows what it returns; the preview calls nothing."],
        loose.text(properties.get("title")),
    )


def _metric(row: Mapping[str, Any]) -> str:
    name, stat = loose.text(row.get("metricName")) or "?", loose.text(row.get("stat"))
    of = loose.text(row.get("resourceType"))
    return " ".join(filter(None, (stat, name, f"({of})" if of else "")))


def _label(row: Mapping[str, Any]) -> str:
    key, value = loose.text(row.get("key")) or "?", loose.text(row.get("value"))
    return f"{key} = {value}" if value else key
