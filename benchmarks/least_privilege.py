"""Which permission is needed for what: `python benchmarks/least_privilege.py`, a minute or two.

Deploys the example on the embedded AWS with IAM enforced, tells the demo's stories, and prints a row for each statement
of each role: how many of the recorded calls nothing else would allow if it were taken away, or that it was not used.
`--without ROLE.SID ...` really takes the statements away, each in an environment of its own, and prints the stories
that then go red: a minute or two for each; `--without all` does so for every statement that was used.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from pipewarden_cli.demo.privilege import calls, granted, refused_without, take_away
from pipewarden_cli.demo.screen import Screen
from pipewarden_cli.demo.story import STORIES, prepared, tell_all
from pipewarden_cli.demo.telling import Telling
from pipewarden_cli.demo.world import World

ROOT = Path(__file__).parents[1]
SHOWN_ACTIONS = 3


def main() -> int:
    """Print the table; 1 when a statement was taken away and every story held all the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without", nargs="+", default=[], metavar="ROLE.SID")
    asked: list[str] = parser.parse_args().without
    if asked and asked != ["all"]:
        return max(print_without(name) for name in asked)
    used = print_needs()
    return max((print_without(name) for name in used), default=0) if asked else 0


def print_needs() -> list[str]:
    """One row per statement; the names of those that were used."""
    with deployed() as world:
        told = tell(world)
        grants, done = granted(world), calls(world)
    print(f"stories: {', '.join(f'{each.key} {each.state}' for each in told)}\n")
    print("| role | statement | without it |\n| --- | --- | --- |")
    used = []
    for grant in grants:
        lost = refused_without(grant, grants, done)
        if lost:
            used.append(f"{grant.role}.{grant.sid}")
            actions = sorted({call.action for call in lost})
            shown = ", ".join(actions[:SHOWN_ACTIONS]) + (" ..." if len(actions) > SHOWN_ACTIONS else "")
            print(f"| {grant.role} | {grant.sid} | {sum(call.times for call in lost)} calls refused: {shown} |")
        else:
            print(f"| {grant.role} | {grant.sid} | nothing of the stories changes |")
    return used


def print_without(name: str) -> int:
    """Tell the stories without one statement; 0 when one of them goes red."""
    role, _, sid = name.partition(".")
    with deployed() as world:
        found = [grant for grant in granted(world) if (grant.role, grant.sid) == (role, sid)]
        if not found:
            print(f"{name}: there is no such statement", file=sys.stderr)
            return 1
        take_away(world, found[0])
        red = [each for each in tell(world) if each.failure]
    print(f"without {name}: {'; '.join(f'{each.key}: {each.failure[:100]}' for each in red) or 'all stories hold'}")
    return 0 if red else 1


def tell(world: World) -> Sequence[Telling]:
    tellings = [Telling(story.key, story.title) for story in STORIES]
    tell_all(STORIES, tellings, world)
    return tellings


@contextmanager
def deployed() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="least-privilege-") as folder:
        quiet = Screen(Console(file=io.StringIO()), [])
        with prepared(ROOT, Path(folder), quiet) as world:
            yield world


if __name__ == "__main__":
    sys.exit(main())
