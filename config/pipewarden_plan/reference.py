"""The pages made from data: `python -m pipewarden_plan.reference` writes those of `PAGES` below docs."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipewarden.registry import channel_types
from pipewarden_plan.alarm_page import alarms_page
from pipewarden_plan.can_fire.page import can_it_fire_page
from pipewarden_plan.example import example_of
from pipewarden_plan.finding import rules
from pipewarden_plan.grammar import Grammar, grammar, load_schema
from pipewarden_plan.guard_page import guards_page
from pipewarden_plan.metric_page import metrics_page
from pipewarden_plan.preset import shipped_presets, usage
from pipewarden_plan.price_table import price_table
from pipewarden_plan.scalar_reader import Schema
from pipewarden_plan.sentence import KINDS
from pipewarden_plan.show import flow

HEAD = "<!-- Made by `python -m pipewarden_plan.reference` from {source}: change that, not this page. -->"
PIPELINE_PARTS = ("declaration", "defaults", "use", "pipeline", "schedule", "expect", "retry", "error_pattern", "alarm")
ENVIRONMENT_PARTS = ("environment", "route", "rung", "maintenance", "spending", "cost_anomaly", "cost_tag")
LINKS = {name: name for name in (*PIPELINE_PARTS, *ENVIRONMENT_PARTS, "channel")}
LINKS |= {"resource": "resources", "override": "pipeline"}
INTRODUCTION = (
    "Pipelines stand in `config/pipelines/<team>.yaml`: one file is one team is one stack. Environments stand in "
    "`config/environments/<environment>.yaml`. `config/schema` holds JSON Schemas of both for editors.\n\n"
    "Scalars are read by the YAML 1.2 core schema: `on`, `off`, `yes` and `no` are words, `10:30` is text, `0o17` is "
    "octal. A number with a leading zero stays text (`0123`, an account id). Anchors, aliases, merge keys, tags and "
    "several documents in one file are refused.\n\n"
    "`$(env)`, `$(account)` and `$(region)` are filled in wherever text stands. What is wrong is told with file, line "
    "and cure; [errors](errors.md) lists every kind."
)
ABOUT_ERRORS = (
    "Each finding has the file, the line, the path, what is wrong and, where one is known, the cure. Ids keep their "
    "meaning: PW0xx is about files and YAML, PW1xx about keys and values, PW2xx about pipelines, PW3xx about "
    "environments, PW5xx about alarms that could never fire ([each explained](can-it-fire.md)). Errors keep an "
    "environment from being planned; warnings do not."
)
ABOUT_COSTS = (
    "`pipewarden cost ENV` adds up what the watching itself costs in a month of 730 hours: alarms, composite alarms, "
    "dashboards, our own metrics, the key, and the calls of our functions. `pipewarden plan` shows the sum of each "
    "pipeline. What the pipelines themselves cost is not part of it.\n\n"
    "`budget: {monitoring: 2 USD per pipeline}` in an environment refuses a plan in which a pipeline's own lines cost "
    "more; `budget: {monitoring: 300 USD}` holds the whole environment. Both are checked by `validate`, with what is "
    "dearest in the message ([PW421](errors.md)).\n\n"
    "What runs of Glue jobs cost is judged by `expect: {cost: {per_run: 5 USD, per_day: 50 USD}}`, and shown on the "
    "executive dashboard: the DPU-hours of [`RunDPUHours`](metrics.md) or `RunFlexDPUHours` times the list price "
    "below. The plan turns dollars into DPU-hours, so the alarm's threshold is an amount of them. The price is that of "
    "the region below wherever the pipeline runs, and runs on memory-optimized workers have none: they stand in hours "
    "beside it. What an invocation of a function costs is not known: its memory is in no metric.\n\n"
    "A metric of ours is paid for by the hour in which it has data: a nightly run sends data in one hour a day. A "
    "pipeline without a `schedule` is taken to send data in every hour, and its runs are not counted: declare the "
    "schedule, and the bill gets smaller and truer. Incidents (pages, retries, drains) are not counted either; they "
    "cost fractions of a cent each.\n\n"
    "Limits of what AWS charges for the pipelines themselves are `spending:` (AWS Budgets) and `cost_anomalies:` "
    "(AWS Cost Anomaly Detection) of an environment, see [the declaration](declaration.md#spending). Both tell the "
    "page topic of their severity by themselves, in AWS's own words, and look a few times a day: they tell, and stop "
    "nothing."
)
ABOUT_USAGE = (
    "Seconds are what a call of one of our functions is taken to run; units of the table and bytes of the log are for "
    "one handled run. They are estimates on the safe side, and together a small part of the sum."
)
ABOUT_PRESETS = (
    "A preset is a named bundle: expectations of a pipeline, what each resource of a type gets, and resources that it "
    "adds. A pipeline takes some with `use:`, and `defaults: {use: [...]}` gives them to every pipeline of a file:\n\n"
    "```yaml\ncustomer-import:\n  use: [batch-nightly, {lake-quality: {table: customers}}]\n"
    "  resources:\n    load: {type: glue-job, job_name: customer-load}\n```\n\n"
    "What is declared goes over what a preset says, key by key; a later preset goes over an earlier one; both go over "
    "the file's `defaults`. What comes of it is checked like anything else that is declared: an error in it names the "
    "preset and its line. `pipewarden presets` lists all presets, `pipewarden presets NAME` shows one, and `pipewarden "
    "plan` what a pipeline gets. An environment's `overrides` change what came of presets, not which are used."
)
ABOUT_OWN_PRESETS = (
    "A project's own presets stand in `config/presets/<preset>.yaml`; they are used like those above and must have "
    "other names."
)


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


PAGES: Mapping[str, Callable[[], str]] = {
    "declaration.md": declaration_page,
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


def _common() -> Schema:
    return {"properties": load_schema("declaration")["common"]}


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
