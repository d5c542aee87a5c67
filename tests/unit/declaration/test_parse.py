"""Marks, limits and refusals of the YAML reader; with libyaml and without."""

import builtins
import sys
from typing import Any

import pytest

from pipewarden_plan.finding import FINDINGS_LIMIT
from pipewarden_plan.marked import mark_of
from pipewarden_plan.model import Mark
from pipewarden_plan.parse import DEPTH_LIMIT, VALUES_LIMIT, parse
from pipewarden_plan.source import SIZE_LIMIT, decode_source, read_source
from tests.unit.declaration.projects import TABLES, all_findings, lay_out

TEXT = """\
# a comment
one:
  two: word
  list:
    - first
    - {deep: [a, b]}
  "quoted": 1
"""
PLACES: list[tuple[tuple[str | int, ...], int, int]] = [
    ((), 9, 9),
    (("one",), 2, 1),
    (("one", "two"), 3, 3),
    (("one", "list"), 4, 3),
    (("one", "list", 0), 5, 7),
    (("one", "list", 1), 6, 7),
    (("one", "list", 1, "deep"), 6, 8),
    (("one", "list", 1, "deep", 1), 6, 18),
    (("one", "quoted"), 7, 3),
    (("one", "absent", "below"), 2, 1),
    (("one", "list", 7), 4, 3),
]


@pytest.mark.parametrize(("path", "line", "column"), PLACES, ids=[str(path) for path, _, _ in PLACES])
def test_every_key_and_item_remembers_where_it_stands(path: tuple[str | int, ...], line: int, column: int) -> None:
    parsed = parse(TEXT, "a.yaml")
    assert mark_of(parsed.value, path, Mark("a.yaml", 9, 9)) == Mark("a.yaml", line, column)


@pytest.mark.parametrize(
    "opening", ["[", "{a: ", "- ", "? ", "[{a: "], ids=["lists", "mappings", "items", "keys", "both"]
)
@pytest.mark.parametrize("depth", [DEPTH_LIMIT + 1, 200_000], ids=["one too many", "far too many"])
def test_nesting_ends_in_a_finding(opening: str, depth: int) -> None:
    parsed = parse(opening * depth, "a.yaml")
    assert parsed.value is None
    assert {found.id for found in parsed.findings} <= {"PW010", "PW008"}
    assert parsed.findings[-1].id == "PW010"


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT, "a.yaml").findings == []


def test_a_file_that_is_too_large_is_not_read(tmp_path: Any) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"#" * (SIZE_LIMIT + 1))
    found = read_source(path, "big.yaml")
    assert str(found) == "big.yaml: is larger than 5 MB; split it: one file is one team"


def test_a_file_that_may_not_be_read_says_so(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert str(read_source(path, "a.yaml")) == "a.yaml: cannot be read: Permission denied; check its permissions"


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text() -> None:
    assert decode_source(b"\xef\xbb\xbfversion: 1\n", "a.yaml") == "version: 1\n"


def test_a_byte_order_mark_inside_is_refused() -> None:
    found = decode_source("a: 1\nb: \ufeffx\n".encode(), "a.yaml")
    assert str(found) == "a.yaml:2: control character U+FEFF is not allowed in YAML; delete it"


def test_windows_line_ends_are_read() -> None:
    parsed = parse("a: 1\r\nb:\r\n  c: 2\r\n", "a.yaml")
    assert parsed.value == {"a": 1, "b": {"c": 2}}
    assert mark_of(parsed.value, ("b", "c"), Mark("a.yaml", 0)).line == 3


def test_a_bomb_of_aliases_is_refused_without_being_expanded() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    parsed = parse("\n".join(rows), "a.yaml")
    assert parsed.value is None
    assert {found.id for found in parsed.findings} == {"PW007"}


SYNTAX = sorted(path for path in (TABLES / "invalid/pipelines").glob("*.yaml"))


@pytest.mark.parametrize("case", SYNTAX, ids=lambda case: case.stem)
def test_without_libyaml_the_same_rules_are_broken(case: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(case, tmp_path / "project")
    expected = [found.id for found in all_findings(tmp_path / "project")]
    real = builtins.__import__

    def without_libyaml(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "yaml._yaml":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without_libyaml)
    monkeypatch.delitem(sys.modules, "yaml._yaml", raising=False)
    assert [found.id for found in all_findings(tmp_path / "project")] == expected


def test_more_values_than_anybody_declares_are_not_read() -> None:
    parsed = parse(f"[{'a,' * VALUES_LIMIT}]", "a.yaml")
    assert parsed.value is None
    assert [str(found) for found in parsed.findings] == [
        "a.yaml:1: holds more than 400,000 values; split it: one file is one team"
    ]


@pytest.mark.parametrize(
    ("row", "rule"),
    [("a: 1\n", "PW006"), ("{number}: 1\n", "PW008"), ("a{number}: &x 1\n", "PW007")],
    ids=["one key again and again", "keys that are no words", "anchors"],
)
def test_too_many_errors_end_the_reading(row: str, rule: str) -> None:
    parsed = parse("".join(row.format(number=number) for number in range(100_000)), "a.yaml")
    assert parsed.value is None
    assert [found.id for found in parsed.findings] == [rule] * FINDINGS_LIMIT + ["PW016"]


def test_too_many_wrong_pipelines_are_not_all_explained(tmp_path: Any) -> None:
    rows = "".join(f"  p{number}: {{resources: {{}}, depends_on: [x{number}]}}\n" for number in range(1_000))
    case = tmp_path / "pipelines/case.yaml"
    case.parent.mkdir()
    case.write_text(f"version: 1\nowner: crm\npipelines:\n{rows}")
    lay_out(case, tmp_path / "project")
    ids = [found.id for found in all_findings(tmp_path / "project")]
    assert ids == ["PW111"] * FINDINGS_LIMIT + ["PW016"]
