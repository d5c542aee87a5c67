"""What is wrong with a declared preset."""

from typing import Any

from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.interpolation import NAMES, PLACE
from pipewarden_plan.marked import MarkedDict, MarkedList
from pipewarden_plan.merge import merge
from pipewarden_plan.model import Mark
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.preset import PARTS, PIPELINE, shipped_presets
from pipewarden_plan.reading import Reading


def check_preset(name: str, raw: MarkedDict, label: str, reading: Reading) -> list[Finding]:
    """What is wrong with a preset file as such; what it says is checked where it is used."""
    before, shell = len(reading.findings), _shell(raw)
    reading.read("preset", shell, shell, (), Mark(label, 1))
    found = reading.findings[before:]
    if name in shipped_presets():
        message = f"the preset {name} comes with Pipewarden"
        found.append(finding("PW232", Mark(label, 0), message, cure="give your own another name"))
    if not found:
        found += _unknown_places(raw, {*raw.get("parameters", ()), PIPELINE, *NAMES}, raw.mark)
    return found


def _shell(raw: MarkedDict) -> MarkedDict:
    """The file without what stands inside its parts, in which parameters are not filled yet."""
    shell: MarkedDict = merge(MarkedDict(raw.mark), raw)
    for key in PARTS:
        if isinstance(part := raw.get(key), MarkedDict):
            shell[key] = MarkedDict(part.mark)
    return shell


def _unknown_places(value: Any, known: set[str], mark: Mark) -> list[Finding]:
    if isinstance(value, str):
        names = [place[1] for place in PLACE.finditer(value) if place[1] not in known]
        return [
            finding("PW232", mark, f"`$({name[:40]})` is no parameter of this preset", cure=cure_for(name, known))
            for name in names
        ]
    pairs: list[tuple[Any, Mark]] = []
    if isinstance(value, MarkedDict):
        pairs = [(part, value.marks[key]) for key, item in value.items() for part in (key, item)]
    elif isinstance(value, MarkedList):
        pairs = list(zip(value, value.marks, strict=True))
    return [found for item, place in pairs for found in _unknown_places(item, known, place)]
