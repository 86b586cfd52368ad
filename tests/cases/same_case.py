"""Small bundles in both integer forms, and a workshop to compare engines of them in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from baselines.task import Task
from bench.same_bits.engine import Workshop
from bench.same_bits.processes import Processes
from bench.same_bits.reference import Reference
from exports.bundles.write_bundle import write_bundle
from tests.cases.forms_case import FORMS, classifier_of
from tests.cases.table_case import lineage

# Of `forms_case`: maximum of sums, and sum of rows.
KINDS = {"tables": "table floors", "rows": "linear int"}


def bundle_of(kind: str, folder: Path, task: Task = "multilabel") -> Path:
    """A bundle of a kind of `KINDS`."""
    name = KINDS[kind]
    return write_bundle(classifier_of(name, task), lineage(), folder / f"{kind}-{task}", FORMS[name][0])


@contextmanager
def workshop_of(bundle: Path, folder: Path, longest: int = 2048) -> Iterator[Workshop]:
    """What engines of a bundle are built with; no process is left behind."""
    with Processes() as processes:
        yield Workshop(Reference.open(bundle), folder, processes, longest)
