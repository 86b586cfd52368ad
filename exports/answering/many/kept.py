"""A note in the folder of the answers: which of them are whole, and of which texts and bundle they are.

A line is added when a shard's answers are there, before they get their name; what it says is believed only where the
file is there, too. Lines that can't be read, such as the last one of a killed command, count for nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baselines.errors import DataError
from baselines.whole_files import sync
from exports.answering.many.one_shard import Outcome, Work, part_of
from exports.answering.many.shards import Shard

# Readers of folders pass over what begins with `_`.
NOTE = "_answered.jsonl"
_VERSION = 1


@dataclass
class Kept:
    """What a folder of answers holds.

    Attributes:
        out: the folder.
        work: what is asked now.
    """

    out: Path
    work: Work

    def __post_init__(self) -> None:
        self._lines: dict[str, dict[str, Any]] = {}
        note = self.out / NOTE
        if not note.is_file():
            return
        for line in note.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                content = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(content, dict) and isinstance(content.get("shard"), str):
                self._lines[content["shard"]] = content

    def outcome(self, shard: Shard) -> Outcome | None:
        """What became of a shard whose answers are there already; None where it is to be answered.

        Raises:
            DataError: a file in its place that isn't of this command.
        """
        place, line = self.out / shard.name, self._lines.get(shard.name)
        if not place.exists():
            return None
        if line is None:
            raise DataError(
                f"{place}: stands where answers are to go, and {NOTE} doesn't know it; remove it, or choose another "
                "folder for --out"
            )
        counts = [line.get(name) for name in ("answered", "bad", "named")]
        whole = place.is_file() and line.get("bytes") == place.stat().st_size
        if not whole or line.get("of") != self._of(shard) or not all(type(count) is int for count in counts):
            return None
        answered, bad, named = counts
        return Outcome(shard.name, answered=answered, bad=bad, named=named, n_bytes=line["bytes"])  # type: ignore[arg-type]

    def keep(self, shard: Shard, outcome: Outcome) -> None:
        """Note a shard's answers, and give them their name."""
        place = self.out / shard.name
        # Nothing older may stand under a line that is newer.
        place.unlink(missing_ok=True)
        counts = {"answered": outcome.answered, "bad": outcome.bad, "named": outcome.named, "bytes": outcome.n_bytes}
        line = {"shard": shard.name, **counts, "of": self._of(shard)}
        with (self.out / NOTE).open("a", encoding="utf-8") as file:
            # A killed command may have left half a line.
            file.write(("" if self._ends_well() else "\n") + json.dumps(line) + "\n")
        part_of(self.out, shard).replace(place)

    def end(self) -> None:
        """Let the disk have the note."""
        if (self.out / NOTE).is_file():
            sync(self.out / NOTE)

    def _ends_well(self) -> bool:
        with (self.out / NOTE).open("rb") as file:
            if not file.seek(0, 2):
                return True
            file.seek(-1, 2)
            return file.read(1) == b"\n"

    def _of(self, shard: Shard) -> dict[str, Any]:
        source = {"source": str(shard.source.resolve()), "source_bytes": shard.size, "modified_ns": shard.modified_ns}
        return {"version": _VERSION, **source, "bundle": self.work.sha256, "asked": self.work.asked()}
