"""One training step of the full CNN on 64 texts: table look-ups against `nn.Conv1d`, the same loss and gradients."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from baselines.artifact import load
from baselines.lookup_conv import Form, one_training_step
from baselines.tokenizer import pad
from bench.benchmark_suite import Suite
from compress.registry import KINDS

pytestmark = pytest.mark.benchmark(group="training step: full CNN, 64 texts, 1 thread", disable_gc=True)


@pytest.mark.parametrize(("form", "rounds"), [("lookup", 10), ("conv", 3)])
def test_training_step(form: Form, rounds: int, suite: Suite, benchmark: Any) -> None:
    classifier: Any = load(suite.candidates["cnn/torch"].path, KINDS)
    part = suite.dataset.part("train").take(range(64))
    ids, lengths = (torch.from_numpy(array) for array in pad(classifier.tokenizer.encode_batch(part.texts)))
    labels = torch.from_numpy(part.labels).float()
    module = classifier.module.train()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        benchmark.pedantic(
            one_training_step,
            args=(module, ids, lengths, labels, form, optimizer),
            rounds=rounds,
            warmup_rounds=1,
            iterations=1,
        )
    finally:
        torch.set_num_threads(threads)
    benchmark.extra_info.update({"texts": 64, "characters": int(ids.shape[1])})
