"""Proof that an export says the same as its source, on real texts and on texts chosen to hurt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from baselines.errors import ArtifactError
from baselines.task import Probabilities, Task, Thresholds, decide

PredictProba = Callable[[Sequence[str]], Probabilities]
# max |Δp| allowed: float32 sums in another order differ by far less, a wrong graph by far more.
TOLERANCE = 1e-4
# Texts that are compared alone and in a batch, besides the awkward ones.
SINGLES = 20

AWKWARD: tuple[str, ...] = (
    "",
    " \t\n  ",
    "...!?—",
    "the of and",
    "a",
    "transformer",
    "Two lines\r\nof text\rwith all\nkinds of ends",
    "emoji 🤖🚀 between words 👩‍🔬",
    "naïve café Zu\u0308rich — combining e\u0301 marks",
    "İstanbul KELVIN K ſtrange ﬁ ligature",
    "مرحبا بالعالم שלום עולם",
    "深度学习 と 機械学習",
    "half a pair \ud83d and \udc00 alone",
    "null \x00 and control \x07\x1b characters",
    "x" * 1000,
    "Attention is all you need: a PyTorch implementation of the Transformer for machine translation",
    "word " * 300,
)
LONG_TEXT = "graph neural networks 123 " * 3847  # 100,022 characters


@dataclass(frozen=True)
class Parity:
    """How far an export is from its source.

    Attributes:
        n_texts: compared.
        max_difference: largest |Δp| of any text and class; 0 means the same bits.
        agreement: share of decisions (text, class) that are the same, 1 means all.
        explained: share of decisions that are the same or where the source's probability lies within `TOLERANCE` of its
            threshold, so that rounding may decide.
    """

    n_texts: int
    max_difference: float
    agreement: float
    explained: float

    @property
    def holds(self) -> bool:
        """Whether every probability is within `TOLERANCE` and every other decision is explained by rounding."""
        return self.max_difference <= TOLERANCE and self.explained == 1.0


def remembered(source: PredictProba) -> PredictProba:
    """The same answers, each batch of texts asked for once: all forms of a model are compared with one source."""
    known: dict[tuple[str, ...], Probabilities] = {}

    def answers(texts: Sequence[str]) -> Probabilities:
        key = tuple(texts)
        if key not in known:
            known[key] = source(texts)
        return known[key]

    return answers


def compare(source: Probabilities, export: Probabilities, thresholds: Thresholds, task: Task = "multilabel") -> Parity:
    """Parity of two (n_texts, n_classes) arrays. NaN in either makes the difference infinite."""
    if source.shape != export.shape:
        raise ArtifactError(f"parity: the source answers {source.shape}, its export {export.shape}")
    if not source.size:
        return Parity(len(source), 0.0, 1.0, 1.0)
    difference = np.nan_to_num(np.abs(source - export), nan=np.inf)
    same = decide(source, thresholds, task) == decide(export, thresholds, task)
    close = np.abs(source - thresholds) <= TOLERANCE
    if task == "multiclass":
        # The largest probability decides: rounding may, too, where another is as good as equal.
        close |= np.abs(source - source.max(axis=1, keepdims=True)) <= 2 * TOLERANCE
    return Parity(len(source), float(difference.max()), float(same.mean()), float((same | close).mean()))


def check_parity(
    source: PredictProba,
    export: PredictProba,
    thresholds: Thresholds,
    texts: Sequence[str] = (),
    *,
    task: Task = "multilabel",
    long_text: bool = True,
) -> Parity:
    """Compare over `texts` and the awkward ones: as one mixed batch, one by one, and as a batch of none.

    Raises:
        ArtifactError: the export differs by more than rounding, or its rows depend on the batch.
    """
    everything = [*texts, *AWKWARD, *([LONG_TEXT] if long_text else [])]
    export_batch = export(everything)
    parity = compare(source(everything), export_batch, thresholds, task)
    if not parity.holds:
        raise ArtifactError(
            f"parity: the export differs from its source by {parity.max_difference:.2e} (allowed {TOLERANCE:.0e}), "
            f"{parity.agreement:.2%} of decisions agree; not written"
        )
    few = [*range(min(len(texts), SINGLES)), *range(len(texts), len(texts) + len(AWKWARD))]
    singles = np.concatenate([export([everything[row]]) for row in few])
    alike = compare(singles, export_batch[few], thresholds, task).holds
    if not alike or export([]).shape != (0, export_batch.shape[1]):
        raise ArtifactError("parity: the export's answers depend on the batch a text is in; not written")
    return parity
