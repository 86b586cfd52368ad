"""Stages measured one after the other, each in a fresh process; what can't be afforded is a row with its reason."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.growth.record import Record, Row, expected_s
from bench.growth.stages import STAGES
from bench.measure.environment import ROOT
from bench.numbers.quantities import duration

MODELS = "models"
# A process that takes this many times what a stage may take is ended: predictions can be wrong, and texts are made and
# models loaded before the clock starts.
_PATIENCE = 3
_LEAST_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Limits:
    """What a stage may take.

    Attributes:
        most_s: wall seconds; a size that is expected to take more isn't tried.
        memory_bytes: of its process; 0 for no limit.
    """

    most_s: float
    memory_bytes: int = 0


Said = Callable[[Row], None]


def measure(
    record: Record, folder: Path, sizes: Sequence[int], stages: Sequence[str], limits: Limits, said: Said
) -> None:
    """Fill in what the record lacks, smaller sizes first; written after every row.

    What was measured stays; what failed or was skipped is tried again.

    Args:
        record: is added to.
        folder: where it is written, and models are kept until their size is done.
        sizes: numbers of texts.
        stages: keys of STAGES; those whose models they need are measured too.
        limits: of each.
        said: is told every row.
    """
    wanted = with_needs(stages)
    for n_texts in sorted(set(sizes)):
        models = folder / MODELS / str(n_texts)
        missing = [stage for stage in wanted if not _done(record, stage, n_texts)]
        # A model that a missing stage needs is made again where an earlier run has taken it away.
        again = {STAGES[stage].needs for stage in missing} - {""}
        for stage in wanted:
            gone = stage in again and not (models / stage).exists()
            if stage in missing or gone:
                row = _row(record, stage, n_texts, models, limits)
                record.put(row)
                record.write(folder)
                said(row)
        shutil.rmtree(models, ignore_errors=True)
    shutil.rmtree(folder / MODELS, ignore_errors=True)


def with_needs(stages: Sequence[str]) -> list[str]:
    """The stages and those they need, in the order of STAGES, which has a need before what needs it."""
    needed: set[str] = set()
    waiting = list(stages)
    while waiting:
        stage = waiting.pop()
        if stage and stage not in needed:
            needed.add(stage)
            waiting.append(STAGES[stage].needs)
    return [stage for stage in STAGES if stage in needed]


def _done(record: Record, stage: str, n_texts: int) -> bool:
    row = record.find(stage, n_texts)
    return row is not None and row.status == "measured"


def _row(record: Record, stage: str, n_texts: int, models: Path, limits: Limits) -> Row:
    need = STAGES[stage].needs
    if need and not (models / need).exists():
        return Row(stage, n_texts, "skipped", f"it needs the model of {need}, and there is none")
    expected = expected_s(record.measured(stage), n_texts)
    if expected is not None and expected > limits.most_s:
        return Row(stage, n_texts, "skipped", f"about {duration(expected)} expected, more than --most-seconds")
    return _measured(record, stage, n_texts, models, limits)


def _measured(record: Record, stage: str, n_texts: int, models: Path, limits: Limits) -> Row:
    shutil.rmtree(models / stage, ignore_errors=True)
    words = [stage, str(n_texts), str(record.n_classes), str(models), str(limits.memory_bytes)]
    command = [sys.executable, "-m", "bench.growth.child", *words]
    most_s = max(_PATIENCE * limits.most_s, _LEAST_PATIENCE_S)
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=most_s, check=False)
    except subprocess.TimeoutExpired:
        return Row(stage, n_texts, "failed", f"no end after {duration(most_s)}")
    if ended.returncode:
        shutil.rmtree(models / stage, ignore_errors=True)
        return Row(stage, n_texts, "failed", _why(ended.returncode, ended.stderr))
    found = json.loads(ended.stdout.splitlines()[-1])
    return Row(stage, n_texts, "measured", **found)


def _why(code: int, stderr: str) -> str:
    """The last line of what a process said, or the signal that ended it."""
    if code < 0:
        return f"ended by signal {-code}" + (", as the system does where memory is short" if code == -9 else "")
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return lines[-1][:300] if lines else f"exit code {code}"
