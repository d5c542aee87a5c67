"""docs/actions.md: what is done besides retries, and each kind of it from its file."""

from collections.abc import Iterator

import yaml

from pipewarden.action import Action, Way
from pipewarden.registry import actions
from pipewarden.technology import Grant

ABOUT = """A retry starts the same run again. Where that is not the cure, a resource may declare `actions:`: something
that Pipewarden does in its place or before it, for failures of a class or for an alarm. Nothing is done that is not
declared, and nothing is granted for it either.

```yaml
resources:
  load:
    type: glue-job
    job_name: crm-load-$(env)
    actions:
      restore-config: {type: rollback, parameter: /crm/load/config, classes: [deterministic], then: retry}
  ingest:
    type: sqs
    queue: crm-ingest-$(env)
    expect: {oldest_message: 10m}
    actions:
      more-tasks: {type: scale, cluster: crm, service: workers, by: 2, max: 10, alarms: [oldest-message]}
```

[The declaration](declaration.md#actions) lists every key. Actions stand at a resource and are not inherited from
`defaults`: each names one thing that it changes."""
WHEN = """## When, and what follows

| | For `classes` | For `alarms` |
| --- | --- | --- |
| It is done | when a run of its resource fails so ([classes](failures.md)), before any retry | when one is raised |
| It has helped | when it was done without an error | when the alarm clears within `clears_within` (15m) |
| Then | what `then` says | nothing more: the incident ends with one message |
| If not | one page: what was tried, what came of it, and the failure | the same |

`then: page`, the default: people are paged, for nobody has run again what failed. `then: retry`: the failed run is
started again, whatever its class, as often and as carefully as `retry` says.

- Nobody is paged while it is planned or going on; P0 is paged at once, and acted upon all the same.
- It is done once in an incident unless `attempts` says otherwise. Of several actions that are meant, the first that is
  not used up is done; a failure that comes again after it is for the next one, and then for `retry` and people.
- An alarm that repeats what a failed run has told, or that starts a drain, starts no action: `validate` says so.
- What was tried stands in the page, in the timeline of `pipewarden incidents`, and in the message that it is over:
  `failed 02:10, load.restore-config done, retried once, recovered 02:31 UTC`."""
GUARDED = """## What guards it

The [guards](guards.md) whose last column says so: the kill switch and observe mode (which says what would have been
done), attempts, a cooldown of an hour from one incident to the next, the time window and turn of `retry`, the circuit
breakers (an action that failed or did not help counts as a failed retry), and the environment's retries per hour. A
maintenance window puts it off. They are asked when something has failed and again before it is done."""
EXACTLY = """## Exactly once, as far as the service lets us

What an action will set is settled first (the version to go back to, the number of tasks, the age of objects) and
written down in one conditional write that also claims the attempt. Then it is done, then its outcome is recorded.
After a crash in between the queue delivers again: the same value is set, or the same token used. Each kind below says
what that means. Where the switch was thrown meanwhile nothing is tried again, and the page says that it may have been
done."""
NEW = """## Add a kind: one file

`lambdas/pipewarden/actions/<kind>.py` holds one `ACTION = Action(...)`: its fields, its grants, what is settled
(`prepare`), done (`start`) and looked at later (`look`). The folder is scanned; schema, plan, rights, this page and the
contract tests (`tests/unit/actions`) read the same row. When a kind needs a special case elsewhere, the row gets a
field."""


def anchor_of(action: Action) -> str:
    """The anchor of its section."""
    return action.title.lower().replace(" ", "-")


def actions_page(head: str) -> str:
    """The page as Markdown."""
    sections = [part for action in actions().values() for part in _section(action)]
    return "\n\n".join([head, "# Actions", ABOUT, WHEN, GUARDED, EXACTLY, *sections, NEW]) + "\n"


def _section(action: Action) -> Iterator[str]:
    yield f"## {action.title}"
    yield action.summary
    for way in action.ways:
        yield from _way(way)


def _way(way: Way) -> Iterator[str]:
    example = yaml.safe_dump({"mend": dict(way.example)}, sort_keys=False, default_flow_style=None, width=110)
    yield f"**{way.title[:1].upper()}{way.title[1:]}**"
    yield f"```yaml\n{example.strip()}\n```"
    yield f"When a call is interrupted: {way.twice}"
    rows = ["| May | On | Only |", "| --- | --- | --- |"]
    rows += [_grant(grant, way) for grant in way.grants]
    yield "\n".join(rows)
    yield f"Source: <{way.source}>"


def _grant(grant: Grant, way: Way) -> str:
    found = [row for operator in grant.conditions.values() for row in operator.items()]
    only = [f"`{key}` = {', '.join(f'`{value}`' for value in values)}" for key, values in found]
    if grant.needs:
        only.append(f"where `{grant.needs}` is declared" if grant.needs in way.fields else f"where it {grant.needs}")
    may, on = ("<br>".join(f"`{name}`" for name in names) for names in (grant.actions, grant.resources))
    return f"| {may} | {on} | {'; '.join(only)} |"
