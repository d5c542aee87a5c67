"""The JSON Schemas: valid themselves, fresh, right about the examples, and at one with the readers."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipewarden_plan.editor_schema import KINDS, editor_schema, schema_text
from pipewarden_plan.explain import validator_of
from pipewarden_plan.grammar import grammar
from pipewarden_plan.interpolation import SAMPLE, UnfitError, fill_all, filler
from pipewarden_plan.parse import parse
from pipewarden_plan.reference import PAGES, rows_of
from tests.unit.declaration.projects import TABLES

ROOT = TABLES.parents[1]
FOLDERS = {"declaration": "pipelines", "environment": "environments"}
FILES = sorted(TABLES.glob("valid/*/config/*/*.yaml"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_fresh(kind: str) -> None:
    path = ROOT / f"config/schema/{kind}.schema.json"
    assert path.read_text() == schema_text(kind), "run: python -m pipewarden_plan.editor_schema"


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_valid_against_its_metaschema(kind: str) -> None:
    Draft202012Validator.check_schema(editor_schema(kind))


@pytest.mark.parametrize("name", sorted(grammar().defs))
def test_every_definition_is_valid_against_the_metaschema(name: str) -> None:
    Draft202012Validator.check_schema(grammar().defs[name])


@pytest.mark.parametrize("name", ["pipeline", "alarm", "retry", "environment", "channel.email"])
def test_every_key_of_the_reference_says_what_it_is(name: str) -> None:
    for row in rows_of(grammar().defs[name], grammar().defs):
        assert row.kind
        assert row.meaning
        assert row.example


@pytest.mark.parametrize(("page", "text"), PAGES.items())
def test_the_committed_page_is_fresh(page: str, text: Any) -> None:
    assert (ROOT / "docs" / page).read_text() == text(), "run: python -m pipewarden_plan.reference"


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parents[2].name}/{file.name}")
def test_editors_find_nothing_in_a_valid_file(file: Any) -> None:
    kind = next(kind for kind, folder in FOLDERS.items() if folder == file.parent.name)
    value = plain(parse(file.read_text(), file.name).value)
    assert list(Draft202012Validator(editor_schema(kind)).iter_errors(value)) == []


WRONG: list[tuple[str, Any]] = [
    ("pipelines.customer-import.resources.extract.jobname", "x"),
    ("pipelines.customer-import.resources.extract.type", "glue"),
    ("pipelines.customer-import.resources.extract.retry.attempts", 40),
    ("pipelines.customer-import.severity", "P5"),
    ("pipelines.customer-import.expect.duration.max", "45 minutes"),
    ("pipelines.customer-import.resources.ingest.expect.oldest_message", 10),
    ("pipelines.customer-import.alarms", []),
    ("owner", ""),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[path for path, _ in WRONG])
def test_editors_find_what_is_wrong(path: str, value: Any) -> None:
    text = (TABLES / "valid/design/config/pipelines/crm.yaml").read_text()
    declaration = plain(parse(text, "crm.yaml").value)
    place = declaration
    *steps, last = path.split(".")
    for step in steps:
        place = place[step]
    place[last] = value
    assert list(Draft202012Validator(editor_schema("declaration")).iter_errors(declaration))


def hollow(value: Any) -> Any:
    """A value without the pieces that are read on their own."""
    pieces = ("pipelines", "resources", "channels", "overrides")
    if not isinstance(value, dict):
        return value
    return {
        key: {name: {} for name in part} if key in pieces and isinstance(part, dict) else part
        for key, part in value.items()
    }


def samples() -> list[tuple[str, Any]]:
    """Valid values of definitions that are read one by one."""
    found: list[tuple[str, Any]] = []
    for case in ("design", "everything"):
        for file in sorted(TABLES.glob(f"valid/{case}/config/*/*.yaml")):
            value = plain(parse(file.read_text(), file.name).value)
            found.append(("declaration" if "pipelines" in value else "environment", hollow(value)))
            found += [("channel", channel) for channel in value.get("channels", {}).values()]
            for pipeline in value.get("pipelines", {}).values():
                found.append(("pipeline", hollow(pipeline)))
                found += [(f"resource.{resource['type']}", resource) for resource in pipeline["resources"].values()]
    return found


SAMPLES = samples()
ODD: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    1,
    11,
    1.0,
    2.5,
    "",
    " ",
    "P1",
    "15m",
    "1m..15m",
    "15m..1m",
    "95%",
    "x",
    "a\n",
    [],
    {},
]
ODD += [
    ["a", "a"],
    [1],
    {"min": "95%"},
    {"x": 1},
    "0 2 * * *",
    "06:00",
    "$(env)-x",
    "$(foo)",
    "${env}",
    123456789012,
    "9" * 300,
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """A valid value with a few parts replaced, removed or added."""
    name, value = copy.deepcopy(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(value)))
        odd = copy.deepcopy(draw(st.sampled_from(ODD)))
        if not path:
            continue
        parent = value
        for step in path[:-1]:
            parent = parent[step]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                parent[path[-1]] = odd
            case "remove":
                del parent[path[-1]]
            case "add" if isinstance(parent, dict):
                parent[
                    draw(st.sampled_from(["extra", "type", "expect", "retry", "after", "within", "min", "Severity"]))
                ] = odd
            case _:
                parent.append(odd)
    return name, hollow(value)


@settings(max_examples=1500, deadline=None)
@given(mutated())
def test_a_reader_takes_exactly_what_jsonschema_takes(sample: tuple[str, Any]) -> None:
    name, value = sample
    found = grammar()
    fill = filler(SAMPLE)
    try:
        found.reader(name)(value, fill)
        read = True
    except UnfitError:
        read = False
    try:
        filled = fill_all(value, fill)
    except UnfitError:
        assert not read
        return
    piece = found.piece(name)
    assert read == validator_of(piece, piece["$defs"]).is_valid(filled)
