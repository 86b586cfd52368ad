"""What an engine is, and what it is built with."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.same_bits.answers import Answers, records
from bench.same_bits.processes import Processes
from bench.same_bits.reference import NO_LIMITS, Limits, Reference

# Starting what answers a chunk, under a machine that does other things.
_START_S = 60.0


class Absent(Exception):
    """An engine that can't be had here, or not for this bundle; says why."""


@dataclass(frozen=True)
class Chunk:
    """Texts that are answered at once.

    Attributes:
        texts: in order.
        made: what several engines make of them, by name.
    """

    texts: Sequence[str]
    made: dict[str, Any] = field(default_factory=dict, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    @cached_property
    def sent(self) -> bytes:
        """As they are sent to other processes."""
        return records(self.texts)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made by the first engine that needs it."""
        with self._lock:
            if name not in self.made:
                self.made[name] = make()
            return self.made[name]

    def first(self, n: int) -> Chunk:
        """The first n texts."""
        return self if n >= len(self.texts) else Chunk(self.texts[:n])


class Engine(ABC):
    """What answers texts as the reference does.

    Attributes:
        limits: what it must refuse.
        facts: sizes and the like, with their units in the names.
    """

    limits: Limits = NO_LIMITS
    facts: Mapping[str, Any] = {}

    @abstractmethod
    def answer(self, chunk: Chunk) -> Answers:
        """Raises Broken: it died, hung, or said what is no answer."""

    def close(self) -> None:
        """Give back what it holds."""
        return


class Program(Engine):
    """A program that reads texts from stdin and writes answers to stdout.

    Args:
        workshop: of the bundle.
        command: program and arguments.
        folder: where it runs.
        each_s: seconds that one text may take.
        limits, facts: as of every engine.
    """

    def __init__(
        self,
        workshop: Workshop,
        command: Sequence[str],
        folder: Path,
        each_s: float = 0.02,
        limits: Limits = NO_LIMITS,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.limits, self.facts = limits, dict(facts or {})
        self._workshop, self._command, self._folder, self._each_s = workshop, command, folder, each_s

    def answer(self, chunk: Chunk) -> Answers:
        return self._read(self._run(chunk.sent, len(chunk.texts)), len(chunk.texts))

    def _run(self, sent: bytes, n: int) -> bytes:
        return self._workshop.processes.run(self._command, self._folder, sent, _START_S + self._each_s * n)

    def _read(self, content: bytes, n: int) -> Answers:
        reference = self._workshop.reference
        return Answers.of_bytes(content, n, reference.n_logits, reference.n_classes)


@dataclass(frozen=True)
class Workshop:
    """What engines of one bundle are built with.

    Attributes:
        reference: the bundle.
        folder: for what is generated and compiled; each engine has one of its own below it.
        processes: that run what was compiled.
        longest: bytes of the longest text that code for desktops is generated for.
        made: what several engines share, by name.
    """

    reference: Reference
    folder: Path
    processes: Processes
    longest: int = 2048
    made: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def place(self, name: str) -> Path:
        """A folder of this name, made when it isn't there."""
        place = self.folder / name.replace(":", "-").replace("+", "p")
        place.mkdir(parents=True, exist_ok=True)
        return place

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, made when it is first asked for; engines are built in several threads."""
        with self._lock:
            if name not in self.made:
                self.made[name] = make()
            return self.made[name]
