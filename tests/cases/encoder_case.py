"""A tiny encoder with its tokenizer, made from nothing, for the tests of transformers."""

from collections.abc import Sequence
from pathlib import Path


def make_encoder(folder: Path, texts: Sequence[str]) -> None:
    """A two-layer BERT of 16 numbers with random weights and a word-piece vocabulary of the texts' words."""
    import torch
    import transformers

    words = sorted({word for text in texts for word in text.lower().split() if word.isalpha()})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", *words]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(vocabulary)))
    tokenizer = transformers.BertTokenizer(str(folder / "vocab.txt"))
    config = transformers.BertConfig(
        vocab_size=len(dict.fromkeys(vocabulary)),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformers.BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
