"""Every invalid declaration below tests/declarations/invalid has a twin with the complete expected output."""

from pathlib import Path

import pytest

from pipewarden_plan.can_fire.page import rules_of_the_check
from pipewarden_plan.declaration import load_project
from pipewarden_plan.finding import rules
from tests.unit.declaration.projects import TABLES, all_findings, lay_out

CASES = sorted(path for path in TABLES.glob("invalid/*/*") if path.suffix != ".txt")
IN_OTHER_TESTS = {"PW002", "PW016", "PW311", "PW314", "PW401", "PW421", "PW422"}
"""Too large for files that are committed; asked for, not declared; about the machine."""
OF_THE_PLAN = {row["id"] for row in rules_of_the_check() if row["reached_by"] == "plan"}
"""What the plan never makes; tests/unit/plan/test_can_fire.py breaks those."""


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.stem}"


def test_there_are_at_least_fifty_cases() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_every_invalid_declaration_gives_exactly_the_expected_lines(case: Path, tmp_path: Path) -> None:
    twin = case.parent / f"{case.stem}.txt"
    assert twin.exists(), f"{case} has no expected output beside it"
    lay_out(case, tmp_path / "project")
    lines = "".join(f"{found}\n" for found in all_findings(tmp_path / "project"))
    assert lines
    assert lines == twin.read_text(encoding="utf-8")


def test_every_expected_output_belongs_to_a_case() -> None:
    twins = {f"{path.parent.name}/{path.stem}" for path in TABLES.glob("invalid/*/*.txt")}
    assert twins == {name_of(case) for case in CASES}


def test_every_rule_is_broken_by_some_case(tmp_path: Path) -> None:
    seen = set()
    for number, case in enumerate(CASES):
        lay_out(case, tmp_path / str(number))
        seen |= {found.id for found in all_findings(tmp_path / str(number))}
    assert rules().keys() - seen == IN_OTHER_TESTS | OF_THE_PLAN


def test_the_sentence_of_the_design_comes_out_word_by_word(tmp_path: Path) -> None:
    lay_out(TABLES / "invalid/pipelines/attempts-40.yaml", tmp_path)
    (found,) = load_project(tmp_path).findings
    sentence = "pipelines.customer-import.resources.load.retry.attempts must be 0-10, got 40"
    assert str(found) == f"config/pipelines/crm.yaml:14: {sentence}"
    assert (found.id, found.severity, found.path) == ("PW107", "error", sentence.split()[0])


@pytest.mark.parametrize(
    "secret",
    [
        "https://hooks.slack.com/services/T0001/B0001/notarealsecretnotareal",
        "0123456789abcdef0123456789abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "xoxb-not-a-real-token",
        "R03Exy7bKq9TzLm2Wv5NpHs8JdGf4Ca1",
        "not a name: but perhaps a secret",
    ],
    ids=["a webhook", "a routing key", "an access key", "a Slack token", "random text", "a text with blanks"],
)
@pytest.mark.parametrize("key", ["webhook_secret", "webhook"], ids=["under the right key", "under a wrong key"])
def test_a_secret_that_was_pasted_is_never_printed(secret: str, key: str, tmp_path: Path) -> None:
    text = (TABLES / "environment.yaml").read_text().replace("{type: email, address: data@example.com}", "{}")
    case = tmp_path / "environments" / "case.yaml"
    case.parent.mkdir()
    case.write_text(text.replace("{}", f'{{type: slack, {key}: "{secret}"}}'))
    lay_out(case, tmp_path / "project")
    found = all_findings(tmp_path / "project")
    assert found
    assert not any(secret in str(row) or secret in repr(row) for row in found)
