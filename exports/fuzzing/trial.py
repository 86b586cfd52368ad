"""One trial: a folder is loaded, and what loads answers a few texts and explains them.

Right is a refusal in one sentence, or answers that are probabilities. Everything else is a finding.
"""

from __future__ import annotations

import hashlib
import json
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import UserError

TEXTS = (
    "",
    "code about the river",
    "naïve café 深度学习 😀 C++ \u202e x\u0301",
    "the old bridge, 42 times: " * 192,
    "where is 深 my coat? İ ﬁ " * 208,
)
REFUSED, LOADED, FINDING = "refused", "loaded", "finding"
# A message is one sentence: nothing of a hostile file may fill the screen.
_MOST_CHARACTERS = 2000


@dataclass(frozen=True)
class Outcome:
    """What came of one trial.

    Attributes:
        kind: REFUSED, LOADED or FINDING.
        said: the refusal, a hash of the answers, or a traceback.
    """

    kind: str
    said: str


def tried(folder: Path, artifact: bool) -> Outcome:
    """Load a bundle, or an artifact, and let it answer."""
    try:
        answers = _answers(folder, artifact)
    except UserError as error:
        return _judged(str(error))
    except MemoryError:
        return Outcome(FINDING, "MemoryError: more memory was asked for than the limit\n" + traceback.format_exc())
    except Exception:
        # Whatever a hostile file brings about that is no refusal is what is looked for.
        return Outcome(FINDING, traceback.format_exc())
    return answers


def _judged(message: str) -> Outcome:
    if len(message) > _MOST_CHARACTERS or "\n" in message.strip():
        return Outcome(FINDING, f"refused, but not in one sentence: {message!r:.3000}")
    return Outcome(REFUSED, message)


def _answers(folder: Path, artifact: bool) -> Outcome:
    model = _loaded(folder, artifact)
    probabilities = model.predict_proba(list(TEXTS))
    alone = np.concatenate([model.predict_proba([text]) for text in TEXTS[:3]])
    space = model.space if hasattr(model, "space") else model.space_
    wrong = _wrong(probabilities, len(space.classes), space.task) or _wrong(alone, len(space.classes), space.task, 3)
    if wrong:
        return Outcome(FINDING, wrong)
    if hasattr(model, "answers"):
        said = [answer.to_json() for answer in model.answers(TEXTS)]
        json.dumps(said, allow_nan=False, ensure_ascii=False).encode()
    _explained(model, space.classes)
    return Outcome(LOADED, hashlib.sha256(np.round(probabilities, 5).tobytes()).hexdigest()[:12])


def _loaded(folder: Path, artifact: bool) -> Any:
    from exports import runtime

    if not artifact:
        return runtime.load(folder)
    from baselines.storage.artifact import load
    from compress.registry import KINDS

    return load(folder, KINDS)


def _explained(model: Any, classes: tuple[str, ...]) -> None:
    from exports.runtime.explain import explain

    try:
        for text in TEXTS:
            json.dumps(explain(model, text, classes), allow_nan=False, ensure_ascii=False).encode()
    except UserError:
        # Graphs have no exact explanation.
        return


def _wrong(probabilities: Any, n_classes: int, task: str, n_texts: int = len(TEXTS)) -> str:
    """What is wrong with answers, in a sentence; "" where nothing is."""
    if not isinstance(probabilities, np.ndarray) or probabilities.shape != (n_texts, n_classes):
        return f"probabilities of shape {getattr(probabilities, 'shape', None)}, expected {(n_texts, n_classes)}"
    if probabilities.dtype != np.float32:
        return f"probabilities of type {probabilities.dtype}, expected float32"
    if not bool(((probabilities >= 0) & (probabilities <= 1)).all()):
        return f"probabilities outside 0..1: {probabilities.min()} to {probabilities.max()}"
    if task == "multiclass" and not bool((np.abs(probabilities.sum(axis=1) - 1) < 1e-2).all()):
        return f"probabilities of one class a text that add up to {probabilities.sum(axis=1)}"
    return ""
