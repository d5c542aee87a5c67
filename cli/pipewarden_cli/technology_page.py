"""The page docs/technologies.md, written from the technologies: `python -m pipewarden_cli.technology_page`."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

import pipewarden_plan
from pipewarden.alarm_rule import AlarmRule
from pipewarden.registry import technologies
from pipewarden.run_alarms import NAMESPACE
from pipewarden.technology import Technology
from pipewarden_plan.grammar import load_schema

PAGE = Path("docs/technologies.md")
CATALOGUE = Path(pipewarden_plan.__file__).parent / "metric_catalogue.json"
HEAD = """# Technologies

What can stand behind `type:` in a declaration, and what each one gets without a further word. This page is generated
from `lambdas/pipewarden/technologies/` (`python -m pipewarden_cli.technology_page`); [CONTRIBUTING](../CONTRIBUTING.md)
says how to add one.

An alarm with an expectation as its threshold exists where that expectation is declared; expectations about runs can
also be declared once for the whole pipeline. `alarms:` in the declaration changes or switches off each of them by its
key, `<resource>.<alarm>`. What an alarm does: **health** pages by itself, **run** repeats what the event of a failed
run tells and pages only when no event told it, **drain** starts the drainer where a drain is declared and else pages.
"""
MISSING = {
    "notBreaching": "counts as good",
    "breaching": "counts as bad",
    "ignore": "keeps the state",
    "missing": "INSUFFICIENT_DATA",
}
PURPOSES = {
    "read": "describe and list runs",
    "list": "compare the listed runs with those that events told of",
    "retry": "start failed runs again, where retries are declared",
    "drain": "drain the dead-letter queue, where a drain is declared",
    "probe": "look for new data",
    "owner": "see what it started, where that is not declared",
}


def render_page() -> str:
    """The whole page as Markdown."""
    found = technologies().values()
    links = "\n".join(f"- [`{technology.type}`](#{_anchor(technology)}): {technology.summary}" for technology in found)
    sections = [*(_section(technology) for technology in found), _own_metrics()]
    return "\n".join([HEAD, links, *(f"\n{section}" for section in sections)]) + "\n"


def _anchor(technology: Technology) -> str:
    return technology.title.lower().replace(" ", "-")


def _section(technology: Technology) -> str:
    example = yaml.safe_dump({"load": dict(technology.example)}, sort_keys=False, default_flow_style=None, width=100)
    required = set(technology.required)
    parts = [
        f"## {technology.title}",
        technology.summary,
        f"```yaml\n{example.strip()}\n```",
        _table(("Field", "Meaning", "Value"), _rows(technology.fields, required)),
        _table(("Expectation", "Meaning", "Value"), _rows(technology.expectations, set())),
        _table(
            ("Alarm", "Fires when", "Dimensions", "Looks at", "No data", "Does", "Because"),
            (_alarm(rule) for rule in technology.alarms),
        ),
        _events(technology),
        _table(("IAM, to", "Actions", "On"), _grants(technology)),
        _sources(technology),
    ]
    return "\n\n".join(part for part in parts if part)


def _rows(schemas: Mapping[str, Any], required: set[str], above: str = "") -> Iterator[Sequence[str]]:
    """One row per property, nested ones by their dotted name."""
    for name, schema in schemas.items():
        inner: Mapping[str, Any] = next(
            (part for part in (schema, *schema.get("anyOf", ())) if "properties" in part), {}
        )
        notes = ["required"] if name in required else []
        notes += [f"default `{_written(schema['default'])}`"] if "default" in schema else []
        yield f"`{above}{name}`", schema.get("description", ""), ", ".join([_kind(schema), *notes])
        yield from _rows(inner.get("properties", {}), set(inner.get("required", ())), f"{above}{name}.")


def _kind(schema: Mapping[str, Any]) -> str:
    """In words, what may be written."""
    if "title" in schema:
        return str(schema["title"])
    if "$ref" in schema:
        return str(load_schema("vocabulary")[schema["$ref"].removeprefix("#/$defs/")]["title"])
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{word}`" for word in schema["enum"])
    words = {"object": "a mapping", "string": "a text", "integer": "a whole number", "number": "a number"}
    return words.get(schema["type"], "`true` or `false`")


def _written(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("...\n").strip()


def _alarm(rule: AlarmRule) -> Sequence[str]:
    threshold = f"`{rule.threshold}`" if isinstance(rule.threshold, str) else f"{rule.threshold:g}"
    band = rule.comparison == "outside-band"
    dimensions = (f"`{value}`" if name == "*" else f"{name} `{value}`" for name, value in rule.dimensions.items())
    period = f"`{rule.period_field}`" if rule.period_field else f"{rule.period_seconds} s"
    return (
        f"`{rule.key}`",
        f"`{rule.namespace}` `{rule.metric}`, `{rule.statistic}`, "
        + (f"leaves its usual band ({threshold})" if band else f"{rule.comparison} {threshold}"),
        ", ".join(dimensions),
        f"{rule.datapoints} of {rule.periods} x {period}",
        MISSING[rule.missing],
        f"{rule.role}; needs `{rule.needs}`" if rule.needs else rule.role,
        rule.meaning,
    )


def _events(technology: Technology) -> str:
    lines = [
        f"- {rule.kind}: `{rule.source[0]}`, {rule.detail_type[0]}, `{rule.identity_path}` = `{rule.identity}`"
        for rule in technology.events
    ]
    lines += [f"- log group: `{group}`" for group in technology.log_groups]
    return "\n".join(["Events and logs:", "", *lines]) if lines else ""


def _grants(technology: Technology) -> Iterator[Sequence[str]]:
    for grant in technology.grants:
        actions = "<br>".join(f"`{action}`" for action in grant.actions)
        yield PURPOSES[grant.purpose], actions, "<br>".join(f"`{arn}`" for arn in grant.resources)


def _sources(technology: Technology) -> str:
    sources = sorted({rule.source for rule in technology.alarms})
    return "Metrics are documented at " + ", ".join(f"<{source}>" for source in sources) + "." if sources else ""


def _own_metrics() -> str:
    """What Pipewarden itself writes, for alarms and graphs of one's own."""
    rows = [row for row in json.loads(CATALOGUE.read_text(encoding="utf-8")) if row["namespace"] == NAMESPACE]
    lines = ((f"`{row['metric']}`", row["unit"], ", ".join(row["dimensions"][0]), row["enabled_by"]) for row in rows)
    return f"## Metrics of our own\n\nIn the namespace `{NAMESPACE}`:\n\n" + _table(
        ("Metric", "Unit", "Dimensions", "Written by"), lines
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *lines]) if lines else ""


def main() -> int:
    """Write the page below the current folder."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
