"""How far a replay has come: a file of sent messages, so that one that was interrupted goes on where it was."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from pipewarden_cli.replay.archive import Archived


class Journal:
    """One line of JSON for each batch that the queue accepted. The same request finds the same file again."""

    def __init__(self, folder: Path, request: dict[str, str]) -> None:
        self._request = json.dumps(request, sort_keys=True)
        self.id = hashlib.sha256(self._request.encode()).hexdigest()[:12]
        self.path = folder / f"{self.id}.jsonl"
        self._sent = self._read()

    def __contains__(self, message: Archived) -> bool:
        return (message.key, message.line) in self._sent

    def __len__(self) -> int:
        return len(self._sent)

    def add(self, messages: Iterable[Archived]) -> None:
        """Remember them, on the disk before this returns."""
        rows = [(message.key, message.line) for message in messages]
        self._sent.update(rows)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rows) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> set[tuple[str, int]]:
        if not self.path.exists():
            return set()
        found: set[tuple[str, int]] = set()
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                found.update((str(key), int(number)) for key, number in json.loads(line))
            except ValueError:
                continue  # half a line: the machine died while it was written, and its batch is sent again
        return found
