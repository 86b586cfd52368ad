"""What a model computes for one document, counted by rules of our own at the real mix of lengths.

A MAC is one multiplication whose product is added to a sum; never called a FLOP. Counted: products of weights and
activations.
Not counted: biases, activation functions, normalisation, padding of a batch. Rules, L characters (at least 1):

- embedding, table row, dictionary, tree node: a look-up, no MAC
- convolution: L · weights (SAME padding: one window a character); a table form instead: L · weights of the tables along
  width and filters, as adds
- linear layer: its weights, once a document, or once a position where it is applied to every position
- GRU: per step, layer and direction its input and recurrent weights
- attention: 4 L d² for its four projections and 2 L² d for scores and mixing; feed-forward: 2 L d d_ff
- TF-IDF: one MAC a term found (tf · idf); a linear model on it: one a term found and class; k-NN: one a posting of a
term found

Operations are what serving performs: MACs, zeros included, plus adds. Effective MACs leave out weights that are zero:
what an implementation that skips them could save. Only for kinds in `SKIPS_ZEROS` do they count as operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from baselines.classifier import Classifier
from baselines.errors import MeasurementError
from bench.numbers.samples import sampled

RULE = (
    "MACs: products of weights and activations at the texts' own lengths; look-ups, biases, activations and padding "
    "are not counted; additions of the table form are counted apart; operations are both together, zeros included"
)
# Kinds whose serving code never touches a zero weight. None does: NumPy, torch, onnxruntime and our kernel multiply
# zeros like any other number, and of TF-IDF only terms that a text holds are counted to begin with.
SKIPS_ZEROS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Cost:
    """Of one or several documents; costs add up, and scale by a number.

    Attributes:
        macs: multiply-accumulates, zeros included.
        effective_macs: those whose weight is not zero.
        adds: additions without a multiplication.
        lookups: rows, dictionary entries and tree nodes read.
    """

    macs: float = 0.0
    effective_macs: float = 0.0
    adds: float = 0.0
    lookups: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.macs + other.macs,
            self.effective_macs + other.effective_macs,
            self.adds + other.adds,
            self.lookups + other.lookups,
        )

    def __mul__(self, times: float) -> Cost:
        return Cost(self.macs * times, self.effective_macs * times, self.adds * times, self.lookups * times)

    def operations(self, kind: str) -> float:
        """What serving a model of this kind performs: MACs and adds; zeros left out only where its code skips them."""
        return (self.effective_macs if kind in SKIPS_ZEROS else self.macs) + self.adds

    def to_json(self, kind: str) -> dict[str, float]:
        """`compute` of results.json for a model of this kind."""
        return {
            "operations_per_document": self.operations(kind),
            "macs_per_document": self.macs,
            "effective_macs_per_document": self.effective_macs,
            "adds_per_document": self.adds,
            "lookups_per_document": self.lookups,
        }


def products(weights: Any, times: float = 1.0) -> Cost:
    """Every weight multiplied `times` times; `weights` is an array or tensor."""
    values = np.asarray(weights.detach().cpu() if hasattr(weights, "detach") else weights)
    return Cost(macs=values.size * times, effective_macs=int(np.count_nonzero(values)) * times)


def attention_products(mean_square: float, width: int) -> Cost:
    """Self-attention's own products, scores and mixing: 2 L² d; `mean_square` is the mean of L² over documents."""
    macs = 2 * mean_square * width
    return Cost(macs=macs, effective_macs=macs)


def compute_per_document(classifier: Classifier, texts: Sequence[str]) -> Cost:
    """Mean cost of one of these texts; of more than `MOST_ASKED` so many are drawn.

    Raises:
        MeasurementError: no texts, or a kind without a counting rule.
    """
    if not len(texts):
        raise MeasurementError("compute: at least one text is needed")
    rule = RULES.get(classifier.kind)
    if rule is None:
        raise MeasurementError(
            f"compute: no counting rule for kind {classifier.kind!r}; there are rules for {', '.join(sorted(RULES))}"
        )
    return rule(classifier, sampled(texts))


def mean_length(classifier: Any, texts: Sequence[str]) -> float:
    """Characters a document after cleaning, at least 1 each."""
    return float(np.mean([max(1, len(classifier.tokenizer.encode(text))) for text in texts]))


def _nothing(classifier: Any, texts: Sequence[str]) -> Cost:
    return Cost()


def _cnn(classifier: Any, texts: Sequence[str]) -> Cost:
    module, length = classifier.module, mean_length(classifier, texts)
    convolutions = (products(conv.weight, length) for conv in module.convs)
    linear = (products(_weight(layer)) for layer in (module.fc1, module.fc2) if layer is not None)
    return _sum([*convolutions, *linear, Cost(lookups=length)])


def _tables(classifier: Any, texts: Sequence[str]) -> Cost:
    model, length = classifier.model, mean_length(classifier, texts)
    rows = sum(table.shape[0] for table in model.tables)
    adds = sum(table.shape[0] * table.shape[2] for table in model.tables)
    return products(model.head) + Cost(adds=adds * length, lookups=rows * length)


def _rnn(classifier: Any, texts: Sequence[str]) -> Cost:
    """Both directions and all gates read their weights once a word; the head once a document."""
    length = float(np.mean([max(1, len(ids)) for ids in classifier.tokenizer.encode_batch(texts)]))
    weights = (weight for name, weight in classifier.module.gru.named_parameters() if name.startswith("weight"))
    return _sum([*(products(weight, length) for weight in weights), products(classifier.module.head.weight)])


def _transformer(classifier: Any, texts: Sequence[str]) -> Cost:
    """Linear layers once a token, but the pooler and the head once a document; attention by its own rule."""
    from torch import nn

    lengths = np.array([max(1, len(ids)) for ids in classifier.encoder.encode_batch(texts)])
    network, length = classifier.encoder.network, float(lengths.mean())
    layers = ((name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear))
    costs = [products(layer.weight, 1.0 if "pooler" in name else length) for name, layer in layers]
    attention = attention_products(float((lengths.astype(float) ** 2).mean()), int(network.config.hidden_size))
    blocks = attention * int(network.config.num_hidden_layers)
    return _sum([*costs, blocks, products(classifier.module.head.weight)])


def _ensemble(classifier: Any, texts: Sequence[str]) -> Cost:
    return _sum(compute_per_document(member, texts) for member in classifier.members_.values())


def _onnx(classifier: Any, texts: Sequence[str]) -> Cost:
    """Convolution kernels once a character, matrices once a document, both by the operator that reads them."""
    import onnx
    from onnx import numpy_helper

    graph, length = onnx.load_from_string(classifier.model).graph, mean_length(classifier, texts)
    weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    source = {output: node.input[0] for node in graph.node if node.op_type in _PASSING for output in node.output}
    costs = [Cost(lookups=length)]
    for node in graph.node:
        if node.op_type not in _CONVOLVING | _MULTIPLYING:
            continue
        # The quantized operators list scale and zero point of each operand after it.
        operand = node.input[3] if node.op_type.startswith("Q") else node.input[1]
        while operand in source and operand not in weights:
            operand = source[operand]
        if operand in weights:
            cost = products(weights[operand], length if node.op_type in _CONVOLVING else 1.0)
            # An unsigned weight of 0 stands for another number.
            unsigned = weights[operand].dtype == np.uint8
            costs.append(Cost(cost.macs, cost.macs) if unsigned else cost)
    return _sum(costs)


def _linear(classifier: Any, texts: Sequence[str]) -> Cost:
    weights = classifier.coef_  # (C, terms)
    nonzero = np.count_nonzero(weights, axis=0)
    costs = []
    for text in texts:
        columns, _ = classifier.vectorizer_.encode(text)
        found = len(columns)
        effective = int(nonzero[columns].sum()) + found
        costs.append(Cost(found * (len(weights) + 1), effective, lookups=found))
    return _mean(costs)


def _knn(classifier: Any, texts: Sequence[str]) -> Cost:
    arrays = classifier._arrays()
    per_term = np.diff(arrays["starts"])
    costs = []
    for text in texts:
        columns, _ = classifier.vectorizer_.encode(text)
        macs = int(per_term[columns].sum()) + len(columns)
        costs.append(Cost(macs, macs, lookups=len(columns)))
    return _mean(costs)


def _forest(classifier: Any, texts: Sequence[str]) -> Cost:
    """A look-up for each node a text passes; the leaves' answers are added."""
    trees = classifier.trees_
    costs = []
    for text in texts:
        columns, values = classifier.vectorizer_.encode(text)
        row = np.zeros(max(classifier.vectorizer_.n_features, 1), np.float32)
        row[columns] = values
        costs.append(
            Cost(len(columns), len(columns), adds=len(trees.roots) * trees.answers.shape[1], lookups=_nodes(trees, row))
        )
    return _mean(costs)


def _nodes(trees: Any, row: Any) -> int:
    nodes, passed = trees.roots, len(trees.roots)
    while True:
        goes_left = row[trees.feature[nodes]] <= trees.threshold[nodes]
        below = np.where(goes_left, trees.left[nodes], trees.right[nodes])
        moved = int(np.count_nonzero(below != nodes))
        if not moved:
            return passed
        nodes, passed = below, passed + moved


def _weight(layer: Any) -> Any:
    """A linear layer's weight; quantized layers give theirs by a call."""
    return layer.weight().int_repr() if callable(layer.weight) else layer.weight


def _sum(costs: Iterable[Cost]) -> Cost:
    return sum(costs, Cost())


def _mean(costs: Sequence[Cost]) -> Cost:
    return _sum(costs) * (1 / len(costs))


_CONVOLVING = {"Conv", "ConvInteger", "QLinearConv"}
_MULTIPLYING = {"MatMul", "Gemm", "MatMulInteger", "QLinearMatMul", "QGemm"}
_PASSING = {"DequantizeLinear", "Transpose", "Reshape", "Unsqueeze", "Squeeze", "Identity", "Cast"}

RULES: Mapping[str, Callable[[Any, Sequence[str]], Cost]] = {
    "chance": _nothing,
    "rules": _nothing,
    "linear": _linear,
    "linear-int": _linear,
    "linear-adopted": _linear,
    "knn": _knn,
    "forest": _forest,
    "boosting": _forest,
    "cnn": _cnn,
    "rnn": _rnn,
    "transformer-frozen": _transformer,
    "transformer-tuned": _transformer,
    "ensemble": _ensemble,
    "torch-int8": _cnn,
    "onnx-int8": _onnx,
    "tables-float": _tables,
    "tables-int8": _tables,
}
