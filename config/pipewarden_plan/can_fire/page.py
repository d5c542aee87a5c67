"""docs/can-it-fire.md, made of the rules."""

from collections.abc import Iterator, Mapping

from pipewarden_plan.finding import rules

FIRST, LAST = "PW501", "PW518"
INTRODUCTION = (
    "CloudWatch takes an alarm over anything: a metric that nobody writes, dimensions that do not exist, a topic that "
    "is encrypted with a key it may not use. Such an alarm is green for ever. `pipewarden validate` plans every alarm "
    "of every environment and refuses those that could never fire, or would fire unheard, with the line that declares "
    "them. `make_plan` runs the same check, so nothing that it refuses is deployed.\n\n"
    "The metrics that services write, with their dimensions and limits, stand in "
    "`config/pipewarden_plan/metric_catalogue.json`, each with its source. Alarms that are switched off are not looked "
    "at. A metric in a namespace of your own is taken as it is: only you know what you write.\n\n"
    "What the API refuses in `alarms:` alone, without the plan, is PW216."
)
REACHED = {
    "declaration": "A declaration under `tests/declarations/invalid` breaks it, with the whole output beside it.",
    "plan": "No declaration reaches it: the plan makes no such alarm. The rule guards the plan itself, and a test "
    "breaks it there.",
}


def can_it_fire_page(head: str) -> str:
    """Every rule with what it is about, why such an alarm is dead, the cure and the source."""
    parts = [head, "# Can it fire?", INTRODUCTION]
    for row in rules_of_the_check():
        parts += [f"## {row['id']}", f"**{row['meaning']}** ({row['severity']})"]
        parts += [row["why"], f"Cure: {row['cure']}"]
        parts += [REACHED[row["reached_by"]], f"Source: [{_title(row['source'])}]({row['source']})"]
    parts += [
        "## Periods in metric math",
        "The CDK's constructs overwrite the periods of the metrics in an expression with that of the expression. "
        "Pipewarden renders CloudFormation's own properties, so what the plan says is deployed: "
        "`tests/synth/test_can_fire.py` compares both, and reads actions, topics, keys and composites of templates.",
    ]
    return "\n\n".join(parts) + "\n"


def rules_of_the_check() -> Iterator[Mapping[str, str]]:
    """The contiguous block of ids."""
    return (row for name, row in sorted(rules().items()) if FIRST <= name <= LAST)


def _title(source: str) -> str:
    guide, _, rest = source.removeprefix("https://docs.aws.amazon.com/").partition("/")
    return f"{guide}: {rest.rpartition('/')[2].split('.')[0]}"
