"""How often a test part has been looked at: by this run, and by other runs beside it.

Who looks at a test part, changes something and looks again, chooses by it, and then it judges too kindly. So each time
a study lets new models answer the test part is counted in one file of the run folder, before they answer: a run that is
killed on the way has looked too. Models that were counted once aren't counted again, whoever asks them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from baselines.dataset import Part
from baselines.errors import RunFolderError, UserError
from baselines.storage.artifact import read_json, write_json_whole

LOOKS = Path("bench") / "test-looks.json"
FORMAT_VERSION = 1

Json = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """New models that answered the test part at one time.

    Attributes:
        time: when it began, UTC, ISO 8601.
        command: that was typed.
        models: key of each model that had not answered before.
    """

    time: str
    command: str
    models: tuple[str, ...]


def part_sha256(part: Part) -> str:
    """sha256 over texts with the names of their labels, in their order; other texts, labels or order, another hash."""
    digest = hashlib.sha256()
    rows, columns = np.nonzero(part.labels)
    ends = np.searchsorted(rows, np.arange(len(part)), side="right").tolist()
    of_rows = [part.classes[column] for column in columns]
    for start, end, text in zip([0, *ends], ends, part.texts, strict=False):
        names = sorted(of_rows[start:end])
        digest.update(json.dumps([text, names]).encode() + b"\n")
    return digest.hexdigest()


def count_look(root: Path, part: Part, keys: Sequence[str], command: str) -> None:
    """Add a look to the run folder's file, unless all models were counted before.

    Args:
        root: the run folder.
        part: its test part.
        keys: of the models that are about to answer it.
        command: that was typed.

    Raises:
        RunFolderError: the file can't be read; what was counted must not get lost unnoticed.
    """
    path, sha256 = root / LOOKS, part_sha256(part)
    looks = _read(path, sha256) if path.exists() else ()
    known = {key for look in looks for key in look.models}
    new = tuple(key for key in dict.fromkeys(keys) if key not in known)
    if new:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _write(path, {"test_sha256": sha256, "looks": [asdict(look) for look in (*looks, Look(now, command, new))]})


def looks_at(root: Path, part: Part) -> Json:
    """`test_looks` of results.json: looks of this run, of each run folder beside it, and how many models were judged.

    Of another run whose file can't be read `looks` is None. Models with one key are one model, in whichever run.

    Raises:
        RunFolderError: this run's file can't be read.
    """
    sha256 = part_sha256(part)
    others: list[Json] = []
    own = _read(root / LOOKS, sha256) if (root / LOOKS).exists() else ()
    models = {key for look in own for key in look.models}
    for path in sorted(root.resolve().parent.glob(f"*/{LOOKS.as_posix()}")):
        run = path.parent.parent
        if run == root.resolve():
            continue
        try:
            looks = _read(path, sha256, other=True)
        except UserError:
            others.append({"run": run.name, "looks": None})
            continue
        models |= {key for look in looks for key in look.models}
        if looks:
            others.append({"run": run.name, "looks": len(looks)})
    return {"own": len(own), "by_other_runs": others, "models": len(models)}


def _read(path: Path, sha256: str, *, other: bool = False) -> tuple[Look, ...]:
    """The looks at this part; of another run none, where it has another test part."""
    advice = "put an undamaged copy back, or remove the file: its looks are then no longer counted"
    try:
        content = read_json(path)
        if content["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version {FORMAT_VERSION} is supported, got {content['format_version']!r}")
        if other and content["test_sha256"] != sha256:
            return ()
        if content["test_sha256"] != sha256:
            raise ValueError("it is about another test part")
        return tuple(_look(entry) for entry in content["looks"])
    except (UserError, OSError, KeyError, TypeError, ValueError) as error:
        said = f"{error}" if isinstance(error, UserError) else f"{path}: not a count of looks at a test part ({error})"
        raise RunFolderError(f"{said}; {advice}") from None


def _look(entry: Mapping[str, Any]) -> Look:
    time, command, models = entry["time"], entry["command"], entry["models"]
    if not (isinstance(time, str) and isinstance(command, str) and isinstance(models, list)):
        raise TypeError("a look has time, command and models")
    return Look(time, command, tuple(map(str, models)))


def _write(path: Path, content: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json_whole(path, {"format_version": FORMAT_VERSION, **content})
