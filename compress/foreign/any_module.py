"""Methods for any `nn.Module`, whatever it computes: free functions to a changed copy and a receipt.

`prune_weights` is unstructured pruning by magnitude, `round_weights` weight-only rounding, `int8_linear` PyTorch's
dynamic int8. Distillation needs no function of its own: `baselines.networks.training.train` takes any student, and any
teacher's logits will do. With `teacher` and `student` from ids (B, L) and lengths (B,) to logits (B, C), and
parts of texts:

    from baselines.networks.training import class_weighted_loss, logits_of, train as train_network
    from baselines.networks.training_config import TrainingConfig
    from compress.methods.distill.loss import mixed_loss

    taught = torch.from_numpy(logits_of(teacher, tokenizer.encode_batch(train.texts)))
    hard = class_weighted_loss(train.labels, exponent=0.5)
    loss = mixed_loss(taught, hard, alpha=0.9, temperature=2.0, n_labelled=len(train))
    train_network(student, tokenizer, train, validation, TrainingConfig(epochs=2), loss=loss)
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn

from baselines.errors import NotCompressible
from compress.formats.packed import pack
from compress.formats.rounding import check_bits, largest_level, round_symmetric
from compress.kinds.torch_int8 import int8_layers, quantize_linear
from compress.method import Receipt
from compress.methods.prune.pruning import check_sparsity, magnitude_masks, prunable, zero_out
from compress.methods.quantize.quantize_config import FLOAT_BITS

# Layers whose matrices have one row, or one filter, an output along their first axis.
_ROWWISE = (
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.Linear,
    nn.Embedding,
    nn.EmbeddingBag,
    nn.RNNBase,
    nn.RNNCellBase,
    nn.MultiheadAttention,
)


def prune_weights(module: nn.Module, sparsity: float) -> tuple[nn.Module, Receipt]:
    """Set the smallest weights of convolutions and linear layers to zero, over all of them together.

    Source: Zhu and Gupta, "To prune, or not to prune" (2018), here in one step. Zeros make neither the file smaller nor
    a dense runtime faster; they show in the deflated size.

    Args:
        module: with `nn.Conv1d`, `nn.Conv2d` or `nn.Linear`; only read.
        sparsity: zeros / prunable weights afterwards, in [0, 1); 0 changes nothing.

    Raises:
        NotCompressible: a sparsity out of range, no such layer, or no weight that would become zero.
    """
    check_sparsity(sparsity)
    child = copy.deepcopy(module)
    if sparsity == 0:
        return child, _unchanged("prune")
    weights = list({id(weight): weight for weight in prunable(child)}.values())  # tied layers share one
    if not weights:
        raise NotCompressible("prune: no Conv1d, Conv2d or Linear in this module; round_weights knows more layers")
    n_weights, before = sum(weight.numel() for weight in weights), _n_zeros(weights)
    zero_out(weights, magnitude_masks(weights, sparsity))
    n_zeros = _n_zeros(weights)
    if n_zeros == before:
        raise NotCompressible(
            f"prune: sparsity {sparsity} removes none of {n_weights} weights, {before} of which are zero already: at "
            f"least {(before + 1) / n_weights:.3g}"
        )
    facts = {
        "criterion": "magnitude",
        "sparsity_asked": sparsity,
        "sparsity": n_zeros / n_weights,
        "parameter_share": n_weights / _n_parameters(child),
        "left_alone": _left_alone(child, weights),
    }
    notes = (
        f"{n_zeros} of {n_weights} weights are zero, {n_zeros - before} of them newly",
        "unstructured zeros leave the file and a dense runtime's time as they were; only the deflated size falls",
    )
    return child, Receipt("prune", n_zeros - before, _bytes_besides(child, ()), notes, facts)


def round_weights(module: nn.Module, bits: int) -> tuple[nn.Module, Receipt]:
    """Round weights to few levels, symmetric, with one scale a row: an output of a layer, an id of an embedding.

    Weight-only: |w - rounded| <= scale / 2, with scale = largest |w| of the row / (2^(bits - 1) - 1); activations,
    biases and norms stay floats (Nagel et al., "A White Paper on Neural Network Quantization", 2021). The copy holds
    the rounded values as floats: nothing runs faster, and the file is smaller once they are packed.

    Args:
        module: with convolutions, linear layers, embeddings, recurrent layers or attention; only read.
        bits: 2 to 8, or 32, which changes nothing.

    Raises:
        NotCompressible: bits that aren't supported, or no such layer.
    """
    child = copy.deepcopy(module)
    if bits == FLOAT_BITS:
        return child, _unchanged("quantize")
    check_bits(bits)
    weights = _rowwise(child)
    if not weights:
        raise NotCompressible("quantize: no weights of convolutions, linear or recurrent layers or embeddings in this")
    sizes = [_round_in_place(weight, bits) for weight in weights]
    touched, n_parameters = sum(weight.numel() for weight in weights), _n_parameters(child)
    facts = {
        "scheme": "weights",
        "bits": bits,
        "bits_per_weight": 8 * sum(packed for packed, _ in sizes) / touched,
        "parameter_share": touched / n_parameters,
        "left_alone": _left_alone(child, weights),
    }
    promised = sum(packed + 4 * n_scales for packed, n_scales in sizes) + _bytes_besides(child, weights)
    notes = (
        f"{touched} of {n_parameters} parameters have at most {2 * largest_level(bits) + 1} values a row",
        "they are still floats in memory: smaller once packed (compress.formats.packed), not faster",
    )
    return child, Receipt("quantize", touched, promised, notes, facts)


def int8_linear(module: nn.Module) -> tuple[nn.Module, Receipt]:
    """PyTorch's dynamic int8 for every `nn.Linear` inside; activations are quantized batch by batch as they come.

    Args:
        module: only read.

    Returns:
        a copy on the CPU in eval mode, and a receipt with the share of layers and of parameters that are int8.

    Raises:
        NotCompressible: no `nn.Linear` inside.
    """
    child: nn.Module = quantize_linear(module)
    layers = [layer for _, layer in int8_layers(child)]
    if not layers:
        raise NotCompressible(
            "quantize: PyTorch's dynamic int8 reaches nn.Linear inside a module, and there is none; round_weights "
            "knows convolutions, embeddings and recurrent layers"
        )
    touched, n_parameters = sum(layer.in_features * layer.out_features for layer in layers), _n_parameters(module)
    left_alone = _left_alone(child, ())
    facts = {
        "scheme": "dynamic",
        "int8": {
            "layers": len(layers),
            "layers_total": len(layers) + len(left_alone),
            "parameter_share": touched / n_parameters,
        },
        "left_alone": left_alone,
    }
    promised = touched + 4 * sum(layer.out_features for layer in layers) + _bytes_besides(child, ())
    notes = (
        f"{touched} of {n_parameters} parameters are int8, in {len(layers)} of {len(layers) + len(left_alone)} layers",
    )
    return child, Receipt("quantize", touched, promised, notes, facts)


def _unchanged(method: str) -> Receipt:
    return Receipt(method, 0, 0, ("neutral setting: nothing changed",))


@torch.no_grad()
def _round_in_place(weight: nn.Parameter, bits: int) -> tuple[int, int]:
    """Bytes of the packed levels, and the number of scales."""
    levels, scale = round_symmetric(weight.double().cpu().numpy(), bits, tuple(range(1, weight.ndim)))
    weight.copy_(torch.from_numpy(levels * scale))
    return len(pack(levels)), scale.size


def _rowwise(module: nn.Module) -> list[nn.Parameter]:
    found: dict[int, nn.Parameter] = {}
    for layer in module.modules():
        if isinstance(layer, _ROWWISE):
            own = layer.named_parameters(recurse=False)
            found |= {id(p): p for name, p in own if "weight" in name and p.ndim > 1}  # tied layers share one
    return list(found.values())


def _left_alone(module: nn.Module, covered: Sequence[nn.Parameter]) -> list[str]:
    """Names of the layers with parameters, none of which is covered."""
    ids = {id(parameter) for parameter in covered}
    own = {name: list(layer.parameters(recurse=False)) for name, layer in module.named_modules()}
    return [name or "(the module itself)" for name, ps in own.items() if ps and not any(id(p) in ids for p in ps)]


def _n_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _n_zeros(weights: Sequence[nn.Parameter]) -> int:
    return sum(int((weight == 0).sum()) for weight in weights)


def _bytes_besides(module: nn.Module, covered: Sequence[nn.Parameter]) -> int:
    """Bytes of the parameters and buffers that aren't covered, as they are."""
    ids = {id(parameter) for parameter in covered}
    return sum(t.numel() * t.element_size() for t in (*module.parameters(), *module.buffers()) if id(t) not in ids)
