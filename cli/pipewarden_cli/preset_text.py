"""Presets as text."""

import textwrap
from collections.abc import Mapping

from pipewarden_cli.printable import printable
from pipewarden_plan.preset import Preset, usage

WIDTH = 100


def preset_list(known: Mapping[str, Preset]) -> str:
    """Each preset with what it is for; the project's own first."""
    blocks = []
    for preset in sorted(known.values(), key=lambda preset: (preset.shipped, preset.name)):
        told = f" ({', '.join(preset.parameters)})" if preset.parameters else ""
        lines = textwrap.wrap(printable(preset.description), WIDTH, initial_indent="  ", subsequent_indent="  ")
        blocks.append("\n".join([f"{preset.name}{told}", *lines]))
    return "\n".join(blocks)


def one_preset(preset: Preset) -> str:
    """What it is for, its parameters, how it is used, and its file."""
    lines = [*textwrap.wrap(printable(preset.description), WIDTH), ""]
    for parameter in preset.parameters.values():
        default = f"; {parameter.default} unless told" if parameter.default is not None else "; must be told"
        lines.append(f"  {parameter.name}: {printable(parameter.description).rstrip('.')}{default}")
    lines += [*([""] if preset.parameters else []), f"use: [{usage(preset)}]", "", printable_file(preset)]
    return "\n".join(lines)


def printable_file(preset: Preset) -> str:
    """The file as it stands, without anything that could steer a terminal."""
    return "\n".join(printable(line) for line in preset.text.splitlines())
