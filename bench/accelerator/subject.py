"""What is measured: the full-size character CNN on the texts of the embedded sample, and what it answers on the CPU.

The sample is read line by line, since splitting it needs packages that a machine with a GPU may lack. Some steps of
training move the weights away from where every probability is near one half; no score is claimed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from baselines.cores import usable_core_count
from baselines.models.cnn import CharCNN, CharCNNShape
from baselines.networks.lookup_conv import one_training_step
from baselines.networks.torch_state import limited_threads, seeded, spare_one
from baselines.text.tokenizer import Tokenizer, pad

SAMPLE = Path(__file__).resolve().parents[2] / "baselines" / "data" / "sample" / "projects.jsonl"
BATCH = 64
_LEAST_TEXTS = 3

Json = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """One network with what it is asked.

    Attributes:
        module: in eval mode, on the CPU.
        texts: of the sample.
        labels: float32 (n_texts, C) of zeros and ones.
        expected: float32 (n_texts, C), the module's probabilities on the CPU.
        trained_steps: on the first texts, 64 a step.
    """

    module: CharCNN
    tokenizer: Tokenizer
    texts: Sequence[str]
    labels: NDArray[np.float32]
    expected: NDArray[np.float32]
    trained_steps: int

    def batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """ids, lengths and labels of the texts that a step of training takes."""
        return _batch(self.tokenizer, self.texts[:BATCH], self.labels[:BATCH])

    def to_json(self) -> Json:
        """`model` of the file."""
        shape = self.module.shape
        lengths = [len(ids) for ids in self.tokenizer.encode_batch(self.texts)]
        return {
            "filters": [list(pair) for pair in shape.filters],
            "embedding_dim": shape.embedding_dim,
            "hidden_dim": shape.hidden_dim,
            "parameters": sum(parameter.numel() for parameter in self.module.parameters()),
            "n_texts": len(self.texts),
            "n_classes": shape.n_classes,
            "mean_characters": float(np.mean(lengths)),
            "trained_steps": self.trained_steps,
        }


def make_subject(*, steps: int = 10, most_texts: int = 256, **sizes: Any) -> Subject:
    """The network, trained for some steps on the CPU.

    Args:
        steps: of 64 texts.
        most_texts: of the sample, from its beginning; a larger batch has them several times.
        sizes: fields of `CharCNNShape`; without any it is the course's.
    """
    texts, labels = read_sample(most_texts)
    tokenizer = Tokenizer.learn(texts)
    with seeded(0), limited_threads(spare_one(usable_core_count())):
        module = CharCNN(CharCNNShape(tokenizer.n_ids, labels.shape[1], **sizes))
        module.train()
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
        for step in range(steps):
            rows = [row % len(texts) for row in range(step * BATCH, (step + 1) * BATCH)]
            one_training_step(module, *_batch(tokenizer, [texts[r] for r in rows], labels[rows]), "auto", optimizer)
    module.eval()
    return Subject(module, tokenizer, texts, labels, probabilities(module, tokenizer, texts), steps)


def read_sample(most_texts: int) -> tuple[list[str], NDArray[np.float32]]:
    """Texts as a study reads them, and float32 (n, C) labels of the tags that at least three texts have."""
    records = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()][:most_texts]
    counts = Counter(tag for record in records for tag in record["tags"])
    classes = sorted(tag for tag, n in counts.items() if n >= _LEAST_TEXTS)
    labels = np.array([[tag in record["tags"] for tag in classes] for record in records], np.float32)
    return [f"{record['title']} {record['description']}" for record in records], labels


def probabilities(module: CharCNN, tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:
    """float32 (n_texts, C) on the CPU."""
    with torch.inference_mode():
        blocks = []
        for first in range(0, len(texts), BATCH):
            ids, lengths = (torch.from_numpy(a) for a in pad(tokenizer.encode_batch(texts[first : first + BATCH])))
            blocks.append(torch.sigmoid(module(ids, lengths)).numpy())
    found: NDArray[np.float32] = np.concatenate(blocks)
    return found


def _batch(tokenizer: Tokenizer, texts: Sequence[str], labels: NDArray[np.float32]) -> tuple[Tensor, Tensor, Tensor]:
    ids, lengths = (torch.from_numpy(array) for array in pad(tokenizer.encode_batch(texts)))
    return ids, lengths, torch.from_numpy(labels)
