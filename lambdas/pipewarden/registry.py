"""The technologies, types of channels and kinds of actions that exist: whatever stands in their folders."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Any

import pipewarden.actions
import pipewarden.channels
import pipewarden.technologies
from pipewarden.action import Action
from pipewarden.channel import ChannelType
from pipewarden.technology import Technology

REACHES = ("topic", "call", "chat")


@cache
def technologies() -> Mapping[str, Technology]:
    """Every technology by its `type:`, sorted; the same read-only mapping on each call.

    Raises TypeError for a module without a `TECHNOLOGY`, ValueError when two modules claim one type.
    """
    return _scan(pipewarden.technologies, Technology, "TECHNOLOGY")


@cache
def channel_types() -> Mapping[str, ChannelType]:
    """Every type of channel by its `type:`: what SNS reaches, what we call, AWS's own chat service. Raises as
    `technologies` does, for `CHANNEL`."""
    found = _scan(pipewarden.channels, ChannelType, "CHANNEL")
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: REACHES.index(item[1].reach))))


@cache
def actions() -> Mapping[str, Action]:
    """Every kind of action by its `type:`, sorted. Raises as `technologies` does, for `ACTION`."""
    return _scan(pipewarden.actions, Action, "ACTION")


def _scan(package: ModuleType, kind: type[Any], name: str) -> Mapping[str, Any]:
    found: dict[str, tuple[str, Any]] = {}
    for file in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        module = importlib.import_module(f"{package.__name__}.{file}")
        row = getattr(module, name, None)
        if not isinstance(row, kind):
            raise TypeError(f"{module.__name__} has no {name} = {kind.__name__}(...)")
        if row.type in found:
            raise ValueError(f"{module.__name__} and {found[row.type][0]} both claim the type {row.type!r}")
        found[row.type] = (module.__name__, row)
    return MappingProxyType({type_: found[type_][1] for type_ in sorted(found)})
