"""Training texts in files of any size: read once to check and deal them, then chunk by chunk from a spool on disk.

Who stands in training, validation or test is decided by a hash of the text (blanks and case left aside) and the seed:
copies stay together, in whichever file they are. Validation and test are a tenth each, and MOST_HELD texts each at
most, which are kept in memory.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from baselines.data.data_options import DataOptions
from baselines.data.task_choice import FEW_UNLABELLED, TaskChoice, check_labels, choose_task
from baselines.dataset import Part
from baselines.errors import DataError
from baselines.labels.columns import Columns, columns_of
from baselines.labels.doubts import refuse_doubts
from baselines.labels.records import Records, records_of
from baselines.labels.spellings import label_name
from baselines.notes import counted
from baselines.streaming.source import CHUNK_TEXTS
from baselines.streaming.spool import Labelled, Spool
from baselines.streaming.table_chunks import tables_of
from baselines.task import LabelSpace

MOST_HELD, SHARE_HELD = 20_000, 0.1
LEAST_OF_A_CLASS = 3
_WHOLE = float(1 << 64)


@dataclass
class _Found:
    """What the first pass counts."""

    number: dict[str, int] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    first_of_size: dict[int, str] = field(default_factory=dict)
    flag: str = ""
    stated: bool = False
    n_empty: int = 0
    notes: dict[str, None] = field(default_factory=dict)


class FileSource:
    """A `ChunkSource` over files; use it in a `with` block, which removes the spool.

    Attributes:
        validation, test: the held-out texts.
        notes: what was found, decided and left out, as sentences.
        sha256: of texts, labels and the split.
    """

    def __init__(self, paths: Sequence[Path], options: DataOptions) -> None:
        """Read the files once.

        Args:
            paths: with the same columns.
            options: columns, labels, task, metric, seed, and the form of the files.

        Raises:
            DataError: a file or record that can't be read, or labels that fit no task; names file, row and column.
        """
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="tagpress-stream-")
        try:
            self._read(paths)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the spool."""
        self._folder.cleanup()

    @property
    def space(self) -> LabelSpace:
        """Classes, task, and the classes' shares in training."""
        choice = self._choice
        shares: tuple[float, ...] = ()
        if choice.task != "multilabel" and self.n_texts:
            shares = tuple(round(n / self.n_texts, 4) for n in self._n_of_class)
        return LabelSpace(self._classes, choice.task, choice.negative, shares)

    @property
    def n_texts(self) -> int:
        """Training texts in all chunks together."""
        return self._n_texts

    def chunks(self, epoch: int) -> Iterator[Part]:
        """Every training text once, at most CHUNK_TEXTS at a time; seed and epoch say in which order."""
        waiting: list[Labelled] = []
        for text, labels in self._spool.read(epoch):
            if self._usable(labels):
                waiting.append((text, labels))
            if len(waiting) == CHUNK_TEXTS:
                yield self._part(waiting)
                waiting = []
        if waiting:
            yield self._part(waiting)

    def _read(self, paths: Sequence[Path]) -> None:
        self._spool = Spool(Path(self._folder.name), self._options.seed)
        found, digest = _Found(), hashlib.sha256()
        held: list[tuple[float, str, list[int]]] = []
        share, n = SHARE_HELD, 0
        for text, labels in self._records(paths, found):
            digest.update(f"{len(text)} {text}\0{labels}".encode("utf-8", "surrogatepass"))
            place, n = self._place(text), n + 1
            if place < 2 * share:
                held.append((place, text, labels))
            else:
                self._spool.add(int(place * _WHOLE), text, labels)
            if len(held) > 2 * MOST_HELD:
                share /= 2
                for place, text, labels in held:
                    if place >= 2 * share:
                        self._spool.add(int(place * _WHOLE), text, labels)
                held = [own for own in held if own[0] < 2 * share]
        self._spool.flush()
        digest.update(f"{self._options.seed} {list(found.number)}".encode())
        self.sha256 = digest.hexdigest()
        self._settle(found, paths)
        parts: list[list[Labelled]] = [[], []]
        for place, text, labels in held:
            if self._usable(labels):
                parts[place >= share].append((text, labels))
        self.validation, self.test = (self._part(own) for own in parts)
        self._n_of_class = [self._counts[name] - int(self._held_of(name)) for name in self._classes]
        self._n_texts = self._n_usable - len(self.validation) - len(self.test)
        self._say(share, n)

    def _records(self, paths: Sequence[Path], found: _Found) -> Iterator[tuple[str, list[int]]]:
        columns: Columns | None = None
        options = self._options
        for path in paths:
            for table in tables_of(path, options.reading, lambda note: found.notes.setdefault(note)):
                if columns is None:
                    columns = columns_of(table, options.labels, options.text_columns)
                    refuse_doubts(columns.doubts, options.accept)
                records = records_of(table, columns)
                found.notes.update(dict.fromkeys(columns.notes))
                found.flag, found.stated = records.flag, records.stated
                yield from self._of(records, found)

    def _of(self, records: Records, found: _Found) -> Iterator[tuple[str, list[int]]]:
        for place, (text, names) in enumerate(zip(records.texts, records.labels, strict=True)):
            if not text.strip():
                if self._options.missing_texts == "stop":
                    raise DataError(f"{records.where(place)}: no text; mend it, or use --missing-texts drop")
                found.n_empty += 1
                continue
            own = {label_name(name) for name in names}
            labels = sorted(found.number.setdefault(name, len(found.number)) for name in own)
            found.counts.update(labels)
            found.sizes[len(labels)] += 1
            found.first_of_size.setdefault(len(labels), records.where(place))
            yield text, labels

    def _place(self, text: str) -> float:
        """Where a text stands between 0 and 1; copies stand together."""
        key = " ".join(text.split()).casefold().encode("utf-8", "surrogatepass")
        hashed = hashlib.blake2b(key, digest_size=8, salt=self._options.seed.to_bytes(8, "little")).digest()
        return int.from_bytes(hashed, "little") / _WHOLE

    def _settle(self, found: _Found, paths: Sequence[Path]) -> None:
        """Classes and task, from what was counted."""
        source, names = str(paths[0]), list(found.number)
        least = self._options.min_texts_per_class or LEAST_OF_A_CLASS
        self._counts = {names[n]: count for n, count in sorted(found.counts.items()) if count >= least}
        if not self._counts:
            raise DataError(f"{source}: no class has {least} texts; check --labels-column or --label-columns")
        self._rare = [name for name in names if name not in self._counts]
        sizes = found.sizes
        one = not any(size > 1 for size in sizes) and not found.stated
        few = sizes[0] <= FEW_UNLABELLED * sum(sizes.values())
        self._needs_one = self._options.task in ("multiclass", "binary") or (
            self._options.task == "auto" and one and few
        )
        # One record of each kind says as much of the task as all of them.
        labels = [[name] for name in self._counts]
        kinds = [size for size in sizes if size != 1 and not (size == 0 and self._needs_one and not found.flag)]
        rows = [*range(1, len(labels) + 1)]
        several = [list(self._counts)[:2] if size > 1 else [] for size in kinds]
        sample = Records(source, [""] * (len(labels) + len(several)), labels + several, rows + [0] * len(several))
        sample = Records(**{**vars(sample), "flag": found.flag, "stated": found.stated})
        check_labels([sample], self._options)
        self._choice: TaskChoice = choose_task([sample], self._counts, self._options)
        task = self._choice.task
        self._needs_one = task == "multiclass" or (task == "binary" and not found.flag)
        self._classes = (self._choice.positive,) if task == "binary" else tuple(sorted(self._counts))
        column = {name: place for place, name in enumerate(self._classes)}
        self._column = np.array([column.get(name, -1) for name in names], np.int64)
        self._kept = np.array([name in self._counts for name in names])
        self._found = found

    def _usable(self, labels: Sequence[int]) -> bool:
        return not self._needs_one or (len(labels) == 1 and bool(self._kept[labels[0]]))

    @property
    def _n_usable(self) -> int:
        """Texts that are learned from or judged by."""
        return sum(self._counts.values()) if self._needs_one else sum(self._found.sizes.values())

    def _held_of(self, name: str) -> int:
        column = self._classes.index(name)
        return int(self.validation.labels[:, column].sum() + self.test.labels[:, column].sum())

    def _part(self, records: Sequence[Labelled]) -> Part:
        matrix = np.zeros((len(records), len(self._classes)), np.bool_)
        for row, (_, labels) in zip(matrix, records, strict=True):
            columns = self._column[list(labels)]
            row[columns[columns >= 0]] = True
        texts = tuple(text for text, _ in records)
        choice = self._choice
        return Part(texts, matrix, self._classes, (), choice.task, choice.negative, self._options.metric)

    def _say(self, share: float, n: int) -> None:
        found = self._found
        notes = [*found.notes, f"task {self._choice.task}: {self._choice.why}", *self._choice.notes]
        if found.n_empty:
            notes.append(f"{counted(found.n_empty, 'record')} without a text left out")
        if self._rare:
            names = ", ".join(self._rare[:5])
            notes.append(f"{len(self._rare)} classes have too few texts and are left out (such as {names})")
        if (lost := n - self._n_usable) > 0:
            notes.append(f"{counted(lost, 'text')} without exactly one class that is kept left out")
        parts = (
            f"{self._n_texts:,} texts in training, {len(self.validation):,} in validation, {len(self.test):,} in test"
        )
        notes.append(
            f"{parts}, by a hash of the text" + (f" (held out: {2 * share:.2%})" if share < SHARE_HELD else "")
        )
        self.notes = tuple(notes)
