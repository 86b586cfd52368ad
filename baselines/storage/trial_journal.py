"""Journals of a search's trials, which Optuna keeps: made readable again after a killed process."""

from __future__ import annotations

import json
from pathlib import Path

from baselines.storage.run_lock import is_held
from baselines.whole_files import write_whole


def mend_journal(path: Path) -> None:
    """Cut a journal before its first line that is torn or changed beyond reading, and free it of a dead process's lock.

    The trials before that line are kept, later ones are made again. Optuna itself goes on after half a line only until
    the next one is glued to it, and waits for ever for a lock whose holder was killed.
    """
    if is_held(path.parent):  # nobody else works here, so whoever made this one has ended
        for left in path.parent.glob(f"{path.name}.lock*"):
            left.unlink(missing_ok=True)
    if not path.is_file():
        return
    raw = path.read_bytes()
    kept = 0
    for line in raw.splitlines(keepends=True):
        if not _is_record(line):
            write_whole(path, raw[:kept])
            return
        kept += len(line)


def _is_record(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
