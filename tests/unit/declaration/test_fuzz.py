"""Whatever stands in a file, loading ends in findings and resolving in a model or a DeclarationError."""

import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden_plan.declaration import load_project
from pipewarden_plan.every_finding import every_finding
from pipewarden_plan.finding import DeclarationError, rules
from pipewarden_plan.model import Model
from pipewarden_plan.resolve import resolve
from tests.unit.declaration.projects import TABLES

CASE = TABLES / "valid/everything/config"
PIPELINES = (CASE / "pipelines/sales-data.yaml").read_text()
ENVIRONMENT = (CASE / "environments/prod-2.yaml").read_text()
FRAGMENTS = [
    "&a",
    "*a",
    "<<: *a",
    "!x ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "\t",
    "\n",
    '"',
    "'",
    "|",
    ">",
    "%",
    "@",
    "#",
    "---\n",
]
FRAGMENTS += [
    "$(",
    "${env}",
    "$(foo)",
    "{{",
    "null",
    "~",
    "true",
    "1e999",
    "0x",
    "P1",
    "15m",
    "\x00",
    "\ud7ff",
    "é",
    "..",
    "? ",
]
FRAGMENTS += [
    "type: sqs",
    "type: 1",
    "after: [flow, flow]",
    "within: flow",
    "depends_on: [nightly]",
    "retry: 3",
    "expect: []",
]


def check(pipelines: bytes, environment: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for kind, content in (("pipelines", pipelines), ("environments", environment)):
            (root / "config" / kind).mkdir(parents=True)
            (root / "config" / kind / "dev.yaml").write_bytes(content)
        project = load_project(root)
    for found in every_finding(project):
        assert found.id in rules()
        assert found.message
        assert "\n" not in str(found)
        assert len(str(found)) < 2000
        lines = {"config/pipelines/dev.yaml": pipelines, "config/environments/dev.yaml": environment}[found.mark.file]
        assert 0 <= found.mark.line <= lines.count(b"\n") + lines.count(b"\r") + 20
    with suppress(DeclarationError):
        assert isinstance(resolve(project, "dev"), Model)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_end_in_findings(content: bytes, for_pipelines: bool) -> None:
    if for_pipelines:
        check(content, ENVIRONMENT.encode())
    else:
        check(PIPELINES.encode(), content)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_ends_in_findings(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass"))


@st.composite
def mangled(draw: st.DrawFn, text: str) -> bytes:
    """A valid file with a few places cut out, doubled, or replaced by something that means something in YAML."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        middle = draw(st.sampled_from(["", text[start:end] * 2, *FRAGMENTS]))
        text = text[:start] + middle + text[end:]
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=250, deadline=None)
@given(mangled(PIPELINES), mangled(ENVIRONMENT))
def test_any_mangled_declaration_ends_in_findings(pipelines: bytes, environment: bytes) -> None:
    check(pipelines, environment)


@st.composite
def shuffled(draw: st.DrawFn, text: str) -> bytes:
    """A valid file with some values exchanged for others of the file: right YAML, wrong meaning."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 6))):
        one, other = draw(st.sampled_from(range(len(lines)))), draw(st.sampled_from(range(len(lines))))
        head, colon, _ = lines[one].partition(": ")
        if colon:
            lines[one] = f"{head}: {lines[other].partition(': ')[2]}"
    return "\n".join(lines).encode()


@settings(max_examples=250, deadline=None)
@given(shuffled(PIPELINES), shuffled(ENVIRONMENT))
def test_values_at_wrong_places_end_in_findings(pipelines: bytes, environment: bytes) -> None:
    check(pipelines, environment)
