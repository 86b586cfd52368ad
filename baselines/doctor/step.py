"""The doctor's findings as a step of a run folder, and `data-issues.csv` beside results.json."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from baselines.data.issues import ISSUES, write_issues
from baselines.dataset import Dataset
from baselines.doctor.examine import examine, looked_at, why_not
from baselines.fitting.cleaning_choice import cleaning_of
from baselines.storage.artifact import read_json, write_json
from baselines.storage.run_folder import RunFolder
from baselines.whole_files import write_whole

STEP = "baselines/doctor"
_SUMMARY = "summary.json"


def doctor_step(run: RunFolder, dataset: Dataset) -> dict[str, Any]:
    """Block `data_doctor` of results.json, made once for the data of a run; `skipped` says why it couldn't be made.

    `data-issues.csv` is copied to the run folder's root each time it is made with another content, and stays as a
    person has edited it otherwise.
    """
    if reason := why_not(dataset):
        return {"skipped": reason}
    inputs = _inputs(dataset)
    if not run.is_done(STEP, inputs):
        before = run.hash_of(STEP, ISSUES)
        findings = examine(dataset, cleaning_of(run, dataset).chosen)
        with run.write(STEP, inputs) as folder:
            write_json(folder / _SUMMARY, {**findings.summary, "file": ISSUES})
            write_issues(folder / ISSUES, findings.issues, dataset.task)
        if run.hash_of(STEP, ISSUES) != before:
            (run.root / ISSUES).unlink(missing_ok=True)
    if not (run.root / ISSUES).exists():
        write_whole(run.root / ISSUES, (run.place(STEP) / ISSUES).read_bytes())
    return dict(read_json(run.place(STEP) / _SUMMARY))


def expected_s(dataset: Dataset) -> float:
    """Seconds that it is expected to take, for a progress bar.

    Kernels, their inverses and, of several labels, a regression a class on all the others.
    """
    if why_not(dataset):
        return 0.0
    n = looked_at(len(dataset.everything))
    several = n * len(dataset.classes) ** 2 if dataset.task == "multilabel" else 0
    return 2.0 + 3.0 * n / 1_000 + 40.0 * (n / 10_000) ** 3 + several * (1.5e-7 + 3.5e-9 * len(dataset.classes))


def _inputs(dataset: Dataset) -> Mapping[str, Any]:
    mended = dataset.mended
    before = None if mended is None else hashlib.sha256(np.packbits(mended.labels).tobytes()).hexdigest()
    fixes = None if mended is None else [list(mended.changed), list(mended.dropped), mended.n_merged, before]
    return {"dataset_sha256": dataset.sha256, "metric": dataset.everything.judged_by, "fixes": fixes}
