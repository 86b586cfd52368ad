"""Characters to ids: one implementation for training, inference and export.

Id 0 is padding, id 1 any character unseen in training. Ids fit in one byte, so an alphabet holds at most 254
characters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning

PAD_ID = 0
UNKNOWN_ID = 1
_DEFAULT_CLEANING = Cleaning()
MAX_CHARACTERS = 254

Ids = NDArray[np.uint8]


@dataclass(frozen=True)
class Tokenizer:
    """Cleans a text and maps its characters to ids.

    Attributes:
        alphabet: the known characters; the character at position `i` has id `i + 2`.
        cleaning: how a text is cleaned before its characters are read.
    """

    alphabet: str
    cleaning: Cleaning = _DEFAULT_CLEANING

    def __post_init__(self) -> None:
        if len(set(self.alphabet)) != len(self.alphabet) or len(self.alphabet) > MAX_CHARACTERS:
            raise ArtifactError(
                f"alphabet: at most {MAX_CHARACTERS} distinct characters are allowed, got {len(self.alphabet)} "
                f"of which {len(set(self.alphabet))} are distinct"
            )

    @classmethod
    def learn(cls, texts: Iterable[str], *, min_count: int = 10, cleaning: Cleaning = _DEFAULT_CLEANING) -> Tokenizer:
        """Build the alphabet from the characters that occur at least `min_count` times in the cleaned texts."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(cleaning(text))
        frequent = [char for char, n in counts.most_common(MAX_CHARACTERS) if n >= min_count]
        return cls("".join(sorted(frequent)), cleaning)

    @property
    def n_ids(self) -> int:
        """Number of ids V, padding and unknown included."""
        return len(self.alphabet) + 2

    @cached_property
    def _by_byte(self) -> bytes:
        table = bytearray([UNKNOWN_ID] * 256)
        for position, char in enumerate(self.alphabet):
            if ord(char) < 128:
                table[ord(char)] = position + 2
        return bytes(table)

    @cached_property
    def _by_code_point(self) -> Ids:
        table = np.full(0x110000, UNKNOWN_ID, np.uint8)
        for position, char in enumerate(self.alphabet):
            table[ord(char)] = position + 2
        return table

    def encode(self, text: str) -> Ids:
        """Ids of one text after cleaning; uint8 of shape (L,), L = 0 for a text without words."""
        clean = self.cleaning(text)
        if clean.isascii():
            return np.frombuffer(clean.encode("ascii").translate(self._by_byte), np.uint8)
        # "surrogatepass": a lone surrogate is an unseen character, not a crash.
        points = np.frombuffer(clean.encode("utf-32-le", "surrogatepass"), np.uint32)
        return self._by_code_point[points]

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        """Ids of each text, in order."""
        return [self.encode(text) for text in texts]

    def to_json(self) -> dict[str, Any]:
        """The content of `alphabet.json`."""
        return {"alphabet": self.alphabet, "stop_words": self.cleaning.stop_words, "stem": self.cleaning.stem}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Tokenizer:
        """Read the content of `alphabet.json`; raises ArtifactError when a field is missing or of another type."""
        try:
            alphabet, stop, stem = content["alphabet"], content["stop_words"], content["stem"]
        except (KeyError, TypeError) as error:
            raise ArtifactError(f"alphabet.json: missing field {error}; allowed: alphabet, stop_words, stem") from None
        if not isinstance(alphabet, str) or not isinstance(stop, bool) or not isinstance(stem, bool):
            raise ArtifactError("alphabet.json: alphabet must be a string, stop_words and stem true or false")
        return cls(alphabet, Cleaning(stop_words=stop, stem=stem))


def pad(batch: Sequence[Ids], *, min_length: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Stack ids of several texts.

    Returns:
        ids (B, L) padded with `PAD_ID` on the right, and the lengths (B,) before padding.
    """
    lengths = np.array([len(ids) for ids in batch], np.int64)
    longest = int(lengths.max(initial=min_length))
    out = np.full((len(batch), max(longest, min_length)), PAD_ID, np.int64)
    for row, ids in zip(out, batch, strict=True):
        row[: len(ids)] = ids
    return out, lengths
