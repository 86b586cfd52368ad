"""The calibrated average of several models' answers: one weight, slope and offset a member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import is_share
from baselines.errors import ArtifactError
from baselines.scores.calibration import log_odds, log_shares, logistic, softmax
from baselines.task import Probabilities, Task

Floats = NDArray[np.float64]

# Of a bundle: each has three or four files there, and a folder of a few files can be looked through.
MOST_MEMBERS = 16
_FIELDS = {"member", "weight", "slope", "offset"}
# Logits are at most some tens, so that this much more is still a number.
_STEEPEST = 1e12
# Weights are sums of few float64; what is further from 1 was no mixture.
_OFF = 1e-6


@dataclass(frozen=True)
class Share:
    """How one member enters the average: its weight, and Platt's slope and offset."""

    weight: float
    slope: float
    offset: float


def averaged(shares: Sequence[Share], answers: Sequence[Probabilities], task: Task) -> Probabilities:
    """Weighted average of calibrated answers.

    Args:
        shares: one a member.
        answers: float32 (n_texts, n_classes) of each member, in the same order.
        task: says the scale that logits are calibrated on.

    Returns:
        float32 (n_texts, n_classes) in [0, 1].
    """
    total = np.zeros(answers[0].shape)
    for share, own in zip(shares, answers, strict=True):
        total += share.weight * linked(share.slope * logits_of(own, task) + share.offset, task)
    return total.clip(0, 1).astype(np.float32)


def logits_of(probabilities: Probabilities, task: Task) -> Floats:
    """float64 logits that `linked` undoes."""
    return log_shares(probabilities) if task == "multiclass" else log_odds(probabilities)


def linked(logits: Floats, task: Task) -> Floats:
    """float64 probabilities of the task."""
    return softmax(logits) if task == "multiclass" else logistic(logits)


def shares_to_json(names: Sequence[str], shares: Sequence[Share]) -> dict[str, Any]:
    """Shares with the names of their members."""
    return {"shares": [{"member": name, **vars(share)} for name, share in zip(names, shares, strict=True)]}


def shares_from_json(content: Any) -> tuple[tuple[str, ...], tuple[Share, ...]]:
    """The inverse of `shares_to_json`: names and shares; raises ArtifactError."""
    found = content.get("shares") if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) and set(each) == _FIELDS for each in found):
        raise ArtifactError(f"shares: a list of {', '.join(sorted(_FIELDS))} is needed")
    for each in found:
        steep = [each[name] for name in ("slope", "offset")]
        if not is_share(each["weight"]) or not all(type(n) in (int, float) and abs(n) <= _STEEPEST for n in steep):
            raise ArtifactError(f"weights between 0 and 1 are needed, slopes and offsets up to {_STEEPEST:g}")
        if not isinstance(each["member"], str):
            raise ArtifactError("shares: each names its member")
    shares = tuple(Share(float(s["weight"]), float(s["slope"]), float(s["offset"])) for s in found)
    if abs(sum(share.weight for share in shares) - 1) > _OFF:
        raise ArtifactError(f"weights must add up to 1, got {sum(share.weight for share in shares):.6g}")
    return tuple(each["member"] for each in found), shares
