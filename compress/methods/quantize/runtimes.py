"""Quantize by the runtimes' own means: dynamic int8 of PyTorch and of onnxruntime, and onnxruntime's static int8 (QDQ).

What each really reaches differs: PyTorch's dynamic int8 knows Linear layers only; onnxruntime's turns Conv into
ConvInteger, which has no fast path on CPUs. So all are made, timed in turn on the same texts, and the fastest that
keeps its score on validation is taken; the receipt holds the figures of all, with their share of operators, parameters
and MACs in int8.

Weights have 7 bits (`reduce_range`): products of u8 activations and s8 weights are added in pairs in int16 on CPUs
without VNNI, and 8-bit weights could saturate there.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from baselines.classifier import Classifier
from baselines.cores import usable_core_count
from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNNClassifier
from baselines.telemetry import import_onnxruntime
from baselines.text.tokenizer import pad
from compress.kinds.coverage import linear_coverage, onnx_coverage
from compress.kinds.onnx_graph import conv_model
from compress.kinds.onnx_int8 import OnnxClassifier, OnnxConfig
from compress.method import Context, Outcome, Receipt, most_fall, refit_thresholds, score_on, validation_score

if TYPE_CHECKING:
    from compress.methods.quantize.quantize_config import QuantizeConfig

MIN_CALIBRATION = 16
N_TIMED, ROUNDS = 16, 5
# What onnxruntime says on stderr by itself, and what it may say while its tools work.
_WARNINGS, _ERRORS = 2, 3
_OPERATORS: dict[str, tuple[str, ...]] = {
    "onnxruntime, its default": ("Conv", "MatMul", "Gemm", "Gather"),
    "onnxruntime, MatMul and Gemm only": ("MatMul", "Gemm"),
}
WAYS = (*_OPERATORS, "PyTorch, Linear only")


@dataclass(frozen=True)
class Trial:
    """One way to quantize, with what it reached on validation."""

    name: str
    classifier: Classifier
    score: float
    coverage: dict[str, Any]


def apply(parent: Classifier, config: QuantizeConfig, context: Context) -> Outcome:
    """Quantize the layered CNN by the runtimes' means.

    Raises:
        NotCompressible: the parent isn't a character CNN, or there are too few validation texts to calibrate on.
    """
    if not isinstance(parent, CharCNNClassifier):
        raise NotCompressible(
            f"quantize: scheme {config.scheme} works on the CNN's layers, got {parent.kind!r}; use scheme tables"
        )
    if config.bits != 8:
        raise NotCompressible(f"quantize: scheme {config.scheme} has 8 bits, got {config.bits}; use scheme tables")
    if config.scheme == "static":
        return _static(parent, config, context)
    return _dynamic(parent, config.way, context)


def _dynamic(parent: CharCNNClassifier, way: str, context: Context) -> Outcome:
    if way and way not in WAYS:
        raise NotCompressible(f"way: {'; '.join(WAYS)} are known, got {way!r}")
    ways = {name: _make(name, parent) for name in ([way] if way else WAYS)}
    trials = [_tried(name, child, parent, context) for name, child in ways.items()]
    plain = conv_model(parent.module, parent.task_).SerializeToString()
    reference = OnnxClassifier(plain, OnnxConfig("none", ()), parent.tokenizer, parent.space_)
    reference.thresholds_ = parent.thresholds_
    seconds = time_in_turn([reference, *(t.classifier for t in trials)], context.validation.texts[:N_TIMED])
    ratios = {t.name: float(s / seconds[0]) for t, s in zip(trials, seconds[1:], strict=True)}
    # Fast, but no longer what was asked for: a way that loses too much is taken only where all do. This chooses between
    # ways of one model and marks none, so the scores themselves will do.
    of_parent = validation_score(parent, context)
    floor = of_parent - most_fall(context.validation, of_parent)
    fit = [t for t in trials if t.score >= floor] or trials
    best = min(fit, key=lambda t: ratios[t.name])
    return best.classifier, _receipt(best, trials, ratios)


def _make(way: str, parent: CharCNNClassifier) -> Classifier:
    if way in _OPERATORS:
        return quantized_dynamic(parent, _OPERATORS[way])
    from compress.kinds.torch_int8 import TorchInt8Classifier

    return TorchInt8Classifier.from_cnn(parent)


def quantized_dynamic(parent: CharCNNClassifier, operators: Sequence[str]) -> OnnxClassifier:
    """onnxruntime's `quantize_dynamic` on the CNN's plain graph: s8 weights, u8 activations scaled as they come."""
    with tempfile.TemporaryDirectory() as folder, _tools() as tools:
        source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(conv_model(parent.module, parent.task_), source)
        tools.quantize_dynamic(
            source,
            target,
            op_types_to_quantize=list(operators),
            per_channel=False,
            reduce_range=True,
            weight_type=tools.QuantType.QInt8,
        )
        model = _bare(target)
    return OnnxClassifier(model, OnnxConfig("dynamic", tuple(operators)), parent.tokenizer, parent.space_)


def quantized_static(parent: CharCNNClassifier, texts: Sequence[str]) -> OnnxClassifier:
    """onnxruntime's `quantize_static` in QDQ form: one scale a channel, activation ranges observed on `texts`.

    Raises:
        NotCompressible: fewer than 16 texts.
    """
    if len(texts) < MIN_CALIBRATION:
        raise NotCompressible(
            f"static quantization: at least {MIN_CALIBRATION} validation texts are needed to calibrate, got "
            f"{len(texts)}; use scheme tables, which needs none"
        )
    operators = ("Conv", "Gemm", "MatMul")
    with tempfile.TemporaryDirectory() as folder, _tools() as tools:
        source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(conv_model(parent.module, parent.task_), source)
        tools.quantize_static(
            source,
            target,
            _Texts([pad([parent.tokenizer.encode(text)]) for text in texts]),
            quant_format=tools.QuantFormat.QDQ,
            op_types_to_quantize=list(operators),
            per_channel=True,
            reduce_range=True,
            activation_type=tools.QuantType.QUInt8,
            weight_type=tools.QuantType.QInt8,
        )
        model = _bare(target)
    return OnnxClassifier(model, OnnxConfig("static", operators), parent.tokenizer, parent.space_)


def _bare(path: Path) -> bytes:
    """A graph's bytes without the shapes that the tools noted beside it: a session finds them itself."""
    model = onnx.load(path)
    del model.graph.value_info[:]
    return bytes(model.SerializeToString(deterministic=True))


class _Texts:
    """What onnxruntime calls a `CalibrationDataReader`: anything that has `get_next`."""

    def __init__(self, encoded: Sequence[tuple[Any, Any]]) -> None:
        self._rows = iter([{"ids": ids, "lengths": lengths} for ids, lengths in encoded])

    def get_next(self) -> dict[str, Any] | None:
        return next(self._rows, None)


def _static(parent: CharCNNClassifier, config: QuantizeConfig, context: Context) -> Outcome:
    texts = context.validation.texts[: config.n_calibration]
    trial = _tried("onnxruntime, static QDQ", quantized_static(parent, texts), parent, context)
    return trial.classifier, _receipt(trial, [trial], {})


def _tried(name: str, child: Classifier, parent: CharCNNClassifier, context: Context) -> Trial:
    probabilities = refit_thresholds(child, context, like=parent)
    if isinstance(child, OnnxClassifier):
        found = onnx_coverage(onnx.load_model_from_string(child.model))
    else:
        found = linear_coverage(parent.module.shape)
    return Trial(name, child, score_on(context.validation, child, probabilities), found)


def _receipt(best: Trial, trials: Sequence[Trial], ratios: dict[str, float]) -> Receipt:
    facts = {
        "scheme": best.name,
        "int8": {key: best.coverage[key] for key in ("ops", "ops_total", "parameter_share", "mac_share")},
        "tried": [{"name": t.name, "score": t.score, "time_ratio": ratios.get(t.name), **t.coverage} for t in trials],
    }
    notes = [
        f"{t.name}: {t.coverage['ops']} of {t.coverage['ops_total']} operators, {t.coverage['parameter_share']:.0%} of "
        f"parameters and {t.coverage['mac_share']:.0%} of MACs in int8"
        + (f", {ratios[t.name]:.2f} times the parent's time" if t.name in ratios else "")
        for t in trials
    ]
    if ratios.get(best.name, 0.0) > 1.0:
        notes.append("slower than its parent: smaller, not faster")
    promised = int(best.coverage["bytes"])
    return Receipt("quantize", int(best.coverage["parameters"]), promised, tuple(notes), facts)


def time_in_turn(classifiers: Sequence[Classifier], texts: Sequence[str]) -> list[float]:
    """Median seconds a text, the classifiers taking turns; for a choice between them, not for a report."""
    samples: list[list[float]] = [[] for _ in classifiers]
    for classifier in classifiers:
        classifier.predict_proba(texts[:2])
    for _ in range(ROUNDS):
        for place, classifier in enumerate(classifiers):
            begin = time.perf_counter()
            classifier.predict_proba(texts)
            samples[place].append((time.perf_counter() - begin) / max(len(texts), 1))
    return [float(np.median(taken)) for taken in samples]


@contextmanager
def _tools() -> Iterator[Any]:
    """onnxruntime's `quantization`, for as long as the block lasts without advice and with the threads we may use.

    It advises on the root logger, and its sessions on stderr, which does not apply to a graph that was checked already.
    The sessions it opens to calibrate have a thread for each core of the machine, whatever the quota, unless this
    variable says otherwise.
    """
    logger, variable = logging.getLogger(), "ORT_INTRA_OP_NUM_THREADS"
    level, threads = logger.level, os.environ.get(variable)
    logger.setLevel(logging.ERROR)
    os.environ[variable] = str(usable_core_count())
    onnxruntime = import_onnxruntime()
    onnxruntime.set_default_logger_severity(_ERRORS)
    try:
        yield import_onnxruntime("quantization")
    finally:
        onnxruntime.set_default_logger_severity(_WARNINGS)
        logger.setLevel(level)
        if threads is None:
            del os.environ[variable]
        else:
            os.environ[variable] = threads
