"""One jsonschema error as sentences of ours: one teller per keyword."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from jsonschema.exceptions import ValidationError

from pipewarden_plan.formats import MisfitError
from pipewarden_plan.grammar import load_schema
from pipewarden_plan.marked import dotted
from pipewarden_plan.nearest import cure_for, nearest
from pipewarden_plan.show import flow, show

KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


class Said(NamedTuple):
    """`key` is set when the sentence is about a key below the error's path."""

    rule: str
    message: str
    cure: str = ""
    key: str | None = None


class Case(NamedTuple):
    """An error with everything its teller needs. `wanted` is what the keyword asks for, `value` what was checked,
    `shown` what was written as messages show it."""

    keyword: str
    wanted: Any
    value: Any
    schema: Mapping[str, Any]
    path: str
    shown: str
    error: ValidationError


def say(error: ValidationError, written: Any, path: str) -> Iterator[Said]:
    """The sentences for one error at `path`, where `written` stands."""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    shown = "a value that is not shown" if schema.get("writeOnly") else show(written)
    keyword = str(error.validator)
    case = Case(keyword, error.validator_value, error.instance, schema, path or "the file", shown, error)
    teller = _key if "propertyNames" in error.absolute_schema_path else TELLERS.get(keyword, _other)
    yield from teller(case)


def _key(case: Case) -> Iterator[Said]:
    """A key whose name is not allowed here."""
    key = str(case.value)
    wanted = str(case.schema.get("title") or f"of the form {case.schema.get('pattern', '')}")
    slug = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")
    cure = ""
    if case.keyword == "enum":
        wanted = f"one of {', '.join(map(str, case.wanted))}"
    elif case.keyword == "maxLength":
        wanted = f"at most {case.wanted} characters long"
    elif slug != key and slug[:1].isalpha() and "maxLength" in case.schema:
        cure = f"write {slug}"
    yield Said("PW113", f"{case.path} has a key {show(key)}, which must be {wanted}", cure, key)


def _unknown_keys(case: Case) -> Iterator[Said]:
    known = list(case.schema.get("properties", {}))
    is_expectation = case.path.endswith("expect")
    noun, rule = ("expectation", "PW103") if is_expectation else ("key", "PW101")
    for key in case.value:
        if key not in known:
            cure = cure_for(key, known) or f"there are no {noun}s here"
            yield Said(rule, f"{case.path} has an unknown {noun} {show(key)}", cure, key)


def _required(case: Case) -> Iterator[Said]:
    keys = [str(key) for key in case.wanted]
    key = next((key for key in keys if case.error.message == f"{key!r} is a required property"), keys[0])
    example = _example(case.schema, key)
    yield Said("PW104", f"{case.path} needs {key}", f"e.g. {key}: {example}" if example else "")


def _example(schema: Mapping[str, Any], key: str) -> str:
    """What the missing key could say, from the schema of the key or the example of the whole."""
    if "enum" in schema:
        return str(schema["enum"][0])
    part = schema.get("properties", {}).get(key, {})
    whole = [row[key] for row in schema.get("examples", ()) if isinstance(row, Mapping) and key in row]
    vocabulary = load_schema("vocabulary").get(str(part.get("$ref", "")).removeprefix("#/$defs/"), {})
    found = part.get("examples") or whole or vocabulary.get("examples")
    return flow(found[0]) if found else flow(part["const"]) if "const" in part else ""


def _type(case: Case) -> Iterator[Said]:
    kinds = case.wanted if isinstance(case.wanted, list) else [case.wanted]
    wanted = case.schema.get("title") or " or ".join(KINDS.get(str(kind), str(kind)) for kind in kinds)
    is_number = isinstance(case.value, int | float) and not isinstance(case.value, bool)
    cure = (
        f'write it in quotes: "{case.shown}"'
        if kinds == ["string"] and is_number and "title" not in case.schema
        else ""
    )
    yield Said("PW105", f"{case.path} must be {wanted}, got {case.shown}", cure)


def _choice(case: Case) -> Iterator[Said]:
    choices = [str(choice) for choice in (case.wanted if case.keyword == "enum" else [case.wanted])]
    near = nearest(str(case.value), choices) if len(choices) > 1 else ""
    rule = "PW102" if case.path.endswith(".type") else "PW106"
    wanted = f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    if case.shown in choices:
        yield Said(rule, f'{case.path} must be {wanted}, got the text "{case.shown}"', "write it without quotes")
    else:
        yield Said(rule, f"{case.path} must be {wanted}, got {case.shown}", f"did you mean {near}?" if near else "")


def _limit(case: Case) -> Iterator[Said]:
    least, most = case.schema.get("minimum"), case.schema.get("maximum")
    if least is not None and most is not None:
        wanted = f"{least}-{most}" if most < 10_000 else f"{least:,} to {most:,}"
    elif case.keyword.startswith("exclusive"):
        wanted = f"{'more' if case.keyword == 'exclusiveMinimum' else 'less'} than {case.wanted}"
    else:
        wanted = f"at {'least' if case.keyword == 'minimum' else 'most'} {case.wanted}"
    yield Said("PW107", f"{case.path} must be {wanted}, got {case.shown}")


def _shape(case: Case) -> Iterator[Said]:
    wanted = case.schema.get("title") or f"text of the form {case.schema.get('pattern', '')}"
    yield Said("PW108", f"{case.path} must be {wanted}, got {case.shown}")


def _format(case: Case) -> Iterator[Said]:
    cause = case.error.cause
    if isinstance(cause, MisfitError):
        yield Said(cause.rule, f"{case.path} {cause}", cause.cure)
    else:
        yield from _shape(case)


def _any_of(case: Case) -> Iterator[Said]:
    """The reasons of the branch that was meant, the mapping for a mapping; else what all branches want."""
    reasons = case.error.context or []
    meant = [part for part in reasons if part.validator != "type" or part.relative_path]
    if isinstance(case.value, dict) and meant:
        for part in meant:
            below = dotted(tuple(part.relative_path))
            yield from say(part, part.instance, f"{case.path}.{below}" if below else case.path)
        return
    wanted = [case.schema["title"]] if "title" in case.schema else [_wanted(part.schema) for part in reasons]
    yield Said("PW108", f"{case.path} must be {' or '.join(dict.fromkeys(wanted))}, got {case.shown}")


def _wanted(schema: Any) -> str:
    return str(schema.get("title") or KINDS.get(str(schema.get("type")), "a value that fits"))


def _count(case: Case) -> Iterator[Said]:
    is_text = case.keyword.endswith("Length")
    nouns = ("character", "characters") if is_text else ("entry", "entries")
    few = case.keyword.startswith("min")
    if few and case.wanted == 1:
        yield Said("PW111", f"{case.path} is empty", f"write {case.schema['title']}" if "title" in case.schema else "")
    else:
        limit = f"at {'least' if few else 'most'} {case.wanted} {nouns[case.wanted != 1]}"
        yield Said("PW111", f"{case.path} must have {limit}, has {len(case.value)}")


def _unique(case: Case) -> Iterator[Said]:
    twice = next((item for place, item in enumerate(case.value) if item in case.value[:place]), "")
    yield Said("PW111", f"{case.path} names {show(twice)} twice", "keep one of them")


def _other(case: Case) -> Iterator[Said]:
    """A keyword that only a technology's fragment uses: jsonschema's own word and what it asks for."""
    yield Said("PW108", f"{case.path} does not fit: {case.keyword} {flow(case.wanted)}, got {case.shown}")


TELLERS: Mapping[str, Callable[[Case], Iterator[Said]]] = {
    "additionalProperties": _unknown_keys,
    "required": _required,
    "type": _type,
    "enum": _choice,
    "const": _choice,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _limit),
    "pattern": _shape,
    "format": _format,
    "anyOf": _any_of,
    "oneOf": _any_of,
    **dict.fromkeys(("minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength"), _count),
    "uniqueItems": _unique,
}
