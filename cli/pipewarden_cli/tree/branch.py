"""A tree of short texts, and how it is printed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from pipewarden_cli.printable import printable

Look = Literal["title", "name", "plain", "faint", "warn"]

_STYLES: dict[Look, tuple[str, str]] = {
    "title": ("bold", "dim"),
    "name": ("bold cyan", ""),
    "plain": ("dim", ""),
    "faint": ("dim", "dim"),
    "warn": ("yellow", ""),
}


@dataclass(frozen=True)
class Branch:
    """One line, `label` standing out from `text`, and what hangs below it."""

    label: str
    text: str = ""
    look: Look = "plain"
    children: tuple["Branch", ...] = ()


def branch(label: str, text: str = "", look: Look = "plain", children: Iterable[Branch] = ()) -> Branch:
    """A Branch from any iterable of children."""
    return Branch(label, text, look, tuple(children))


def print_tree(root: Branch, console: Console) -> None:
    """Print to the console's width; long lines are folded below themselves."""
    console.print(_grow(root), highlight=False)


def _grow(root: Branch) -> Tree:
    tree = Tree(_line(root), guide_style="dim")
    _add_children(tree, root.children)
    return tree


def _add_children(tree: Tree, children: Iterable[Branch]) -> None:
    for child in children:
        _add_children(tree.add(_line(child)), child.children)


def _line(shown: Branch) -> Text:
    label_style, text_style = _STYLES[shown.look]
    pieces: Iterator[tuple[str, str]] = iter(
        [(printable(shown.label), label_style), (f"  {printable(shown.text)}" if shown.text else "", text_style)]
    )
    return Text.assemble(*pieces, overflow="fold")
