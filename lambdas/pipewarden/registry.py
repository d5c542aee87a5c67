"""The technologies that exist: whatever stands in the folder `pipewarden.technologies`."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pipewarden.technologies
from pipewarden.technology import Technology


@cache
def technologies() -> Mapping[str, Technology]:
    """Every technology by its `type:`, sorted; the same read-only mapping on each call.

    Raises TypeError for a module without a `TECHNOLOGY`, ValueError when two modules claim one type.
    """
    found: dict[str, tuple[str, Technology]] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(pipewarden.technologies.__path__)):
        module = importlib.import_module(f"{pipewarden.technologies.__name__}.{name}")
        technology = getattr(module, "TECHNOLOGY", None)
        if not isinstance(technology, Technology):
            raise TypeError(f"{module.__name__} has no TECHNOLOGY = Technology(...)")
        if technology.type in found:
            raise ValueError(
                f"{module.__name__} and {found[technology.type][0]} both claim the type {technology.type!r}"
            )
        found[technology.type] = (module.__name__, technology)
    return MappingProxyType({type_: found[type_][1] for type_ in sorted(found)})
