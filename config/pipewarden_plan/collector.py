"""Python's cycle collector, at rest while much is read."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Reading makes many small objects and no cycles: the collector would look at them over and over, for up to two
    thirds of the time that it all takes. Whoever switched it off before finds it off afterwards."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
