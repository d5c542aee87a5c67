"""Which resources of a pipeline may start runs of another one, as far as the declaration says. Pure.

What is declared as `within:` another one is started by that; what stands before or after another one (`after:`) is not.
"""

from collections.abc import Mapping
from typing import Protocol

from pipewarden.technology import Technology

MOST_OWNERS = 2
"""So many resources are asked at most; a pipeline with more state machines is one to declare `within:` in."""


class Related(Protocol):
    """The part of a declared resource that says how it hangs together with others."""

    @property
    def type(self) -> str: ...
    @property
    def within(self) -> str: ...
    @property
    def after(self) -> tuple[str, ...]: ...


def possible_owners(
    resources: Mapping[str, Related], technologies: Mapping[str, Technology], name: str
) -> tuple[str, ...]:
    """The resources that may start runs of this one as far as the declaration says, `MOST_OWNERS` of them at most."""
    if resources[name].within:
        return ()
    found = [
        other
        for other, related in resources.items()
        if other != name
        and (technology := technologies.get(related.type))
        and technology.owning_run
        and not _leads(resources, name, other)
        and not _leads(resources, other, name)
    ]
    return tuple(found[:MOST_OWNERS])


def _leads(resources: Mapping[str, Related], first: str, last: str) -> bool:
    """Whether `last` comes after `first`, or runs within it, over however many steps."""
    waiting, seen = [last], {last}
    while waiting:
        related = resources.get(waiting.pop())
        for name in (*related.after, related.within) if related else ():
            if name == first:
                return True
            if name and name not in seen:
                seen.add(name)
                waiting.append(name)
    return False
