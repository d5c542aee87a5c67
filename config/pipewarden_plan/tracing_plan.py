"""X-Ray: one group per team, one sampling rule per environment."""

from collections.abc import Iterable

from pipewarden.names import FUNCTIONS, Names, shorten
from pipewarden_plan.limits import TRACING_NAME_CHARACTERS
from pipewarden_plan.model import Environment
from pipewarden_plan.plan import TracingPlan
from pipewarden_plan.watched import Watched

FILTER_CHARACTERS = 2_000
"""No limit is documented for a filter expression; this much is known to work, and what does not fit is left to the
annotation of the team."""


def plan_team_tracing(team: str, everything: Iterable[Watched], names: Names) -> TracingPlan:
    """A group of the traces that name the team or a pipeline of it, or pass through a declared function."""
    watched = list(everything)
    pipelines = dict.fromkeys(found.pipeline.name for found in watched)
    functions = dict.fromkeys(str(found.values["function"]) for found in watched if found.declares("function"))
    terms = [f'annotation[pipeline] = "{name}"' for name in pipelines] + [f'service("{name}")' for name in functions]
    return TracingPlan(
        groups=((_name(names, team), _any_of(f'annotation[team] = "{team}"', terms)),), sampling_rule=None
    )


def plan_core_tracing(environment: Environment, names: Names) -> TracingPlan:
    """A group of our own functions, and the sampling rule (docs/deployed.md says whom it binds)."""
    first, *others = (f'service("{names.function(role)}")' for role in FUNCTIONS)
    rule = (shorten(names.prefix, TRACING_NAME_CHARACTERS), environment.tracing_percent / 100)
    return TracingPlan(
        groups=((_name(names, "core"), _any_of(first, others)),),
        sampling_rule=rule,
        transaction_search=environment.transaction_search_percent,
    )


def _name(names: Names, part: str) -> str:
    return shorten(f"{names.prefix}-{part}", TRACING_NAME_CHARACTERS)


def _any_of(first: str, others: Iterable[str]) -> str:
    text = first
    for term in others:
        if len(text) + len(term) + len(" OR ") > FILTER_CHARACTERS:
            break
        text = f"{text} OR {term}"
    return text
