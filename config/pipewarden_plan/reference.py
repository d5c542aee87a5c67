"""The pages made from data: `python -m pipewarden_plan.reference` writes those of `PAGES` below docs."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipewarden.action import Action
from pipewarden.registry import actions, channel_types
from pipewarden_plan.action_page import actions_page, anchor_of
from pipewarden_plan.alarm_page import alarms_page
from pipewarden_plan.can_fire.page import can_it_fire_page
from pipewarden_plan.example import example_of
from pipewarden_plan.finding import rules
from pipewarden_plan.grammar import Grammar, grammar, load_schema
from pipewarden_plan.guard_page import guards_page
from pipewarden_plan.metric_page import metrics_page
from pipewarden_plan.preset import shipped_presets, usage
from pipewarden_plan.price_table import price_table
from pipewarden_plan.reference_text import (
    ABOUT_ACTIONS,
    ABOUT_COSTS,
    ABOUT_ERRORS,
    ABOUT_OWN_PRESETS,
    ABOUT_PRESETS,
    ABOUT_USAGE,
    HEAD,
    INTRODUCTION,
)
from pipewarden_plan.scalar_reader import Schema
from pipewarden_plan.sentence import KINDS
from pipewarden_plan.show import flow

PIPELINE_PARTS = ("declaration", "defaults", "use", "pipeline", "schedule", "expect", "retry", "error_pattern", "alarm")
ENVIRONMENT_PARTS = ("environment", "route", "rung", "maintenance", "spending", "cost_anomaly", "cost_tag")
LINKS = {name: name for name in (*PIPELINE_PARTS, *ENVIRONMENT_PARTS, "channel")}
LINKS |= {"resource": "resources", "override": "pipeline", "action": "actions"}


class Row(NamedTuple):
    """One key of the reference."""

    key: str
    kind: str
    default: str
    meaning: str
    example: str


def declaration_page(found: Grammar | None = None) -> str:
    """docs/declaration.md: every key with its type, default, meaning and an example."""
    found = found or grammar()
    parts = [HEAD.format(source="the schema"), "# The declaration", INTRODUCTION, "## Vocabulary", _vocabulary()]
    parts += ["## Pipelines", *_sections(PIPELINE_PARTS, found.defs)]
    parts += ["## Resources", "Keys of every resource, beside those of its technology:"]
    parts += [_table(rows_of(_common(), found.defs))]
    for technology in found.technologies.values():
        schema = found.defs[f"resource.{technology.type}"]
        own = {key: part for key, part in schema["properties"].items() if key not in _common()["properties"]}
        parts += [f"### {technology.type}", f"{technology.title}. {technology.summary}"]
        parts += [f"```yaml\n{flow(technology.example)}\n```"]
        parts += [_table(rows_of({**schema, "properties": own}, found.defs, sample=technology.example))]
    parts += ["## Actions", ABOUT_ACTIONS, _table(rows_of(_common("action_common"), found.defs))]
    parts += [part for action in actions().values() for part in _action(action, found.defs)]
    parts += ["## Environments", *_sections(ENVIRONMENT_PARTS, found.defs)]
    parts += ["### channel", str(found.defs["channel"]["description"])]
    for kind in channel_types():
        schema = found.defs[f"channel.{kind}"]
        rows = rows_of(schema, found.defs, sample=schema["examples"][0])
        parts += [f"**{kind}**: {schema['description']} See [channels](channels.md#{kind}).", _table(rows)]
    return "\n\n".join(parts) + "\n"


def errors_page() -> str:
    """docs/errors.md: every rule by its id."""
    rows = [f"| {row['id']} | {row['severity']} | {row['meaning']} | {row['cure']} |" for row in rules().values()]
    table = "\n".join(["| Id | Kind | Meaning | Cure |", "|---|---|---|---|", *rows])
    return "\n\n".join([HEAD.format(source="rules.json"), "# Errors", ABOUT_ERRORS, table]) + "\n"


def fire_page() -> str:
    """docs/can-it-fire.md: every rule about alarms that could never fire."""
    return can_it_fire_page(HEAD.format(source="rules.json"))


def cost_page() -> str:
    """docs/costs.md: every price, and what a month is taken to hold."""
    table = price_table()
    prices = [
        f"| {row.item} | {row.usd:.12f}".rstrip("0").rstrip(".") + f" | {row.per} | {row.source} |"
        for row in table.prices.values()
    ]
    usage = [f"| {name.replace('_', ' ')} | {value:g} |" for name, value in table.usage.items()]
    parts = [HEAD.format(source="prices.json"), "# Costs", ABOUT_COSTS]
    parts += [f"## Prices\n\n{table.region}, read {table.read}. {table.note}"]
    parts += ["\n".join(["| Item | USD | Per | Source |", "|---|---|---|---|", *prices])]
    parts += ["## What a month is taken to hold", ABOUT_USAGE]
    parts += ["\n".join(["| What | Number |", "|---|---|", *usage])]
    return "\n\n".join(parts) + "\n"


def alarm_page() -> str:
    """docs/alarms.md: every alarm of every technology."""
    return alarms_page(HEAD.format(source="the technologies"))


def metric_page() -> str:
    """docs/metrics.md: every metric of ours."""
    return metrics_page(HEAD.format(source="metric_catalogue.json"))


def preset_page(found: Grammar | None = None) -> str:
    """docs/presets.md: how to write one, and each that comes with Pipewarden."""
    defs = (found or grammar()).defs
    parts = [HEAD.format(source="the files in presets"), "# Presets", ABOUT_PRESETS]
    for preset in shipped_presets().values():
        parts += [f"## {preset.name}", preset.description]
        if preset.parameters:
            rows = [
                f"| `{row.name}` | {row.description.rstrip('.')} | {row.default or 'must be told'} |"
                for row in preset.parameters.values()
            ]
            parts += ["\n".join(["| Parameter | What it is | Unless told |", "|---|---|---|", *rows])]
        parts += [f"```yaml\nuse: [{usage(preset)}]\n```"]
    parts += ["## Writing one", ABOUT_OWN_PRESETS, _table(rows_of(defs["preset"], defs))]
    parts += ["### parameter", _table(rows_of(defs["parameter"], defs))]
    return "\n\n".join(parts) + "\n"


def action_page() -> str:
    """docs/actions.md: what is done besides retries, and each kind of it."""
    return actions_page(HEAD.format(source="the kinds of actions"))


PAGES: Mapping[str, Callable[[], str]] = {
    "declaration.md": declaration_page,
    "actions.md": action_page,
    "errors.md": errors_page,
    "can-it-fire.md": fire_page,
    "costs.md": cost_page,
    "alarms.md": alarm_page,
    "metrics.md": metric_page,
    "presets.md": preset_page,
    "guards.md": guards_page,
}


def write_pages(root: Path) -> None:
    """Write the pages below `root`."""
    (root / "docs").mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (root / "docs" / name).write_text(page(), encoding="utf-8")


def rows_of(schema: Schema, defs: Mapping[str, Schema], prefix: str = "", sample: Any = None) -> Iterator[Row]:
    """One row per key, and those of mappings that have no section of their own. `sample` is an example of the whole."""
    required = schema.get("required", ())
    for key, part in schema.get("properties", {}).items():
        target = defs.get(str(part.get("$ref", "")).removeprefix("#/$defs/"), {})
        whole = {**target, **part}
        default = "required" if key in required else f"`{flow(part['default'])}`" if "default" in part else ""
        meaning = str(whole.get("description") or whole.get("title", ""))
        below = sample.get(key) if isinstance(sample, Mapping) else None
        example = example_of(part, defs, below)
        shown = "" if example is None else f"`{_cell(flow(example))}`"
        yield Row(f"{prefix}{key}", _kind(part, defs), default, meaning, shown)
        for inner in (part, *part.get("anyOf", ())):
            yield from rows_of(inner, defs, f"{prefix}{key}.", below)


def _common(name: str = "common") -> Schema:
    return {"properties": load_schema("declaration")[name]}


def _action(action: Action, defs: Mapping[str, Schema]) -> Iterator[str]:
    yield f"### {action.type}"
    yield f"{action.summary} See [actions](actions.md#{anchor_of(action)})."
    for way in action.ways:
        if len(action.ways) > 1:
            yield f"With `{way.field}`:"
        schema = {"properties": way.fields, "required": [way.field, *way.required]}
        yield _table(rows_of(schema, defs, sample=way.example))


def _vocabulary() -> str:
    rows = ["| Word | Meaning | Examples |", "|---|---|---|"]
    for name, schema in load_schema("vocabulary").items():
        meaning = _sentence(f"{schema['title']}. {schema.get('description', '')}")
        examples = ", ".join(f"`{flow(example)}`" for example in schema["examples"])
        rows.append(f"| {name.replace('_', ' ')} | {meaning} | {examples} |")
    return "\n".join(rows)


def _sections(names: tuple[str, ...], defs: Mapping[str, Schema]) -> Iterator[str]:
    for name in names:
        schema = defs[name]
        sample = next(iter(schema.get("examples", ())), None)
        yield f"### {name}"
        yield str(schema["description"])
        yield _table(rows_of(schema, defs, sample=sample))


def _table(rows: Iterator[Row]) -> str:
    head = ["| Key | Type | Default | Meaning | Example |", "|---|---|---|---|---|"]
    lines = (f"| `{row.key}` | {row.kind} | {row.default} | {_sentence(row.meaning)} | {row.example} |" for row in rows)
    return "\n".join([*head, *lines])


def _kind(part: Schema, defs: Mapping[str, Schema]) -> str:
    """The type of a value in words, linked where it has a section."""
    if "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{LINKS[name]})" if name in LINKS else name.replace("_", " ")
    if "enum" in part or "const" in part:
        return ", ".join(f"`{flow(choice)}`" for choice in part.get("enum", [part.get("const")]))
    if "anyOf" in part:
        return " or ".join(_kind(branch, defs) for branch in part["anyOf"])
    if part.get("type") == "array":
        return f"list of {_kind(part.get('items', {}), defs)}"
    if isinstance(part.get("additionalProperties"), Mapping):
        return f"mapping to {_kind(part['additionalProperties'], defs)}"
    words = KINDS.get(str(part.get("type")), "anything").removeprefix("a ")
    limits = [part[word] for word in ("minimum", "maximum") if word in part]
    return f"{words} {limits[0]}-{limits[1]}" if len(limits) == 2 else words


def _sentence(text: str) -> str:
    text = _cell(text.strip())
    return text[:1].upper() + text[1:]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    write_pages(Path.cwd())
