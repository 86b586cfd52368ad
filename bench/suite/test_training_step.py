"""One training step of the full CNN on 64 texts: table look-ups against `nn.Conv1d`, the same loss and gradients.

Each form gets its weights in the memory order it was made for: the look-ups read filters by position, a convolution is
slower when its weights are not contiguous.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from baselines.cores import usable_core_count
from baselines.networks.lookup_conv import Form, one_training_step
from baselines.storage.artifact import load
from baselines.text.tokenizer import pad
from bench.suite.timed_models import Suite
from compress.registry import KINDS

pytestmark = pytest.mark.benchmark(disable_gc=True)


@pytest.mark.parametrize("threads", sorted({1, usable_core_count()}))
@pytest.mark.parametrize(("form", "rounds"), [("lookup", 10), ("conv", 5)])
def test_training_step(form: Form, rounds: int, threads: int, suite: Suite, benchmark: Any) -> None:
    benchmark.group = f"training step: full CNN, 64 texts, threads: {threads}"
    classifier: Any = load(suite.candidates["cnn/torch"].path, KINDS)
    part = suite.dataset.part("train").take(range(64))
    ids, lengths = (torch.from_numpy(array) for array in pad(classifier.tokenizer.encode_batch(part.texts)))
    labels = torch.from_numpy(part.labels).float()
    module = classifier.module.train()
    if form == "conv":
        for parameter in module.parameters():
            parameter.data = parameter.data.contiguous()
    optimizer = torch.optim.Adam(module.parameters(), lr=0.0)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        benchmark.pedantic(
            one_training_step,
            args=(module, ids, lengths, labels, form, optimizer),
            rounds=rounds,
            warmup_rounds=1,
            iterations=1,
        )
    finally:
        torch.set_num_threads(before)
    benchmark.extra_info.update({"texts": 64, "characters": int(ids.shape[1]), "threads": threads})
