"""docs/guards.md: every guard of remediation, from the table that the responder asks."""

from collections.abc import Iterator

from pipewarden.guard import FIRST_WAIT_SECONDS, LAST_WAIT_SECONDS
from pipewarden.guard_table import GUARDS
from pipewarden.kill_switch import COPY_KEPT, KEPT
from pipewarden_plan.grammar import load_schema
from pipewarden_plan.scalar_reader import Schema
from pipewarden_plan.show import flow

HEAD = "<!-- Made by `python -m pipewarden_plan.reference` from guard_table.py: change that, not this page. -->"
ABOUT = f"""A failed run is started again, and an [action](actions.md) done, only when no guard objects. They are asked
from top to bottom when something has failed, and again before what is planned starts, because much can happen while it
waits. All are on without a word in the declaration. Where the last column says something, the guard holds for actions
too.

An objection ends in a page that says it. Three of them pass with time (another run that is going on, the turn, the
window), and a breaker that is half-open: then the retry waits, looking again after {FIRST_WAIT_SECONDS:.0f} s, doubling
to {LAST_WAIT_SECONDS:.0f} s; but never longer than the severity's `respond_within`, for then somebody must know."""
SWITCH = f"""## The kill switch

`pipewarden remediation off --env prod` writes the SSM parameter `/pipewarden/<environment>/remediation`, which the core
stack makes with the value `act`. The responder's heartbeat reads it once a minute and leaves a copy in the table, which
comes with everything else that a decision reads. Where that copy is older than {COPY_KEPT.total_seconds():.0f} s,
because no heartbeat came, the parameter itself is read, at most once in {KEPT.total_seconds():.0f} s.
So it holds within a minute: for new failures, for retries that are planned already and for drains. Runs that are
going on go on.

| Value | Meaning |
| --- | --- |
| `act` | as declared |
| `observe` | nothing is started; pages say what would have been done |
| `off` | nothing is started |
| anything else, missing, or not readable | as `observe`, and pages say so |

The stricter of the parameter and `remediation.mode` holds. A deployment does not change the parameter."""
BREAKERS = """## Circuit breakers

Closed: retries start. Open: none does, and failures are paged at once. After `open` the breaker lets one retry through
and is half-open until that has ended: with success it closes, with a failure it opens again. Of two responders that
both want to be that one, the table takes one. A retry of whose end nothing is heard for a day keeps nobody out.

The page that an open breaker causes says since when and until when; the message that an incident is over says when a
breaker closed with it. Metrics (namespace `Pipewarden`, dimensions Environment and Pipeline, or Environment alone for
the environment's): `BreakerOpen` (1 until closed, written at each change), `BreakerOpened`, `BreakerHalfOpened`,
`BreakerClosed`."""
COSTS = """## Costs

What a retry will take (the mean of the latest 20 good runs of the resource, times the factor where it is made larger)
is added to the pipeline's day when it starts, and corrected when it has ended and its service has told: DPU-hours
of Glue, seconds of run time of everything else. While nothing is known of a resource, its first retry passes as long
as the budget is not used up."""
OWNERS = """## What something else has started

What a workflow or a state machine started is cured by resuming that, so it is not retried by itself. Who started a run
is known in three ways:

- `within:` says so: nothing is asked.
- A job of a **Glue workflow** carries the workflow's run among its arguments: paged, with the workflow and its run.
- **Step Functions** keeps it in the history of the execution. When a run has failed that would be retried, and a state
  machine of the same pipeline is neither declared before nor after it (`after:`), its latest executions are listed and
  the histories of up to three that were going on are read (two machines at most). If one of them submitted the run with
  a `.sync` task, the run is treated as if `within:` were declared, in this incident. It takes one to four calls more a
  machine, which `within:` and `after:` save. Items of a distributed map are not found, nor what was started without
  waiting, for which there is nothing to resume.

`retry: {owned: true}` retries such runs by themselves, and nobody is asked."""

LAYERS = """## The retries of the services themselves

Layers must not multiply, so a failure counts only when the service has given up, or its own retry is taken for ours.
`pipewarden plan` says at each resource what is known of them (`layers`), and so do pages, below what was tried.

- **Glue**: `MaxRetries` of the job starts a run that names the failed one as its predecessor. That run is adopted as
  our attempt instead of starting another, and the page says so. Keep `MaxRetries` at 0 where retries are declared
  here, or declare it (`max_retries`).
- **Step Functions**: the execution fails only after the `Retry` of its states; a redrive goes on from the failed
  state, whose `Retry` counts anew. Two attempts of a state that is retried three times are twelve tries in all.
- **Lambda**: the record that tells of a failed invocation comes after Lambda's own two further tries; each invocation
  of ours is tried three times as well. Fewer: `MaximumRetryAttempts` of the function's asynchronous configuration."""
LARGER = """## Larger retries

`scale: {workers: x2, max: 20}`: a Glue job that ran out of memory or disk is started with twice the workers, its retry
with four times as many, never more than 20. It applies to failures of class `resource` only, and makes them worth a
retry even where `classes` does not list them. The job itself stays as it is. A job without a worker type is paged."""


def guards_page() -> str:
    """The page as Markdown."""
    table = "\n".join(
        [
            "| Guard | Declared by | Default | What it promises | Why this default | For actions |",
            "|---|---|---|---|---|---|",
            *_rows(),
        ]
    )
    parts = [HEAD, "# Guards of remediation", ABOUT, table, SWITCH, BREAKERS, COSTS, LARGER, OWNERS, LAYERS]
    return "\n\n".join(parts) + "\n"


def _rows() -> Iterator[str]:
    for guard in GUARDS:
        key = f"`{guard.key}`" if guard.key else "always"
        acts = "" if guard.for_actions is None else f"`{guard.for_actions}`" if guard.for_actions else "always"
        yield f"| {guard.id} | {key} | {_default(guard.key)} | {guard.promise} | {guard.reason} | {acts} |"


def _default(key: str) -> str:
    """The default as the schema has it; of a mapping that of each key."""
    if not key:
        return ""
    section, _, name = key.partition(".")
    whole = load_schema("declaration")["retry"] if section == "retry" else _remediation()
    part = whole["properties"][name]
    below = {inner: row["default"] for inner, row in part.get("properties", {}).items() if "default" in row}
    found = below if "default" not in part or part["default"] == {} else part["default"]
    return "" if part.get("required") else f"`{flow(found)}`"


def _remediation() -> Schema:
    found: Schema = load_schema("environment")["environment"]["properties"]["remediation"]
    return found
