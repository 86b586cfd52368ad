"""One stage at one size in a process of its own: its peak memory is nobody else's. Writes one line of JSON."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

from baselines.notes import TrainingNote
from bench.growth.stages import STAGES, Case
from bench.measure.process import peak_rss_bytes


def main(stage: str, n_texts: str, n_classes: str, models: str, memory_bytes: str) -> None:
    """Measure, and write what was found to standard output.

    Args:
        stage: key of STAGES.
        n_texts, n_classes: whole numbers.
        models: folder of the models of this size.
        memory_bytes: this process may ask for no more; 0 for no limit.
    """
    if int(memory_bytes):
        _limit_memory(int(memory_bytes))
    # What a model says of a sample is known here: the document says it once.
    warnings.simplefilter("ignore", TrainingNote)
    folder = Path(tempfile.mkdtemp(prefix="growth-"))
    try:
        case = Case(int(n_texts), int(n_classes), Path(models), folder)
        score = STAGES[stage].run(case)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = {"wall_s": case.wall_s, "cpu_s": case.cpu_s, "peak_bytes": peak_rss_bytes(), "score": score}
    sys.stdout.write(json.dumps(found) + "\n")


def _limit_memory(most: int) -> None:
    """Data that the process may ask for; what it only maps, such as libraries, doesn't count."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
