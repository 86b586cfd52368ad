"""Words to ids where torch can't be imported: the same ids as `baselines.models.rnn.WordTokenizer`, as a test makes
sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import is_count, shown
from baselines.errors import ArtifactError
from baselines.task import Known
from baselines.text.cleaning import Cleaning
from baselines.text.tokenizer import UNKNOWN_ID

MAX_WORDS = 1 << 21
MAX_TOKENS = 1 << 20
_FIELDS = {"words", "max_tokens", "cleaning", "stem"}


class WordReader:
    """The first `max_tokens` cleaned words of a text; the word at position `i` of the vocabulary has id `i + 2`.

    Attributes:
        max_tokens: words read of a text.
    """

    def __init__(self, content: Any) -> None:
        found = content if isinstance(content, dict) else {}
        words, most = found.get("words"), found.get("max_tokens")
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words) or len(words) > MAX_WORDS:
            raise ArtifactError(f"vocabulary.json: a list of at most {MAX_WORDS} strings is needed under `words`")
        if len(set(words)) != len(words):
            raise ArtifactError("vocabulary.json: words: each may stand there once")
        if type(most) is not int or not is_count(most, 1, MAX_TOKENS):
            raise ArtifactError(f"vocabulary.json: max_tokens of 1 to {MAX_TOKENS} is needed, got {shown(most)}")
        if unknown := sorted(set(found) - _FIELDS):
            raise ArtifactError(f"vocabulary.json: {', '.join(sorted(_FIELDS))} are allowed, got {shown(unknown[0])}")
        self._ids = {word: position + 2 for position, word in enumerate(words)}
        self.max_tokens: int = most
        try:
            self._cleaning = Cleaning.from_json(content)
        except ArtifactError as error:
            raise ArtifactError(f"vocabulary.json: {error}") from None

    @property
    def n_ids(self) -> int:
        """Number of ids, padding and unknown included."""
        return len(self._ids) + 2

    def encode_batch(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Ids (L,) of each text; L = 0 for a text without words."""
        find, most, clean = self._ids.get, self.max_tokens, self._cleaning
        return [
            np.array([find(word, UNKNOWN_ID) for word in clean.words(clean(text))[:most]], np.int64) for text in texts
        ]

    def known_batch(self, encoded: Sequence[NDArray[np.int64]]) -> Known:
        """Whether any word of each text is known; (n_texts,)."""
        return np.array([(ids > UNKNOWN_ID).any() for ids in encoded], np.bool_)
