"""Any Hugging Face encoder as a PyTorch module that gives one vector a text: the mean of its tokens' last states.

Source: Reimers and Gurevych, "Sentence-BERT" (2019) for the mean. Reads what is on this machine and nothing else:
weights in safetensors, no code from a model's folder. Needs the extra `transformers`, imported only when an encoder is
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.errors import ArtifactError, MissingExtra, UserError
from baselines.telemetry import switch_off
from baselines.whole_files import write_whole

INSTALL = "pip install 'tagpress[transformers]'"
_WANTED = ("*.json", "*.txt", "*.model", "*.safetensors")


def fetch_command(name: str) -> str:
    """The command that brings an encoder's files onto this machine."""
    return f"hf download {name} --include {' '.join(repr(pattern) for pattern in _WANTED)}"


def find_encoder(name: str) -> Path:
    """Folder of an encoder that is on this machine.

    Args:
        name: a folder, or a model's name on the Hugging Face hub that was fetched before.

    Raises:
        MissingExtra: transformers isn't installed; UserError: no such folder or model here, or it lacks a file. Both
            say the command that helps.
    """
    folder = Path(name) if Path(name).is_dir() else _cached(name)
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise UserError(
            f"transformer {name!r}: {folder} must hold config.json, the tokenizer's files and *.safetensors weights; "
            f"found {found}. Fetch a whole model with: {fetch_command('NAME' if folder == Path(name) else name)}"
        )
    return folder


class TextEncoder:
    """A tokenizer and the network it belongs to, read from a folder.

    Attributes:
        network: ids and attention mask to states.
        max_tokens: tokens read of a text, special ones included; what follows is ignored.
    """

    def __init__(self, folder: Path, max_tokens: int) -> None:
        transformers = _transformers()
        try:
            with _quiet(transformers):
                self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False
                )
                self.network: Any = transformers.AutoModel.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
                )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ArtifactError(f"{folder}: not a readable encoder ({error})") from None
        positions = getattr(self.network.config, "max_position_embeddings", None) or max_tokens
        # RoBERTa counts its positions from the padding's id on.
        self.max_tokens = min(max_tokens, positions - 2)

    @property
    def dim(self) -> int:
        """Numbers a vector."""
        return int(self.network.config.hidden_size)

    @property
    def pad_id(self) -> int:
        """Id of the tokenizer's padding, 0 where it has none."""
        return int(self._tokenizer.pad_token_id or 0)

    def encode_batch(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Ids (L,) of each text, L at most `max_tokens`."""
        if not len(texts):
            return []
        valid = [text.encode("utf-8", "replace").decode() for text in texts]  # a lone surrogate would be refused
        encoded = self._tokenizer(valid, truncation=True, max_length=self.max_tokens, return_attention_mask=False)
        return [np.array(ids, np.int64) for ids in encoded["input_ids"]]

    def knows(self, ids: NDArray[np.int64]) -> bool:
        """Whether a text's ids hold anything but special tokens, of which the unknown one is one."""
        return bool((~np.isin(ids, self._tokenizer.all_special_ids)).any())

    def save(self, folder: Path) -> None:
        """Write weights, config and tokenizer; `TextEncoder(folder, ...)` reads them."""
        with _quiet(_transformers()):
            self.network.save_pretrained(folder)
            self._tokenizer.save_pretrained(folder)
        for path in folder.glob("*.safetensors"):
            # Its owner alone may read what transformers wrote.
            write_whole(path, path.read_bytes())


class EncoderWithHead(nn.Module):
    """ids (B, L) and lengths (B,) -> logits (B, C): mean of the last states, dropout, one linear layer."""

    def __init__(self, encoder: TextEncoder, n_classes: int, *, normalise: bool, dropout: float) -> None:
        super().__init__()
        self.network: nn.Module = encoder.network
        self.pad_id, self.normalise = encoder.pad_id, normalise
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.dim, n_classes)

    def vectors(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """(B, d); of length 1 each where the module normalises."""
        own = torch.arange(ids.shape[1], device=ids.device) < lengths.clamp(min=1)[:, None]  # (B, L)
        ids = ids.masked_fill(~own, self.pad_id)
        states = self.network(input_ids=ids, attention_mask=own.long()).last_hidden_state  # (B, L, d)
        mean: Tensor = (states * own[:, :, None]).sum(dim=1) / own.sum(dim=1, keepdim=True)
        return F.normalize(mean, dim=1) if self.normalise else mean

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        logits: Tensor = self.head(self.dropout(self.vectors(ids, lengths)))
        return logits


def _cached(name: str) -> Path:
    _transformers()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        raise UserError(
            f"transformer {name!r}: neither a folder nor a model on this machine; fetch it with: {fetch_command(name)}"
        ) from None


def _transformers() -> ModuleType:
    switch_off()
    try:
        import transformers
    except ImportError:
        raise MissingExtra(f"transformer: the extra isn't installed; install it with: {INSTALL}") from None
    return transformers


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No bars and no advice while an encoder is read or written; the former verbosity afterwards."""
    logging = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
