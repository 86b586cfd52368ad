"""A character CNN written and trained in plain PyTorch becomes a 4-bit bundle that runs without torch.

    python examples/own_pytorch_cnn.py bundle

`adopt` proves that what it made of the layers answers alike. From then on texts are cleaned as `encode` does it here.
"""

import re
import sys

import torch
from torch import nn

import tagpress

VOCABULARY = {character: number for number, character in enumerate(" abcdefghijklmnopqrstuvwxyz0123456789", 2)}


class OwnCNN(nn.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(VOCABULARY) + 2, 16, padding_idx=0)
        self.convolutions = nn.ModuleList(nn.Conv1d(16, 64, width, padding="same") for width in (3, 5))
        self.out = nn.Linear(2 * 64, n_classes)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        values = self.embedding(ids).transpose(1, 2)
        return self.out(torch.cat([convolution(values).amax(dim=2) for convolution in self.convolutions], dim=1))


def encode(text: str) -> torch.Tensor:
    return torch.tensor([VOCABULARY.get(c, 1) for c in re.sub(r"[\W_]+", " ", text.lower()).strip()] or [0])


def train(net: OwnCNN, part: tagpress.Part, steps: int) -> None:
    ids = nn.utils.rnn.pad_sequence([encode(text) for text in part.texts], batch_first=True)
    labels = torch.from_numpy(part.labels).float()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    for rows in torch.randint(len(part), (steps, 64)):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(net(ids[rows]), labels[rows]).backward()
        optimizer.step()


def main(argv=None, dataset: tagpress.Dataset | None = None, steps: int = 600) -> int:
    (out,) = sys.argv[1:] if argv is None else argv
    dataset = dataset or tagpress.read_dataset("sample")
    torch.manual_seed(0)
    net = OwnCNN(len(dataset.classes))
    train(net, dataset.part("train"), steps)
    cnn, proof = tagpress.adopt(net, VOCABULARY, dataset.classes)
    print(f"adopted: {proof.facts['texts']} texts, logits {proof.facts['largest_difference']:.1e} of their size apart")
    # Quantizing chooses the thresholds on validation too; an adopted module comes with 0.5.
    bundle = tagpress.export(tagpress.apply("quantize", cnn, dataset, bits=4)[0], out, name="own-cnn", dataset=dataset)
    print(f"{bundle}:", tagpress.load(bundle).predict(["Segmenting satellite images with a U-Net"])[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
