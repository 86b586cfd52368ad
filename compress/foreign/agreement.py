"""Whether a network of ours answers as a foreign module does: both get the same texts, and their logits must agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.errors import NotCompressible
from baselines.models.cnn import CharCNN
from baselines.text.tokenizer import PAD_ID, pad
from compress.foreign.layer_trace import TOLERANCE, Call
from compress.foreign.text_cnn import read_text_cnn

IdMatrix = NDArray[np.int64]
# Random texts of a length.
N_RANDOM = 8
_UNSEEN = (
    "each layer answers this text as ours would, so something depends on other texts of a batch, or changes from one "
    "call to the next"
)


@dataclass(frozen=True)
class Asked:
    """A foreign module, asked with our ids.

    Attributes:
        module: in eval mode; only run.
        call: how it is run.
        rows: the module's id for each of ours, (V,).
        n_classes: C.
    """

    module: nn.Module
    call: Call
    rows: Tensor
    n_classes: int

    def logits(self, ids: IdMatrix, lengths: Sequence[int]) -> Tensor:
        """(B, C) for our ids (B, L), padded with `PAD_ID` beyond the lengths (B,)."""
        return self.checked(self.module, self.rows[torch.from_numpy(ids)], torch.tensor(lengths))

    @torch.no_grad()
    def checked(self, module: nn.Module, ids: Tensor, lengths: Tensor) -> Tensor:
        """A `Call` with the module's own ids; raises NotCompressible where it fails or gives no logits."""
        asked = f"{len(ids)} texts of {ids.shape[1]} ids"
        try:
            answer: Any = self.call(module, ids, lengths)
        except Exception as error:
            raise NotCompressible(f"it can't be run on {asked}, {_said(error)}; give a `call` that can") from None
        if not isinstance(answer, Tensor):
            raise NotCompressible(f"it gives a {type(answer).__name__}; give a `call` that returns logits (B, C)")
        if answer.numel() != len(ids) * self.n_classes:
            needed = (len(ids), self.n_classes)
            raise NotCompressible(
                f"it gives numbers of shape {tuple(answer.shape)} for {asked}, {needed} are needed, one for each class "
                "that is named; or give a `call`"
            )
        return answer.reshape(len(ids), -1)


def by_ids(module: nn.Module, ids: Tensor, lengths: Tensor) -> Tensor:
    """The plainest `Call`."""
    answer: Tensor = module(ids)
    return answer


def by_ids_and_lengths(module: nn.Module, ids: Tensor, lengths: Tensor) -> Tensor:
    """The `Call` of this project's networks."""
    answer: Tensor = module(ids, lengths)
    return answer


@torch.no_grad()
def find_call(module: nn.Module, ids: Tensor) -> Call:
    """`module(ids)` or else `module(ids, lengths)`, whichever runs; raises NotCompressible where neither does."""
    said = []
    for call in (by_ids, by_ids_and_lengths):
        try:
            call(module, ids, torch.tensor([ids.shape[1]] * len(ids)))
        except Exception as error:
            said.append(_said(error))
        else:
            return call
    raise NotCompressible(
        f"neither module(ids) nor module(ids, lengths) runs on {len(ids)} texts of {ids.shape[1]} ids: {said[0]}; "
        f"{said[1]}; give a `call`"
    )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def texts_to_try(n_ids: int, widest: int, seed: int) -> list[IdMatrix]:
    """Batches of texts of one length each, (n, L): every id alone and as often as the widest filter, random ones.

    What a non-linearity cuts off shows in short texts, where no filter has many windows to be large in.
    """
    rng = np.random.default_rng(seed)
    alone = np.arange(1, n_ids)[:, None]
    lengths = sorted({2, 3, widest, 2 * widest + 1, 40})
    return [alone, alone.repeat(widest, axis=1), *(rng.integers(1, n_ids, (N_RANDOM, length)) for length in lengths)]


def text_to_read(texts: Sequence[IdMatrix], widest: int) -> NDArray[np.int64]:
    """The shortest that has room for the widest filter, (L,): in a longer one a non-linearity may never act."""
    longest = max(texts, key=lambda ids: ids.shape[1])
    enough = [ids for ids in reversed(texts) if ids.shape[1] >= max(2, widest)] or [longest]
    return np.asarray(min(enough, key=lambda ids: ids.shape[1])[-1])


def given_texts(sample_ids: Sequence[Sequence[int]], n_ids: int) -> list[IdMatrix]:
    """Each text as a batch of its own; raises NotCompressible unless there is one and all ids are in 1..V-1."""
    texts = [np.asarray(ids, np.int64).reshape(1, -1) for ids in sample_ids]
    if not texts or any(not ids.size or ids.min() <= PAD_ID or ids.max() >= n_ids for ids in texts):
        raise NotCompressible(f"sample_ids: at least one text is needed, none empty, of ids from 1 to {n_ids - 1}")
    return texts


def prove(network: CharCNN, asked: Asked, texts: Sequence[IdMatrix]) -> dict[str, Any]:
    """Compare logits text by text, in batches of one length, and alone where the module can be run so.

    Args:
        network: ours.
        asked: the other.
        texts: from `texts_to_try` or `given_texts`.

    Returns:
        `texts` compared, the `largest_difference` of their logits relative to these logits' size, whether the module
        runs on a text `alone`, and whether it `agrees`, `differs` or `fails` on texts of several lengths in one batch.

    Raises:
        NotCompressible: logits differ by more than `TOLERANCE` of their size. Names the shortest such text and why.
    """
    alone = _state(network, asked, texts[-1][:1]) != "fails"
    batches = [*texts, *(ids[:1] for ids in texts if len(ids) > 1)] if alone else list(texts)
    apart = [_apart(network, asked, ids, [ids.shape[1]] * len(ids)) for ids in batches]
    compared = [
        (text, by) for ids, each in zip(batches, apart, strict=True) for text, by in zip(ids, each, strict=True)
    ]
    differing = [(text, by) for text, by in compared if not by <= TOLERANCE]
    if differing:
        raise NotCompressible(_disagreement(asked, differing, len(compared)))
    mixed, lengths = pad([ids[0].astype(np.uint8) for ids in texts[-N_RANDOM:]])
    return {
        "texts": len(compared),
        "largest_difference": max(float(by) for _, by in compared),
        "alone": alone,
        "several_lengths": _state(network, asked, mixed, lengths.tolist()),
    }


@torch.no_grad()
def _apart(network: CharCNN, asked: Asked, ids: IdMatrix, lengths: Sequence[int]) -> NDArray[np.float64]:
    """Largest difference of each text's logits, relative to the batch's largest logit; (B,)."""
    theirs = asked.logits(ids, lengths).double()
    ours = network(torch.from_numpy(ids), torch.tensor(lengths)).double()
    size = theirs.abs().max().clamp(min=1e-12)
    apart: NDArray[np.float64] = ((ours - theirs).abs().amax(dim=1) / size).numpy()
    return apart


def _state(network: CharCNN, asked: Asked, ids: IdMatrix, lengths: Sequence[int] | None = None) -> str:
    try:
        apart = _apart(network, asked, ids, lengths or [ids.shape[1]] * len(ids))
    except NotCompressible:
        return "fails"
    return "agrees" if bool((apart <= TOLERANCE).all()) else "differs"


def _disagreement(asked: Asked, differing: Sequence[tuple[NDArray[np.int64], float]], n_texts: int) -> str:
    ids, apart = min(differing, key=lambda pair: len(pair[0]))
    try:
        read_text_cnn(asked.module, asked.checked, asked.rows[torch.from_numpy(ids)])
        reason = _UNSEEN
    except NotCompressible as refusal:
        reason = str(refusal)
    return (
        f"on {len(differing)} of {n_texts} texts it answers otherwise; the shortest has {len(ids)} ids, and its logits "
        f"differ by {apart:.2g} of their size: {reason}"
    )
