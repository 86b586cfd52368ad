"""Quantize: weights in few bits, by ways that differ in what they touch.

- `tables` (weight-only): each filter's table and the folded head, symmetric, one scale a filter; integers run from text
  to logits. The one-hot input is exact in any precision, so no activation is quantized and none can saturate.
- `factors` (weight-only, smaller on disk): the low-rank factors of the tables are stored, and expanded to int8 tables
  when loaded.
- A linear model over n-grams (`compress.methods.linear`): its weights, one scale a class.
- `dynamic` and `static`: what PyTorch and onnxruntime offer for the layered CNN (`compress.methods.quantize.runtimes`).

Source: Nagel et al., "A White Paper on Neural Network Quantization" (2021); fine-tuning with the straight-through
estimator after Bengio, Léonard and Courville (2013).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np

from baselines.classifier import Classifier
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier
from baselines.models.linear import LinearClassifier
from compress.formats.packed import StoredTables, pack
from compress.formats.rounding import check_bits, factorise, round_factors, round_tables
from compress.kinds.table_classifiers import FloatTableClassifier, IntTableClassifier
from compress.method import Context, Outcome, Receipt, marked_if_failed, refit_thresholds
from compress.methods.copies import clone
from compress.methods.fold import float_floors, float_parts, fold_module
from compress.methods.linear.lessons import Learning
from compress.methods.linear.ngrams import require_floats, unchanged_linear
from compress.methods.linear.rounded import RATE, quantize_linear
from compress.methods.quantize.finetune import FinetuneConfig, finetune_rounded
from compress.methods.quantize.quantize_config import FLOAT_BITS, QuantizeConfig, RoundingTraining, Scheme
from compress.methods.recovery import bounded


def apply(parent: Classifier, config: QuantizeConfig, context: Context) -> Outcome:
    """Quantize a character CNN, its float tables, or the weights of a linear model.

    A model whose validation score is shown to fall by more than `compress.method.most_fall` is marked as failed in the
    receipt.

    Raises:
        NotCompressible: another kind of model, bits that aren't supported, or a scheme that doesn't apply to the model.
    """
    if config.scheme not in get_args(Scheme):
        raise NotCompressible(f"scheme: {', '.join(get_args(Scheme))} are known, got {config.scheme!r}")
    if isinstance(parent, IntTableClassifier):
        raise NotCompressible(
            "quantize: this model is in integers already; quantize its parent with fewer bits instead"
        )
    return marked_if_failed(_quantized(parent, config, context), parent, context)


def _quantized(parent: Classifier, config: QuantizeConfig, context: Context) -> Outcome:
    if isinstance(parent, LinearClassifier):
        return _linear(parent, config, context)
    if not isinstance(parent, CharCNNClassifier | FloatTableClassifier):
        raise NotCompressible(
            f"quantize: applies to a character CNN, its folded tables and linear models, got {parent.kind!r}"
        )
    if config.bits == FLOAT_BITS:
        return unchanged(parent, "quantize")
    check_bits(config.bits)
    if config.scheme in ("dynamic", "static"):
        from compress.methods.quantize import runtimes  # onnxruntime's tools are needed for these two only

        return runtimes.apply(parent, config, context)
    return _weight_only(parent, config, context)


def _linear(parent: LinearClassifier, config: QuantizeConfig, context: Context) -> Outcome:
    require_floats(parent, "quantize")
    if config.bits == FLOAT_BITS:
        return unchanged_linear(parent, "quantize")
    if config.scheme != "tables" or config.rank:
        raise NotCompressible(
            "quantize: a linear model has weights only, no layers and no factors; use scheme tables without rank"
        )
    check_bits(config.bits)
    rate = RATE if config.learning_rate is None else config.learning_rate
    learning = Learning(
        config.finetune_epochs or 0, rate, 1.0 if config.alpha is None else config.alpha, config.mixtures or 0.0
    )
    return quantize_linear(parent, config.bits, config.correct_bias, learning, context)


def unchanged(parent: Classifier, method: str) -> Outcome:
    """The parent's equal, for a neutral setting."""
    if isinstance(parent, CharCNNClassifier):
        return clone(parent), Receipt(method, 0, 0, ("neutral setting: nothing changed",))
    if isinstance(parent, FloatTableClassifier):
        child = FloatTableClassifier(parent.tables, parent.tokenizer, parent.space_)
        child.thresholds_ = parent.thresholds_.copy()
        return child, Receipt(method, 0, 0, ("neutral setting: nothing changed",))
    raise NotCompressible(f"{method}: does not apply to {parent.kind!r}")


def _weight_only(parent: CharCNNClassifier | FloatTableClassifier, config: QuantizeConfig, context: Context) -> Outcome:
    source: CharCNNClassifier | FloatTableClassifier = parent
    training = config.training(context.train.task, trainable=isinstance(parent, CharCNNClassifier))
    said: tuple[str, ...] = ()
    if training.epochs:
        if not isinstance(parent, CharCNNClassifier):
            raise NotCompressible("quantize: folded tables can't be trained; quantize the CNN they came from instead")
        seen, said = bounded(context)
        source = finetune_rounded(parent, finetuning(config, training), seen)
    stored = round_model(source, config)
    if config.correct_bias and len(context.train):
        stored = corrected(stored, source, context)
    child = IntTableClassifier(stored, parent.tokenizer, parent.space_)
    refit_thresholds(child, context, like=parent)
    receipt = _receipt(child, config)
    return child, replace(receipt, notes=(*receipt.notes, *said))


def finetuning(config: QuantizeConfig, training: RoundingTraining) -> FinetuneConfig:
    """The part of the settings that training through the rounding needs."""
    return FinetuneConfig(
        stored=config.scheme,
        bits=config.bits,
        head_bits=config.bits_of_head,
        embedding_bits=config.bits_of_embedding,
        rank=config.rank,
        epochs=training.epochs,
        learning_rate=training.learning_rate,
        alpha=0.9 if config.alpha is None else config.alpha,
        mixtures=training.mixtures,
        average=config.average,
    )


def round_model(source: CharCNNClassifier | FloatTableClassifier, config: QuantizeConfig) -> StoredTables:
    """Round without any training; the source is only read."""
    if isinstance(source, CharCNNClassifier):
        tables = fold_module(source.module).tables
        embedding, filters, head, bias = float_parts(source.module)
        floors = float_floors(source.module)
    else:
        tables = source.tables
        head, bias = tables.head.astype(np.float64), tables.bias.astype(np.float64)
        embedding, filters = factorise(tables.tables, tables.tables[0].shape[1])
        floors = None if tables.floors is None else tables.floors.astype(np.float64)
    if config.scheme == "tables":
        return round_tables(tables, config.bits, config.bits_of_head)
    # More columns than characters hold nothing: the tables' own factors are smaller.
    if config.rank or embedding.shape[1] >= embedding.shape[0]:
        rank = config.rank or embedding.shape[0]
        embedding, filters = factorise(tuple(embedding @ f for f in filters), rank)
    return round_factors(
        embedding,
        filters,
        head,
        bias,
        floors,
        bits=config.bits,
        embedding_bits=config.bits_of_embedding,
        head_bits=config.bits_of_head,
    )


def corrected(
    stored: StoredTables, source: CharCNNClassifier | FloatTableClassifier, context: Context, limit: int = 512
) -> StoredTables:
    """Move the biases so that the mean logit of each class over training texts is the source's (Nagel et al., 2019)."""
    reference = source.tables if isinstance(source, FloatTableClassifier) else fold_module(source.module).tables
    chosen = np.random.default_rng(context.seed).permutation(len(context.train))[:limit]
    texts = [source.tokenizer.encode(context.train.texts[row]) for row in chosen.tolist()]
    moved = np.mean([reference.logits(ids) - stored.tables.logits(ids) for ids in texts], axis=0)
    bias = (stored.tables.bias + moved).astype(np.float32)
    return StoredTables(replace(stored.tables, bias=bias), stored.factors)


def _receipt(child: IntTableClassifier, config: QuantizeConfig) -> Receipt:
    stored = child.stored
    parts = stored.parts()
    touched = int(sum(values.size for values in parts.values()))
    n_float = int(stored.tables.scale.size + stored.tables.bias.size)
    promised = sum(len(pack(values)) for values in parts.values()) + 4 * n_float
    facts: dict[str, Any] = {
        "scheme": config.scheme,
        "bits": config.bits,
        "bits_per_weight": 8 * sum(len(pack(values)) for values in parts.values()) / touched,
        "int8": {
            "ops": len(stored.tables.tables) + 1,
            "ops_total": len(stored.tables.tables) + 1,
            "parameter_share": touched / (touched + n_float),
            "mac_share": 1.0,
        },
    }
    notes = (f"{touched} of {touched + n_float} stored numbers are integers of {config.bits} bits",)
    return Receipt("quantize", touched, promised, notes, facts)
