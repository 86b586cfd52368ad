"""Our counting rules against torch's FLOP counter where it is right, and by hand where it is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from baselines.dataset import Part
from baselines.errors import MeasurementError
from baselines.models.chance import ChanceClassifier, ChanceConfig
from baselines.models.cnn import CharCNN, CharCNNShape
from baselines.models.forests import BoostingClassifier, BoostingConfig, ForestClassifier, ForestConfig
from baselines.models.knn import KnnClassifier
from baselines.models.linear import LinearClassifier, LinearConfig
from baselines.text.tokenizer import Tokenizer
from bench.cost import compute
from bench.cost.compute import Cost, attention_products, compute_per_document, products
from compress.formats.tables import FloatTables

TOKENIZER = Tokenizer("abcdefgh ")
TEXTS = ["abc def", "gh", "", "abcdefgh abcdefgh"]
SHAPE = CharCNNShape(TOKENIZER.n_ids, 4, embedding_dim=6, filters=((1, 5), (3, 7)), hidden_dim=8)


def fake(kind: str, **attributes: Any) -> Any:
    return SimpleNamespace(kind=kind, tokenizer=TOKENIZER, **attributes)


def lengths() -> list[int]:
    return [max(1, len(TOKENIZER.encode(text))) for text in TEXTS]


def counted(module: nn.Module, *inputs: torch.Tensor) -> float:
    """MACs by torch's counter, which counts a MAC as two operations."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*inputs)
    return counter.get_total_flops() / 2


def test_the_cnn_equals_torch_text_by_text() -> None:
    module = CharCNN(SHAPE).eval()

    class AsConvolution(nn.Module):
        """The layers of the CNN, applied as `nn.Conv1d` and `nn.Linear`."""

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            embedded = module.embedding(ids).transpose(1, 2)
            maxima = []
            for conv in module.convs:
                width = conv.weight.shape[2]
                padded = nn.functional.pad(embedded, ((width - 1) // 2, width - 1 - (width - 1) // 2))
                maxima.append(nn.functional.conv1d(padded, conv.weight, conv.bias).amax(dim=2))
            hidden = nn.functional.linear(torch.cat(maxima, 1), module.fc1.weight, module.fc1.bias)
            return nn.functional.linear(hidden, module.fc2.weight, module.fc2.bias)

    expected = np.mean([counted(AsConvolution(), torch.zeros(1, n, dtype=torch.long)) for n in lengths()])
    cost = compute_per_document(fake("cnn", module=module), TEXTS)
    assert cost.macs == pytest.approx(expected)
    assert cost.effective_macs == pytest.approx(expected)
    assert cost.adds == 0


def test_zero_weights_lower_effective_macs_only() -> None:
    module = CharCNN(SHAPE)
    before = compute_per_document(fake("cnn", module=module), TEXTS)
    with torch.no_grad():
        module.convs[1].weight[::2] = 0
    after = compute_per_document(fake("cnn", module=module), TEXTS)
    zeros = int((module.convs[1].weight == 0).sum())
    assert after.macs == before.macs
    assert before.effective_macs - after.effective_macs == pytest.approx(zeros * np.mean(lengths()))


def test_operations_are_dense_macs_and_adds_unless_the_serving_code_skips_zeros(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cost = Cost(macs=100, effective_macs=40, adds=7)
    assert cost.operations("cnn") == 107
    assert cost.to_json("cnn")["operations_per_document"] == 107
    assert cost.to_json("cnn")["macs_per_document"] == 100
    monkeypatch.setattr(compute, "SKIPS_ZEROS", frozenset({"sparse"}))
    assert cost.operations("sparse") == 47
    assert cost.operations("cnn") == 107


def test_no_kind_that_is_served_skips_zeros() -> None:
    """Time doesn't fall with zeros in a matrix product of NumPy, which serves the linear form; so none is claimed."""
    assert not compute.SKIPS_ZEROS
    assert set(compute.RULES) >= compute.SKIPS_ZEROS


def test_the_table_form_adds_instead_of_multiplying() -> None:
    tables = FloatTables(
        (np.ones((1, 11, 5), np.float32), np.ones((3, 11, 7), np.float32)), np.ones((4, 12), np.float32), np.zeros(4)
    )
    cost = compute_per_document(fake("tables-float", model=tables), TEXTS)
    assert cost.macs == 4 * 12
    assert cost.adds == pytest.approx((1 * 5 + 3 * 7) * np.mean(lengths()))
    assert cost.lookups == pytest.approx((1 + 3) * np.mean(lengths()))


def test_attention_equals_torch() -> None:
    length, width = 9, 16

    class Attention(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.softmax(x @ x.transpose(1, 2), -1) @ x

    assert attention_products(length**2, width).macs == counted(Attention(), torch.zeros(1, length, width))


def test_the_gru_equals_torch() -> None:
    from baselines.models.rnn import RNNConfig, WordGRU

    module = WordGRU(9, 3, RNNConfig(embedding_dim=4, hidden_dim=5))
    one = SimpleNamespace(kind="rnn", module=module, tokenizer=SimpleNamespace(encode_batch=lambda _: [[1] * 7]))
    gates = counted(nn.GRUCell(4, 5), torch.zeros(1, 4))
    assert compute_per_document(one, ["x"]).macs == 2 * 7 * gates + 3 * 20  # type: ignore[arg-type]


def test_a_transformer_equals_torch() -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra transformers")
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
        attn_implementation="eager",
    )  # fmt: skip
    network = transformers.BertModel(config).eval()
    encoder = SimpleNamespace(network=network, encode_batch=lambda texts: [[1] * len(text) for text in texts])
    head = nn.Linear(8, 3)
    model = SimpleNamespace(kind="transformer-frozen", encoder=encoder, module=SimpleNamespace(head=head))
    texts = ["abc", "abcdefg"]
    expected = np.mean([counted(network, torch.ones(1, len(t), dtype=torch.long)) for t in texts]) + 8 * 3
    assert compute_per_document(model, texts).macs == pytest.approx(expected)  # type: ignore[arg-type]


def test_an_ensemble_costs_what_its_members_cost(part: Part) -> None:
    knn, linear = KnnClassifier().fit(part), LinearClassifier(LinearConfig(characters=(0, 0))).fit(part)
    both = SimpleNamespace(kind="ensemble", members_={"a": knn, "b": linear})
    costs = [compute_per_document(model, part.texts).macs for model in (knn, linear)]
    assert compute_per_document(both, part.texts).macs == pytest.approx(sum(costs))  # type: ignore[arg-type]


def test_every_kind_has_a_rule() -> None:
    from bench.cost import compute
    from compress.registry import KINDS

    assert set(KINDS) == set(compute.RULES)


def test_linear_layers_equal_torch() -> None:
    layer = nn.Linear(7, 5)
    assert products(layer.weight).macs == counted(layer, torch.zeros(1, 7))


@pytest.fixture(scope="module")
def part() -> Part:
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(30)]
    texts = tuple(" ".join(rng.choice(words, 6)) for _ in range(40))
    return Part(texts, rng.random((40, 3)) < 0.4, ("a", "b", "c"))


def test_a_linear_model_costs_a_mac_a_term_and_class(part: Part) -> None:
    model = LinearClassifier(LinearConfig(characters=(0, 0))).fit(part)
    found = [len(model.vectorizer_.encode(text)[0]) for text in part.texts]
    cost = compute_per_document(model, part.texts)
    assert cost.macs == pytest.approx(np.mean(found) * (3 + 1))
    model.coef_[:] = 0
    assert compute_per_document(model, part.texts).effective_macs == pytest.approx(np.mean(found))


def test_neighbours_and_trees(part: Part) -> None:
    knn = KnnClassifier().fit(part)
    terms = [set(knn.vectorizer_.encode(text)[0].tolist()) for text in part.texts]
    shared = np.mean([sum(len(a & b) for b in terms) + len(a) for a in terms])
    assert compute_per_document(knn, part.texts).macs == pytest.approx(shared)
    forest = ForestClassifier(ForestConfig(trees=5)).fit(part)
    cost = compute_per_document(forest, part.texts)
    assert cost.adds == 5 * 3
    assert 5 < cost.lookups < 5 * 40
    boosting = BoostingClassifier(BoostingConfig(trees=4, depth=2)).fit(part)
    cost = compute_per_document(boosting, part.texts)
    assert cost.adds == 4 * 3
    assert 4 * 3 <= cost.lookups <= 4 * 3 * 3


def test_guessing_costs_nothing(part: Part) -> None:
    coin = ChanceClassifier(ChanceConfig("coin", 0)).fit(part)
    assert compute_per_document(coin, part.texts) == Cost()


def test_an_onnx_graph_is_counted_by_its_operators() -> None:
    from onnx import TensorProto, helper, numpy_helper

    def weight(name: str, *shape: int, dtype: type = np.float32) -> Any:
        return numpy_helper.from_array(np.ones(shape, dtype), name)

    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["y"]),
        helper.make_node("Transpose", ["matrix"], ["turned"]),
        helper.make_node("MatMul", ["y", "turned"], ["z"]),
        helper.make_node("MatMulInteger", ["z", "unsigned"], ["out"]),
    ]
    initializers = [weight("kernel", 5, 6, 3), weight("matrix", 8, 5), weight("unsigned", 8, 2, dtype=np.uint8)]
    out = [helper.make_tensor_value_info("out", TensorProto.INT32, None)]
    graph = helper.make_graph(nodes, "g", [], out, initializers)
    content = helper.make_model(graph).SerializeToString()
    cost = compute_per_document(fake("onnx-int8", model=content), TEXTS)
    assert cost.macs == pytest.approx(5 * 6 * 3 * np.mean(lengths()) + 8 * 5 + 8 * 2)


def test_mistakes_are_named() -> None:
    with pytest.raises(MeasurementError, match="at least one text"):
        compute_per_document(fake("cnn"), [])
    with pytest.raises(MeasurementError, match="no counting rule for kind 'magic'"):
        compute_per_document(fake("magic"), TEXTS)
