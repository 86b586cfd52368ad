"""What the validation score loses when filters of one width leave: the scan behind `--auto`, and a figure.

Without fine-tuning the rest of the model stays as it is, so the pooled responses are computed once, and a trial is
one small matrix product with the missing responses replaced by their mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.dataset import Part
from baselines.models.cnn import CharCNNClassifier
from baselines.scores.judging import utility
from baselines.scores.thresholds import fit_thresholds
from baselines.task import link
from compress.method import Context
from compress.methods.copies import pooled_responses

SPARSITIES = (0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)
Keep = NDArray[np.bool_]
# Validation texts of a scan: the responses of a thousand filters to them are 40 MB.
MOST_TEXTS = 10_000


class FilterTrial:
    """Validation score of a CNN with some filters taken out, without rebuilding it.

    On `MOST_TEXTS` of validation at most, drawn by the context's seed.
    """

    def __init__(self, parent: CharCNNClassifier, context: Context) -> None:
        self._module = parent.module.eval()
        self._part = _sample(context.validation, context.seed)
        self._pooled = pooled_responses(parent, self._part.texts)  # (n, N)
        self._mean = pooled_responses(parent, context.train.texts[:512]).mean(dim=0)

    @torch.no_grad()
    def score(self, keep: Keep) -> float:
        """What choices are made by, on validation, with the best global threshold; larger is better."""
        kept: Tensor = torch.where(torch.from_numpy(keep), self._pooled, self._mean)
        logits = self._module.head(kept.to(self._module.embedding.weight.device))
        part = self._part
        probabilities = link(logits.cpu().numpy(), part.task)
        choices = fit_thresholds(part.labels, probabilities, part.task, part.metric)
        return utility(part.judged_by, choices.reached["global"])


def scan(
    parent: CharCNNClassifier,
    importance: NDArray[Any],
    context: Context,
    sparsities: Sequence[float] = SPARSITIES,
) -> list[dict[str, float]]:
    """Validation score for each width × sparsity, the least important filters of that width left out.

    Returns:
        rows `{"width", "sparsity", "score"}`, sparsity 0 first for each width.
    """
    trial = FilterTrial(parent, context)
    everything = np.ones(len(importance), bool)
    whole = trial.score(everything)
    rows = []
    for width, columns in _columns(parent):
        rows.append({"width": width, "sparsity": 0.0, "score": whole})
        for sparsity in sparsities:
            keep = _without(everything, importance, columns, sparsity)
            rows.append({"width": width, "sparsity": sparsity, "score": trial.score(keep)})
    return rows


def choose_filters(
    parent: CharCNNClassifier, importance: NDArray[Any], tolerance: float, context: Context
) -> tuple[Keep, list[dict[str, float]]]:
    """The sparsity of each width from the scan, lowered together until the score falls by at most `tolerance`.

    Returns:
        keep (N,), and the scan. All true where no filter can go.
    """
    rows = scan(parent, importance, context)
    trial = FilterTrial(parent, context)
    whole = rows[0]["score"]
    chosen = {width: _largest_within(rows, width, whole - tolerance) for width, _ in _columns(parent)}
    for share in np.linspace(1.0, 0.0, 17):
        keep = np.ones(len(importance), bool)
        for width, columns in _columns(parent):
            keep = _without(keep, importance, columns, chosen[width] * share)
        if trial.score(keep) >= whole - tolerance:
            return keep, rows
    return np.ones(len(importance), bool), rows


def _columns(parent: CharCNNClassifier) -> list[tuple[int, NDArray[np.intp]]]:
    found, first = [], 0
    for width, count in parent.module.shape.filters:
        found.append((width, np.arange(first, first + count)))
        first += count
    return found


def _without(keep: Keep, importance: NDArray[Any], columns: NDArray[np.intp], sparsity: float) -> Keep:
    order = columns[np.argsort(importance[columns], kind="stable")]
    out = keep.copy()
    out[order[: round(sparsity * len(columns))]] = False
    return out


def _largest_within(rows: list[dict[str, float]], width: int, floor: float) -> float:
    return max(r["sparsity"] for r in rows if r["width"] == width and (r["score"] >= floor or not r["sparsity"]))


def _sample(validation: Part, seed: int) -> Part:
    if len(validation) <= MOST_TEXTS:
        return validation
    rows = np.random.default_rng([seed, 5]).choice(len(validation), MOST_TEXTS, replace=False)
    return validation.take(np.sort(rows))
