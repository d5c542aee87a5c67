"""Why a value does not fit its schema, in our own words: one finding for each error that jsonschema reports."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.formats import FORMATS
from pipewarden_plan.interpolation import Fill, fill_all, needs_filling, trouble_with
from pipewarden_plan.marked import dotted, value_at
from pipewarden_plan.model import Mark
from pipewarden_plan.scalar_reader import Schema, ecma
from pipewarden_plan.sentence import say

Path = tuple[str | int, ...]
Locate = Callable[[Path], Mark]


def _one_of(validator: Any, branches: Any, value: Any, schema: Schema) -> Iterator[ValidationError]:
    """`oneOf` with a discriminator is judged by the branch that `type` chooses: errors are about the right one."""
    if "discriminator" not in schema:
        yield from Draft202012Validator.VALIDATORS["oneOf"](validator, branches, value, schema)
        return
    key = schema["discriminator"]["propertyName"]
    if not isinstance(value, dict):
        yield ValidationError(
            "not a mapping", validator="type", validator_value="object", instance=value, schema=schema
        )
        return
    known = schema["discriminator"]["mapping"]
    word = value.get(key)
    if isinstance(word, str) and word in known:
        yield from validator.descend(value, {"$ref": known[word]})
    else:
        missing = {"validator": "required", "validator_value": [key]}
        wrong = {"validator": "enum", "validator_value": list(known), "path": (key,)}
        details: dict[str, Any] = wrong if key in value else missing
        yield ValidationError(
            "no such type", instance=word if key in value else value, schema={"enum": list(known)}, **details
        )


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Schema) -> Iterator[ValidationError]:
    """As ECMA-262 means it, which is how the readers take it too."""
    if isinstance(value, str) and not ecma(pattern).search(value):
        yield ValidationError("does not match")


def _format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():

        def holds(value: object, check: Callable[[Any], None] = check) -> bool:
            check(value)
            return True

        checker.checks(name, raises=ValueError)(holds)
    return checker


_Validator: Any = extend(Draft202012Validator, {"oneOf": _one_of, "pattern": _pattern})  # type: ignore[no-untyped-call]
_CHECKER = _format_checker()


def validator_of(schema: Schema, defs: Mapping[str, Schema]) -> Any:
    """A jsonschema validator with our formats."""
    return _Validator({"$defs": dict(defs), **schema}, format_checker=_CHECKER)


def explain(value: Any, schema: Schema, prefix: Path, locate: Locate, fill: Fill) -> list[Finding]:
    """Every reason why `value`, which stands at `prefix` in its file, does not fit `schema`. Interpolations are filled
    first; `locate` tells the mark of a path below `prefix`."""
    troubled = dict(_troubles(value, (), prefix, locate))
    found = list(troubled.values())
    for error in _Validator(schema, format_checker=_CHECKER).iter_errors(_filled(value, fill)):
        found.extend(_findings(error, value, prefix, locate, troubled.keys()))
    return list(_without_echoes(found))


def _without_echoes(findings: list[Finding]) -> Iterator[Finding]:
    """A misspelt key is also a missing one: the finding that knows the right spelling is enough."""
    misspelt = {(found.path.rpartition(".")[0], found.cure) for found in findings if found.id == "PW101"}
    for found in findings:
        missing = found.message.rpartition(" ")[2]
        if found.id != "PW104" or (found.path, f"did you mean {missing}?") not in misspelt:
            yield found


def _filled(value: Any, fill: Fill) -> Any:
    """The value with its interpolations filled; texts with trouble stay as they are."""
    return fill_all(value, lambda text: text if trouble_with(text) else fill(text))


def _findings(
    error: ValidationError, value: Any, prefix: Path, locate: Locate, known: Iterable[Path]
) -> Iterator[Finding]:
    path = tuple(error.absolute_path)
    if path in known:
        return
    for said in say(error, value_at(value, path), dotted((*prefix, *path))):
        place = (*path, said.key) if said.key is not None else path
        whole = dotted((*prefix, *place))
        yield finding(said.rule, locate(place), said.message, path=whole, cure=said.cure)


def _troubles(value: Any, path: Path, prefix: Path, locate: Locate) -> Iterator[tuple[Path, Finding]]:
    """The texts whose interpolations cannot be filled."""
    if isinstance(value, str):
        if needs_filling(value) and (trouble := trouble_with(value)):
            whole = dotted((*prefix, *path))
            message = f"{whole} {trouble.message}"
            yield path, finding("PW112", locate(path), message, path=whole, cure=trouble.cure)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _troubles(item, (*path, key), prefix, locate)
    elif isinstance(value, Sequence):
        for place, item in enumerate(value):
            yield from _troubles(item, (*path, place), prefix, locate)
