"""What a person should know about a training that went well enough to go on: warnings of a category of our own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class TrainingNote(UserWarning):
    """Something odd in the data or the fit, with what to do about it."""


def note(message: str) -> None:
    """Warn the caller's caller."""
    warnings.warn(message, TrainingNote, stacklevel=3)


def counted(n: int, noun: str) -> str:
    """`1 text`, `2 texts`, `2 classes`."""
    return f"{n} {noun if n == 1 else noun + ('es' if noun.endswith('s') else 's')}"


def note_missing_classes(classes: Sequence[str]) -> None:
    """Say which classes have no positives in training; nothing where there are none."""
    if classes:
        note(
            f"no training text has {_listed(classes)}, never predicted then. Add texts, or raise --min-texts-per-class"
        )


def note_not_converged(classes: Sequence[str], iterations: int) -> None:
    """Say for which classes a solver stopped early; nothing where there are none."""
    if classes:
        note(
            f"no convergence after {iterations} iterations for {_listed(classes)}: weights are usable, not the best. "
            "Raise max_iterations or lower C in a --config file"
        )


@contextmanager
def collected_notes() -> Iterator[list[str]]:
    """Notes of the block as sentences, instead of warnings on stderr; other warnings pass through afterwards."""
    sentences: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrainingNote)
        yield sentences
    for warning in caught:
        if issubclass(warning.category, TrainingNote):
            sentences.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def _listed(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
