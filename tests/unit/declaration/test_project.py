"""Projects as a whole: environments apart from each other, names, cycles, and what is asked for but not there."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from pipewarden_plan import formats
from pipewarden_plan.collector import collector_at_rest
from pipewarden_plan.cycle import find_cycles
from pipewarden_plan.declaration import load_project
from pipewarden_plan.finding import DeclarationError, rules
from pipewarden_plan.marked import MarkedDict
from pipewarden_plan.merge import merge
from pipewarden_plan.nearest import nearest
from pipewarden_plan.parse import parse
from pipewarden_plan.resolve import resolve
from pipewarden_plan.show import flow, show
from tests.unit.declaration.projects import TABLES, lay_out

DESIGN = TABLES / "valid/design"


def lines_of(error: DeclarationError) -> list[str]:
    return [str(found) for found in error.findings]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("prd", "config/environments: there is no environment prd (known: prod); did you mean prod?"),
        ("banana", "config/environments: there is no environment banana; known: prod"),
        ("", "config/environments: there is no environment ; known: prod"),
    ],
    ids=["a misspelt one", "an unknown one", "none"],
)
def test_an_unknown_environment_is_named_with_the_known_ones(asked: str, line: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        resolve(load_project(DESIGN), asked)
    assert lines_of(caught.value) == [line]


def test_an_error_in_one_environment_leaves_the_others_alone(tmp_path: Path) -> None:
    lay_out(DESIGN, tmp_path)
    good = (tmp_path / "config/environments/prod.yaml").read_text()
    (tmp_path / "config/environments/dev.yaml").write_text(good.replace("us-east-1", "nowhere"))
    (tmp_path / "config/environments/torn.yaml").write_text("a: [\n")
    project = load_project(tmp_path)
    assert len(project.errors) == 2
    assert resolve(project, "prod").environment.name == "prod"
    for name, words in (("dev", "region must be"), ("torn", "not YAML")):
        with pytest.raises(DeclarationError, match=words) as caught:
            resolve(project, name)
        assert {found.mark.file for found in caught.value.findings} == {f"config/environments/{name}.yaml"}


def test_an_error_in_a_pipeline_stops_every_environment(tmp_path: Path) -> None:
    lay_out(TABLES / "invalid/pipelines/attempts-40.yaml", tmp_path)
    with pytest.raises(DeclarationError, match="must be 0-10, got 40"):
        resolve(load_project(tmp_path), "prod")


def test_warnings_stop_nothing(tmp_path: Path) -> None:
    lay_out(TABLES / "invalid/environments/channel-unused.yaml", tmp_path)
    project = load_project(tmp_path)
    assert (len(project.warnings), project.errors) == (1, ())
    assert resolve(project, "prod").pipelines


def test_pipelines_are_sorted_by_team_and_then_as_declared(tmp_path: Path) -> None:
    lay_out(TABLES / "invalid/projects/same-name-in-two-files", tmp_path)
    text = (tmp_path / "config/pipelines/b.yaml").read_text()
    (tmp_path / "config/pipelines/b.yaml").write_text(text.replace("load:", "zebra:"))
    more = text.split("pipelines:\n")[1].replace("load:", "ant:").replace("job_name: b", "job_name: c")
    with (tmp_path / "config/pipelines/b.yaml").open("a") as stream:
        stream.write(more)
    model = resolve(load_project(tmp_path), "prod")
    assert [(found.team, found.name) for found in model.pipelines] == [("a", "load"), ("b", "zebra"), ("b", "ant")]


def test_a_misspelt_name_is_not_looked_for_while_a_file_is_torn(tmp_path: Path) -> None:
    lay_out(TABLES / "invalid/projects/unreadable-file-hides-names", tmp_path)
    assert [found.id for found in load_project(tmp_path).findings] == ["PW012"]


def test_without_a_time_zone_database_there_is_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_knows", lambda name: False)
    formats.has_timezones.cache_clear()
    try:
        project = load_project(DESIGN)
    finally:
        formats.has_timezones.cache_clear()
    assert [found.id for found in project.findings] == ["PW314"]
    assert "config/pipelines/crm.yaml:16: warning: pipelines.customer-import.schedule.timezone" in str(
        project.findings[0]
    )


def test_a_valid_project_is_read_without_jsonschema_or_the_cdk() -> None:
    code = "import sys; from pathlib import Path; from pipewarden_plan.declaration import load_project; "
    code += "from pipewarden_plan.resolve import resolve; "
    code += f"resolve(load_project(Path({str(DESIGN)!r})), 'prod'); "
    code += "print(sorted({'jsonschema', 'aws_cdk', 'boto3', 'botocore'} & sys.modules.keys()))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert found.stdout == "[]\n"


def test_the_collector_is_left_as_it_was_found() -> None:
    assert gc.isenabled()
    with collector_at_rest():
        assert not gc.isenabled()
        with collector_at_rest():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("graph", "cycles"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["a"]}, [("a", "a")]),
        ({"a": ["b"], "b": ["a"]}, [("a", "b", "a")]),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, []),
        ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, [("a", "b", "c", "a")]),
        ({"a": ["nowhere"]}, []),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"]}, [("a", "b", "a"), ("c", "d", "c")]),
        ({str(n): [str(n + 1)] for n in range(50_000)}, []),
    ],
    ids=["a line", "itself", "a pair", "a diamond", "behind a line", "leads nowhere", "two pairs", "a very long line"],
)
def test_cycles_are_found(graph: dict[str, list[str]], cycles: list[tuple[str, ...]]) -> None:
    assert list(find_cycles(graph)) == cycles


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("severty", ["severity", "schedule"], "severity"),
        ("job_nam", ["job-name", "job"], "job-name"),
        ("SEVERITY", ["severity"], "severity"),
        ("zzz", ["severity"], ""),
        ("", ["severity"], ""),
        ("a" * 100_000, ["a" * 60], ""),
        ("pipeline-00421x", [f"pipeline-{number:05}" for number in range(20_000)], "pipeline-00421"),
    ],
    ids=["a letter short", "another hyphen", "capitals", "nothing near", "nothing", "a huge word", "among thousands"],
)
def test_the_nearest_word_is_found(word: str, known: list[str], found: str) -> None:
    assert nearest(word, known) == found


@pytest.mark.parametrize(
    ("under", "over", "merged"),
    [
        ("a: 1\nb: 2", "b: 3", {"a": 1, "b": 3}),
        ("a: {b: 1, c: 2}", "a: {c: 3, d: 4}", {"a": {"b": 1, "c": 3, "d": 4}}),
        ("a: [1, 2]", "a: [3]", {"a": [3]}),
        ("a: {b: 1}", "a: 2", {"a": 2}),
        ("s: {cron: x, timezone: y}", "s: {rate: z}", {"s": {"timezone": "y", "rate": "z"}}),
        ("s: {rate: z}", "s: {cron: x}", {"s": {"cron": "x"}}),
        ("s: {cron: x}", "s: {cron: y, rate: z}", {"s": {"cron": "y", "rate": "z"}}),
    ],
    ids=[
        "a key",
        "deep",
        "a list as a whole",
        "a word for a mapping",
        "a rate for a cron",
        "a cron for a rate",
        "both",
    ],
)
def test_mappings_are_merged_key_by_key(under: str, over: str, merged: dict[str, object]) -> None:
    below, above = parse(under, "under.yaml").value, parse(over, "over.yaml").value
    before = repr(below), repr(above)
    found = merge(below, above)
    assert found == merged
    assert (repr(below), repr(above)) == before
    assert isinstance(found, MarkedDict)
    assert found.marks.keys() == found.keys()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        (True, "true"),
        ("", '""'),
        ("two\nlines", '"two\\nlines"'),
        ("x" * 100, "x" * 60 + "..."),
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        ("AKIAIOSFODNN7EXAMPLE", "a value that looks like a secret (not shown)"),
        (1.5, "1.5"),
    ],
    ids=[
        "nothing",
        "a truth",
        "an empty text",
        "two lines",
        "a long text",
        "a mapping",
        "a list",
        "a secret",
        "a number",
    ],
)
def test_a_value_is_shown_short_printable_and_never_secret(value: object, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "two words",
        "0 2 * * *",
        "06:00",
        "1h30m",
        "20/s",
        "95%",
        "on",
        "true",
        "12",
        "012",
        "",
        "*",
        "a: b",
        "a #b",
        "x, y",
        "[a]",
        "{b}",
        "it's",
        "https://example.com/x?y=1#z",
        "s3://lake-$(env)/x/",
        "$(env)",
        "+1555",
        "-",
        "~",
        "é",
    ],
)
def test_a_value_written_on_one_line_is_read_back(value: str) -> None:
    assert parse(f"key: {{inner: {flow(value)}}}\nlist: [{flow(value)}]", "a.yaml").value == {
        "key": {"inner": value},
        "list": [value],
    }


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule["id"])
def test_every_rule_has_a_meaning_and_a_cure(rule: dict[str, str]) -> None:
    explained = {"why", "source", "reached_by"} if rule["id"].startswith("PW5") else set()
    assert set(rule) == {"id", "severity", "meaning", "cure", *explained}
    assert rule["severity"] in ("error", "warning")
    assert rule["meaning"].endswith(".")
    assert rule["cure"].endswith(".")
