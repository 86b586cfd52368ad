"""Prune: whole filters by importance (structured), or single weights by magnitude (unstructured), then fine-tune.

Sources: Li et al., "Pruning Filters for Efficient ConvNets" (2017) for the L2 norm; Molchanov et al., "Importance
Estimation for Neural Network Pruning" (2019) for the first-order Taylor criterion; Zhu and Gupta, "To prune, or not
to prune" (2018) for the cubic schedule.

Structured pruning rebuilds the layers smaller. Unstructured zeros make neither this runtime faster nor the raw file
smaller; they show in the deflated size only, and the receipt says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.classifier import Classifier
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier
from baselines.models.linear import LinearClassifier
from baselines.networks.training import AfterStep
from compress.method import Context, Outcome, Receipt, refit_thresholds, title_of
from compress.methods.copies import clone, pooled_responses, without_filters
from compress.methods.linear.lessons import Learning
from compress.methods.linear.ngrams import prune_linear, require_floats, unchanged_linear
from compress.methods.linear.single_weights import prune_weights, prune_within
from compress.methods.mixing.extra_texts import n_mixtures
from compress.methods.prune.importance import filter_importance
from compress.methods.prune.prune_config import OF_LINEAR, OF_NETWORK, FineTuning
from compress.methods.prune.prune_config import PruneConfig as PruneConfig
from compress.methods.prune.prune_config import check_sparsity as check_sparsity
from compress.methods.prune.sensitivity import choose_filters, scan
from compress.methods.recovery import bounded, recover


def apply(parent: Classifier, config: PruneConfig, context: Context) -> Outcome:
    """Prune a character CNN, or the n-grams or single weights of a linear model (`compress.methods.linear`).

    Raises:
        NotCompressible: another kind of model, a sparsity outside [0, 1), or so small that nothing would be removed.
    """
    if isinstance(parent, LinearClassifier):
        return _linear(parent, config, context)
    if not isinstance(parent, CharCNNClassifier):
        raise NotCompressible(
            f"prune: applies to a character CNN or a linear model, got {parent.kind!r}; prune before quantize and fold"
        )
    if config.sparsity == 0 and not config.auto:
        return clone(parent), Receipt("prune", 0, 0, ("neutral setting: nothing changed",))
    seen, said = bounded(context)
    child, receipt = (_structured if config.structured else _unstructured)(parent, config, seen)
    refit_thresholds(child, context, like=parent)
    return child, replace(receipt, notes=(*receipt.notes, *said))


def _linear(parent: LinearClassifier, config: PruneConfig, context: Context) -> Outcome:
    require_floats(parent, "prune")
    if config.auto and config.structured:
        raise NotCompressible(
            "prune: the n-grams of a linear model have no widths to scan; give a sparsity, or prune single weights "
            "(unstructured), whose sparsity can be found"
        )
    if config.sparsity == 0 and not config.auto:
        return unchanged_linear(parent, "prune")
    if config.structured:
        return prune_linear(parent, config.sparsity, context)
    own = config.learning(OF_LINEAR)
    learning = Learning(own.epochs, own.learning_rate, own.alpha, own.mixtures)
    if config.auto:
        return prune_within(parent, config.tolerance, learning, context)
    return prune_weights(parent, config.sparsity, learning, context)


def keep_most_important(importance: NDArray[Any], sparsity: float) -> NDArray[np.bool_]:
    """Which of N filters stay: all but the `round(sparsity · N)` least important, at least one; ties by position."""
    check_sparsity(sparsity)
    n_gone = min(round(sparsity * len(importance)), len(importance) - 1)
    keep = np.ones(len(importance), bool)
    keep[np.argsort(importance, kind="stable")[:n_gone]] = False
    return keep


def cubic_sparsity(step: int, n_steps: int, final: float) -> float:
    """`s_t = s_f · (1 - (1 - t / n)³)`: fast at first, slow when little is left; 0 at step 0, `final` from n on."""
    left = 1.0 - min(step / max(n_steps, 1), 1.0)
    return final * (1.0 - left**3)


def prunable(module: nn.Module) -> list[nn.Parameter]:
    """Weights of convolutions and linear layers, in order; biases and embeddings are left alone."""
    found = [m.weight for m in module.modules() if isinstance(m, nn.Conv1d | nn.Conv2d | nn.Linear)]
    return [weight for weight in found if isinstance(weight, nn.Parameter)]


def magnitude_masks(weights: list[nn.Parameter], sparsity: float) -> list[Tensor]:
    """Bool masks with the `round(sparsity · n)` smallest magnitudes over all weights together false."""
    check_sparsity(sparsity)
    flat = torch.cat([weight.detach().abs().flatten() for weight in weights])
    n_gone = round(sparsity * len(flat))
    mask = torch.ones(len(flat), dtype=torch.bool, device=flat.device)
    if n_gone:
        # A selection instead of a sort: this runs after every step. Ties go by position, as in a stable sort.
        limit = flat.kthvalue(n_gone).values
        mask = flat > limit
        ties = torch.nonzero(flat == limit).flatten()
        mask[ties[n_gone - int((flat < limit).sum()) :]] = True
    parts = torch.split(mask, [weight.numel() for weight in weights])
    return [part.view_as(weight) for part, weight in zip(parts, weights, strict=True)]


@torch.no_grad()
def zero_out(weights: list[nn.Parameter], masks: list[Tensor]) -> None:
    """Set what the masks hide to zero, in place."""
    for weight, mask in zip(weights, masks, strict=True):
        weight.mul_(mask)


def measured_sparsity(module: nn.Module) -> float:
    """Zeros / prunable weights."""
    weights = prunable(module)
    zeros = sum(int((weight == 0).sum()) for weight in weights)
    return zeros / sum(weight.numel() for weight in weights)


def _structured(parent: CharCNNClassifier, config: PruneConfig, context: Context) -> Outcome:
    importance = filter_importance(parent, config.criterion, context)
    facts: dict[str, Any] = {"criterion": config.criterion, "sparsity_asked": config.sparsity}
    if config.auto:
        keep, rows = choose_filters(parent, importance, config.tolerance, context)
        facts |= {"sparsity_asked": None, "auto": True}
    else:
        # The figure in the report helps to choose the next sparsity, and costs one small matrix product a point.
        keep, rows = keep_most_important(importance, config.sparsity), scan(parent, importance, context)
    facts["sensitivity"] = rows
    if keep.all():
        raise NotCompressible(
            f"prune: sparsity {config.sparsity} removes none of {len(keep)} filters: at least {1 / len(keep):.3g}"
            if not config.auto
            else f"prune: no filter can go within a fall of {config.tolerance} in {title_of(context.validation)} on "
            "validation; raise the tolerance"
        )
    mean = pooled_responses(parent, context.train.texts[:512]).mean(dim=0).numpy()
    child = clone(parent, without_filters(parent.module, keep, mean))
    before, after = (sum(p.numel() for p in c.module.parameters()) for c in (parent, child))
    facts |= {"sparsity": float(1 - keep.mean()), "filters": [list(pair) for pair in child.module.shape.filters]}
    facts |= {"parameters_before": before, "parameters_after": after}
    if (learning := config.learning(OF_NETWORK)).epochs:
        _recover(child, parent, learning, config.average, context)
    note = f"{int((~keep).sum())} of {len(keep)} filters removed, {before} parameters became {after}"
    return child, Receipt("prune", before - after, 4 * after, (note,), facts)


def _unstructured(parent: CharCNNClassifier, config: PruneConfig, context: Context) -> Outcome:
    child = clone(parent)
    weights = prunable(child.module)
    n_weights = sum(weight.numel() for weight in weights)
    touched = round(config.sparsity * n_weights)
    if not touched:
        raise NotCompressible(
            f"prune: sparsity {config.sparsity} removes none of {n_weights} weights: at least {1 / n_weights:.3g}"
        )
    learning = config.learning(OF_NETWORK)
    if learning.epochs and config.gradual_epochs:
        _grow_sparsity(child, parent, config, context)
    masks = magnitude_masks(weights, config.sparsity)
    zero_out(weights, masks)
    if learning.epochs:
        _recover(child, parent, learning, config.average, context, lambda m, step: zero_out(prunable(m), masks))
    n_parameters = sum(p.numel() for p in child.module.parameters())
    facts = {"sparsity_asked": config.sparsity, "sparsity": measured_sparsity(child.module), "criterion": "magnitude"}
    notes = (
        f"{touched} of {n_weights} weights are zero",
        "unstructured zeros leave the file and this runtime's time as they were; only the deflated size falls",
    )
    return child, Receipt("prune", touched, 4 * n_parameters, notes, facts)


def _grow_sparsity(child: CharCNNClassifier, parent: CharCNNClassifier, config: PruneConfig, context: Context) -> None:
    """Train while sparsity grows; the last step's weights are kept, not those of the best epoch, which are dense."""
    learning = replace(config.learning(OF_NETWORK), epochs=config.gradual_epochs)
    n_texts = len(context.train) + (n_mixtures(context.train, learning.mixtures) if learning.alpha else 0)
    n_steps = max(1, round(config.gradual_epochs * n_texts / parent.config.batch_size))
    last: dict[str, Tensor] = {}

    def prune_step(module: nn.Module, step: int) -> None:
        weights = prunable(module)
        zero_out(weights, magnitude_masks(weights, cubic_sparsity(step + 1, n_steps, config.sparsity)))
        last.update({name: value.detach().clone() for name, value in module.state_dict().items()})

    # No average here: its zeros would be of many steps.
    _recover(child, parent, learning, 0.0, context, prune_step)
    child.module.load_state_dict(last)


def _recover(
    child: CharCNNClassifier,
    parent: CharCNNClassifier,
    learning: FineTuning,
    average: float,
    context: Context,
    after_step: AfterStep | None = None,
) -> None:
    recover(
        child.module,
        parent,
        context,
        epochs=learning.epochs,
        learning_rate=learning.learning_rate,
        alpha=learning.alpha,
        mixtures=learning.mixtures,
        average=average,
        after_step=after_step,
    )
