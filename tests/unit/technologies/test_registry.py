"""Technologies are found by scanning one folder: a new one is one new file."""

import importlib.util
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pipewarden.technologies
from pipewarden.registry import technologies
from pipewarden.target import Target
from pipewarden.technology import Technology
from pipewarden_plan.grammar import Grammar, grammar

GUIDE = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text(encoding="utf-8")
SEVENTH = textwrap.dedent(GUIDE.split("```python\n")[1].split("```")[0])
"""The technology that the recipe in CONTRIBUTING.md writes."""


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Put one more file where technologies are looked for."""
    monkeypatch.setattr(pipewarden.technologies, "__path__", [*pipewarden.technologies.__path__, str(tmp_path)])
    technologies.cache_clear()
    grammar.cache_clear()

    def write(name: str, source: str) -> None:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")

    yield write
    technologies.cache_clear()
    grammar.cache_clear()
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(f"pipewarden.technologies.{path.stem}", None)
        vars(pipewarden.technologies).pop(path.stem, None)


def test_technologies_are_sorted_and_found_once() -> None:
    assert list(technologies()) == sorted(technologies())
    assert technologies() is technologies()
    assert all(name == technology.type for name, technology in technologies().items())


def test_nobody_can_change_what_was_found() -> None:
    with pytest.raises(TypeError):
        technologies()["other"] = technologies()["sqs"]  # type: ignore[index]


def test_one_more_file_is_one_more_technology(drop: Callable[[str, str], None]) -> None:
    before = set(technologies())
    technologies.cache_clear()
    drop("firehose", SEVENTH)
    assert set(technologies()) - before == {"firehose"}


def test_the_declaration_knows_a_new_technology_without_another_edit(drop: Callable[[str, str], None]) -> None:
    drop("firehose", SEVENTH)
    read = Grammar(technologies()).reader("resource")
    declared = {"type": "firehose", "stream": "orders", "expect": {"delay": "15m"}}
    assert read(declared, str) == {"type": "firehose", "stream": "orders", "expect": {"delay": 900}}


def test_the_contract_holds_for_a_new_technology_as_it_stands(
    drop: Callable[[str, str], None], declare: Callable[[Technology], Target]
) -> None:
    drop("firehose", SEVENTH)
    spec = importlib.util.spec_from_file_location("contract", Path(__file__).with_name("test_contract.py"))
    assert spec
    assert spec.loader
    contract = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(contract)
    given = {"technology": technologies()["firehose"], "declare": declare, "key": "tpye"}
    checked = 0
    for name, check in inspect.getmembers(contract, inspect.isfunction):
        wanted = inspect.signature(check).parameters.keys()
        if name.startswith("test_") and "technology" in wanted:
            check(**{word: given[word] for word in wanted})
            checked += 1
    assert checked > 15


def test_two_files_may_not_claim_one_type(drop: Callable[[str, str], None]) -> None:
    drop("another_queue", "from pipewarden.technologies.sqs import TECHNOLOGY\n")
    with pytest.raises(
        ValueError, match=r"pipewarden\.technologies\.\w+ and pipewarden\.technologies\.\w+ both claim the type 'sqs'"
    ):
        technologies()


@pytest.mark.parametrize("source", ["", "TECHNOLOGY = {'type': 'sqs'}\n"], ids=["nothing in it", "a mapping"])
def test_a_file_without_a_technology_is_an_error(drop: Callable[[str, str], None], source: str) -> None:
    drop("aaa_nothing", source)
    with pytest.raises(
        TypeError, match=r"pipewarden\.technologies\.aaa_nothing has no TECHNOLOGY = Technology\(\.\.\.\)"
    ):
        technologies()
