"""How well the patterns judge the labelled messages: counts, precision and recall per class."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.failures.labelled import CLASSES, Labelled


@dataclass(frozen=True)
class Confusion:
    """`counts` maps (class of the label, class of the patterns) to a number of messages."""

    counts: Counter[tuple[str, str]]

    def precision(self, name: str) -> float:
        """Of the messages that the patterns put into the class, the share that belongs there; 1 where there is none."""
        return self._share(name, sum(self.counts[label, name] for label in CLASSES))

    def recall(self, name: str) -> float:
        """Of the messages that belong into the class, the share that the patterns put there; 1 where there is none."""
        return self._share(name, sum(self.counts[name, found] for found in CLASSES))

    def _share(self, name: str, whole: int) -> float:
        return self.counts[name, name] / whole if whole else 1.0

    def table(self) -> str:
        """As Markdown: one row per label, one column per class that the patterns found."""
        rows = [
            f"| {label} | {' | '.join(str(self.counts[label, found]) for found in CLASSES)} "
            f"| {self.precision(label):.3f} | {self.recall(label):.3f} |"
            for label in CLASSES
        ]
        head = f"| is \\ taken for | {' | '.join(CLASSES)} | precision | recall |"
        return "\n".join([head, "| --- |" + " ---: |" * (len(CLASSES) + 2), *rows])


def confusion(messages: Iterable[Labelled]) -> Confusion:
    """Judge every message once."""
    return Confusion(Counter((row.failure_class, row.failure.failure_class) for row in messages))
