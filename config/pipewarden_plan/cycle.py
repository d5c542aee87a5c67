"""Cycles in graphs of names."""

from collections.abc import Iterable, Iterator, Mapping


def find_cycles(graph: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Each cycle that a walk over the graph runs into, as the names along it with the first repeated at the end.
    Names that are no key are ends. Takes time in proportion to the edges and no recursion."""
    done: set[str] = set()
    for start in graph:
        trail: list[str] = []
        on_trail: set[str] = set()
        waiting: list[Iterator[str]] = [iter((start,))]
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                if trail and len(trail) >= len(waiting) and waiting:
                    on_trail.discard(left := trail.pop())
                    done.add(left)
            elif name in on_trail:
                yield (*trail[trail.index(name) :], name)
            elif name in graph and name not in done:
                trail.append(name)
                on_trail.add(name)
                waiting.append(iter(graph[name]))
