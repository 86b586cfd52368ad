"""Finished blocks on disk, written as they come: an interrupted measurement keeps them and continues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from baselines.whole_files import named, sync, write_whole
from bench.measure.cold_start import ColdStart
from bench.measure.timing import Block
from bench.measure.worker import pack, unpack

FILE = "blocks.jsonl"
# Hexadecimal digits of a line's hash.
_CHECKED = 16


@dataclass(frozen=True)
class BlockKey:
    """Which block of a measurement.

    Attributes:
        scenario: `single`, `single-gc` (garbage collector on), `model` (no tokenising), or `offline`.
        threads: of the phase.
        batch_size: texts a call.
        round: from 0.
        name: of the candidate; the anchor's second entry has a name of its own.
    """

    scenario: str
    threads: int
    batch_size: int
    round: int
    name: str


class Journal:
    """What is finished, in memory and, given a folder, in a file that grows by one line at a time.

    Attributes:
        blocks: by key; None where a candidate has no such block.
        cold_starts: by candidate, in order.
        failures: (status, reason) of candidates that could not be timed; they would fail again.
    """

    def __init__(self, folder: Path | None, fingerprint: str) -> None:
        """Open a journal.

        Args:
            folder: where it is kept, made if missing; None for memory only.
            fingerprint: of everything the entries depend on; a journal with another one is started anew.
        """
        self.blocks: dict[BlockKey, Block | None] = {}
        self.cold_starts: dict[str, list[ColdStart]] = {}
        self.failures: dict[str, tuple[str, str]] = {}
        self._path = None if folder is None else folder / FILE
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._read(fingerprint):
            write_whole(self._path, _line({"fingerprint": fingerprint}))

    def add(self, key: BlockKey, block: Block | None) -> None:
        """Keep a finished block."""
        self.blocks[key] = block
        self._append({"key": asdict(key), "block": _to_json(block)})

    def add_cold_start(self, name: str, cold: ColdStart) -> None:
        """Keep a cold start."""
        self.cold_starts.setdefault(name, []).append(cold)
        self._append({"cold": name, "start": asdict(cold)})

    def add_failure(self, name: str, status: str, reason: str) -> None:
        """Keep why a candidate can't be timed."""
        self.failures[name] = (status, reason)
        self._append({"failed": name, "status": status, "reason": reason})

    def has(self, key: BlockKey) -> bool:
        """Whether the block is finished."""
        return key in self.blocks

    def sync(self) -> None:
        """Let the disk have what was added: what a killed process wrote survives without it, a machine's fall not."""
        if self._path is None:
            return
        sync(self._path)

    def _append(self, content: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        with named(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(_line(content))

    def _read(self, fingerprint: str) -> bool:
        if self._path is None or not self._path.exists():
            return False
        lines = self._path.read_bytes().splitlines(keepends=True)
        whole = [(line, content) for line in lines if (content := _content(line)) is not None]
        if not whole or whole[0][1].get("fingerprint") != fingerprint:
            return False
        for _, content in whole[1:]:
            self._take(content)
        if len(whole) < len(lines):
            # A killed process left half a line, or one was changed: what it said is measured again, and later lines
            # must not be glued to it.
            write_whole(self._path, b"".join(line for line, _ in whole))
        return True

    def _take(self, content: Mapping[str, Any]) -> None:
        if "key" in content:
            self.blocks[BlockKey(**content["key"])] = _from_json(content["block"])
        elif "cold" in content:
            self.cold_starts.setdefault(content["cold"], []).append(ColdStart(**content["start"]))
        elif "failed" in content:
            self.failures[content["failed"]] = (content["status"], content["reason"])


def _line(content: Mapping[str, Any]) -> str:
    """A line that says by a hash whether it is still what was written."""
    text = json.dumps(content)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:_CHECKED]} {text}\n"


def _content(line: bytes) -> Mapping[str, Any] | None:
    """What a line says; None where it is torn or changed."""
    check, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or check.decode("latin-1") != hashlib.sha256(text).hexdigest()[:_CHECKED]:
        return None
    return dict(json.loads(text))


def _to_json(block: Block | None) -> dict[str, Any] | None:
    if block is None:
        return None
    return {"samples": pack(block.samples), "wall_s": block.wall_s, "cpu_s": block.cpu_s, "items": block.items}


def _from_json(content: Mapping[str, Any] | None) -> Block | None:
    if content is None:
        return None
    return Block(unpack(content["samples"]), content["wall_s"], content["cpu_s"], content["items"])
