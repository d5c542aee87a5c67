"""One jsonschema error as sentences of ours."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from jsonschema.exceptions import ValidationError

from pipewarden_plan.formats import Misfit, looks_secret
from pipewarden_plan.nearest import cure_for, nearest

KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
SHOWN_CHARACTERS = 60


class Said(NamedTuple):
    """`key` is set when the sentence is about a key below the error's path."""

    rule: str
    message: str
    cure: str = ""
    key: str | None = None


def show(value: Any) -> str:
    """A value as messages show it: short, and never a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    if isinstance(value, str) and looks_secret(text):
        return "a value that looks like a secret (not shown)"
    text = text if text.isprintable() and text else json.dumps(text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def say(error: ValidationError, value: Any, path: str) -> Iterator[Said]:
    """The sentences for one error at `path`, where `value` was written."""
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    if "propertyNames" in error.absolute_schema_path:
        yield _key(error, schema, path or "the file")
        return
    teller = TELLERS.get(str(error.validator), _other)
    hidden = bool(schema.get("writeOnly"))
    yield from teller(error, schema, path or "the file", "a value that is not shown" if hidden else show(value))


def _unknown_keys(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    known = list(schema.get("properties", {}))
    expectation = path.endswith("expect")
    noun, rule = ("expectation", "PW103") if expectation else ("key", "PW101")
    for key in error.instance:
        if key not in known:
            cure = cure_for(key, known, "known") or f"there are no {noun}s here"
            yield Said(rule, f"{path} has an unknown {noun} {show(key)}", cure, key)


def _required(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    key = _missing_key(error)
    part = schema.get("properties", {}).get(key, {})
    example = _example(error, schema, key, part)
    yield Said("PW104", f"{path} needs {key}", f"e.g. {key}: {example}" if example else "")


def _missing_key(error: ValidationError) -> str:
    values = error.validator_value if isinstance(error.validator_value, list) else []
    return next(
        (key for key in values if f"'{key}' is a required property" == error.message), values[0] if values else ""
    )


def _example(error: ValidationError, schema: Mapping[str, Any], key: str, part: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return str(schema["enum"][0])
    examples = [
        example[key] for example in schema.get("examples", ()) if isinstance(example, Mapping) and key in example
    ]
    found = part.get("examples") or examples or ([part["const"]] if "const" in part else [])
    return flow(found[0]) if found else ""


def flow(value: Any) -> str:
    """A value as YAML writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    risky = isinstance(value, str) and (
        not text or text[0] in "+*&!%@`\"'#?-[{0123456789" or ": " in text or " #" in text
    )
    return json.dumps(text) if risky and not (text[-1:] in "smhd%" and " " not in text) else text


def _type(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    kind = schema.get("title") if wanted in (["string"], ["integer"]) and "title" in schema else None
    said = kind or " or ".join(KINDS.get(str(word), str(word)) for word in wanted)
    cure = ""
    if wanted == ["string"] and isinstance(error.instance, int | float) and not isinstance(error.instance, bool):
        cure = (
            f'write it in quotes: "{error.instance}"' if "pattern" not in schema or schema.get("title") is None else ""
        )
    yield Said("PW105", f"{path} must be {said}, got {shown}", cure)


def _enum(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    choices = [str(choice) for choice in error.validator_value]
    near = nearest(str(error.instance), choices)
    is_type = path.endswith(".type")
    message = f"{path} must be one of {', '.join(choices)}, got {shown}"
    yield Said("PW102" if is_type else "PW106", message, f"did you mean {near}?" if near else "")


def _const(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    yield Said("PW106", f"{path} must be {error.validator_value}, got {shown}")


def _limit(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        wanted = f"{least:,}-{most:,}" if most < 10_000 else f"{least:,} to {most:,}"
    elif str(error.validator).startswith("exclusive"):
        wanted = f"{'more' if error.validator == 'exclusiveMinimum' else 'less'} than {error.validator_value}"
    else:
        wanted = f"at {'least' if error.validator == 'minimum' else 'most'} {error.validator_value}"
    yield Said("PW107", f"{path} must be {wanted}, got {shown}")


def _shape(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    title = schema.get("title") or f"text of the form {schema.get('pattern', '')}"
    yield Said("PW108", f"{path} must be {title}, got {shown}", str(schema.get("$comment", "")))


def _format(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    cause = error.cause
    if isinstance(cause, Misfit):
        yield Said(cause.rule, f"{path} {cause}", cause.cure)
    else:
        yield from _shape(error, schema, path, shown)


def _key(error: ValidationError, schema: Mapping[str, Any], path: str) -> Said:
    """A key whose name is not allowed here."""
    key = str(error.instance)
    wanted = schema.get("title") or f"of the form {schema.get('pattern', '')}"
    slug = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:63]
    cure = ""
    if "enum" in schema:
        cure = cure_for(key, map(str, schema["enum"]))
    elif slug != key and slug[:1].isalpha() and "maxLength" in schema:
        cure = f"write {slug}"
    return Said("PW113", f"{path} has a key {show(key)}, which must be {wanted}", cure, key)


def _any_of(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    """The reasons of the branch that was meant: the mapping for a mapping; else what all branches want."""
    deeper = [part for part in error.context or () if part.relative_path or part.validator != "type"]
    if isinstance(error.instance, dict) and deeper:
        for part in deeper:
            below = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in part.relative_path)
            yield from say(part, part.instance, f"{path}{below}")
        return
    wanted = schema.get("title") or " or ".join(_wanted(part) for part in schema.get("anyOf", ()))
    if "title" not in schema:
        titles = [part.schema.get("title") for part in error.context or () if isinstance(part.schema, Mapping)]
        wanted = " or ".join(dict.fromkeys(title for title in titles if title)) or wanted
    yield Said("PW108", f"{path} must be {wanted}, got {shown}")


def _wanted(schema: Mapping[str, Any]) -> str:
    return str(schema.get("title") or KINDS.get(str(schema.get("type")), "a value that fits"))


def _count(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    limit = error.validator_value
    noun = "character" if "Length" in str(error.validator) else "entry"
    nouns = noun if limit == 1 else {"character": "characters", "entry": "entries"}[noun]
    few = str(error.validator).startswith("min")
    if few and limit == 1:
        yield Said("PW111", f"{path} is empty", f"write {schema['title']}" if "title" in schema else "")
    else:
        yield Said(
            "PW111", f"{path} must have at {'least' if few else 'most'} {limit} {nouns}, has {len(error.instance)}"
        )


def _unique(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    twice = next((item for place, item in enumerate(error.instance) if item in error.instance[:place]), "")
    yield Said("PW111", f"{path} names {show(twice)} twice", "keep one of them")


def _other(error: ValidationError, schema: Mapping[str, Any], path: str, shown: str) -> Iterator[Said]:
    yield Said("PW108", f"{path} does not fit: {error.validator} {show(error.validator_value)}, got {shown}")


TELLERS: Mapping[str, Callable[[ValidationError, Mapping[str, Any], str, str], Iterator[Said]]] = {
    "additionalProperties": _unknown_keys,
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _limit,
    "maximum": _limit,
    "exclusiveMinimum": _limit,
    "exclusiveMaximum": _limit,
    "pattern": _shape,
    "format": _format,
    "anyOf": _any_of,
    "oneOf": _any_of,
    "minItems": _count,
    "maxItems": _count,
    "minProperties": _count,
    "maxProperties": _count,
    "minLength": _count,
    "maxLength": _count,
    "uniqueItems": _unique,
}
