"""Characters, or bytes, to ids: one implementation for training, inference and export.

Id 0 is padding, id 1 anything unseen in training. Ids fit in one byte, so an alphabet holds at most 254 characters.
Where a language has more, the **unit** is a byte of the text's UTF-8, of which there are never more than 243.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import shown
from baselines.errors import ArtifactError
from baselines.text.cleaning import Cleaning

Unit = Literal["characters", "bytes"]
UNITS: tuple[Unit, ...] = get_args(Unit)
PAD_ID = 0
UNKNOWN_ID = 1
_DEFAULT_CLEANING = Cleaning()
MAX_CHARACTERS = 254
# Share of all characters that an alphabet must cover, or bytes are read.
LEAST_COVERED = 0.995

Ids = NDArray[np.uint8]


@dataclass(frozen=True)
class Tokenizer:
    """Cleans a text and maps its characters, or the bytes of its UTF-8, to ids.

    Attributes:
        alphabet: the known characters; the character at position `i` has id `i + 2`. Of bytes, it holds
            characters below U+0100 that stand for one byte value each.
        cleaning: how a text is cleaned before its characters are read.
        unit: what one id stands for.
    """

    alphabet: str
    cleaning: Cleaning = _DEFAULT_CLEANING
    unit: Unit = "characters"

    def __post_init__(self) -> None:
        if len(set(self.alphabet)) != len(self.alphabet) or len(self.alphabet) > MAX_CHARACTERS:
            raise ArtifactError(
                f"alphabet: at most {MAX_CHARACTERS} distinct characters are allowed, got {len(self.alphabet)} "
                f"of which {len(set(self.alphabet))} are distinct"
            )
        if self.unit not in UNITS:
            raise ArtifactError(f"unit: {' and '.join(UNITS)} are allowed, got {shown(self.unit)}")
        if self.unit == "bytes" and max(self.alphabet, default="") > "\xff":
            raise ArtifactError(f"alphabet: bytes are characters below U+0100, got {max(self.alphabet)!r}")

    @classmethod
    def learn(
        cls,
        texts: Iterable[str],
        *,
        min_count: int = 10,
        cleaning: Cleaning = _DEFAULT_CLEANING,
        unit: Unit | None = None,
    ) -> Tokenizer:
        """Build the alphabet from what occurs at least `min_count` times in the cleaned texts, or else from all of it.

        Args:
            texts: to learn from.
            min_count: times; a set so small that nothing occurs as often takes what occurs at all.
            cleaning: of the texts.
            unit: None takes bytes where the 254 most frequent characters are less than 99.5 % of all.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(cleaning(text))
        if unit is None:
            covered = sum(n for _, n in counts.most_common(MAX_CHARACTERS))
            unit = "characters" if covered >= LEAST_COVERED * counts.total() else "bytes"
        if unit == "bytes":
            counts = _bytes_of(counts)
        common = counts.most_common(MAX_CHARACTERS)
        frequent = [char for char, n in common if n >= min_count] or [char for char, _ in common]
        return cls("".join(sorted(frequent)), cleaning, unit)

    @property
    def n_ids(self) -> int:
        """Number of ids V, padding and unknown included."""
        return len(self.alphabet) + 2

    @property
    def space_id(self) -> int:
        """Id of the space; that of the unknown where the alphabet has none."""
        return self.alphabet.find(" ") + 2 if " " in self.alphabet else UNKNOWN_ID

    @cached_property
    def by_byte(self) -> bytes:
        """256 ids, one for each byte of a cleaned text's UTF-8; of characters, those of ASCII only."""
        table = bytearray([UNKNOWN_ID] * 256)
        for position, char in enumerate(self.alphabet):
            if ord(char) < (256 if self.unit == "bytes" else 128):
                table[ord(char)] = position + 2
        return bytes(table)

    @cached_property
    def _by_code_point(self) -> Ids:
        table = np.full(0x110000, UNKNOWN_ID, np.uint8)
        for position, char in enumerate(self.alphabet):
            table[ord(char)] = position + 2
        return table

    def encode(self, text: str) -> Ids:
        """Ids of one text after cleaning; uint8 of shape (L,), L = 0 for a text of which nothing is left."""
        return self._ids(self.cleaning(text))

    def _ids(self, clean: str) -> Ids:
        if self.unit == "bytes" or clean.isascii():
            return np.frombuffer(clean.encode("utf-8").translate(self.by_byte), np.uint8)
        return self._by_code_point[np.frombuffer(clean.encode("utf-32-le"), np.uint32)]

    def encode_batch(self, texts: Sequence[str]) -> list[Ids]:
        """Ids of each text, in order."""
        return [self.encode(text) for text in texts]

    def spans(self, text: str) -> tuple[str, NDArray[np.intp]]:
        """The cleaned text, and for each id the position of its character in it; (L,). A character's bytes share it."""
        clean = self.cleaning(text)
        if self.unit == "characters":
            return clean, np.arange(len(clean))
        leads = np.frombuffer(clean.encode("utf-8"), np.uint8) & 0xC0 != 0x80
        return clean, np.cumsum(leads) - 1

    def known(self, ids: Ids) -> bool:
        """Whether anything in a text is known: an id that is neither padding, unknown nor the space."""
        return bool(self.known_batch([ids])[0])

    def known_batch(self, encoded: Sequence[Ids]) -> NDArray[np.bool_]:
        """`known` of each text; (n_texts,)."""
        says = np.ones(256, bool)
        says[[PAD_ID, UNKNOWN_ID, self.space_id]] = False
        # One id of padding more for each text, so that none is empty where its run begins.
        flat = np.concatenate([np.zeros(0, np.uint8), *(part for ids in encoded for part in (ids, _PADDING))])
        ends = np.cumsum([len(ids) + 1 for ids in encoded], dtype=np.intp)
        counts = np.cumsum(says[flat], dtype=np.intp)[ends - 1]
        return np.diff(counts, prepend=0) > 0

    def to_json(self) -> dict[str, Any]:
        """The content of `alphabet.json`."""
        return {"alphabet": self.alphabet, **self.cleaning.to_json(), "unit": self.unit}

    @classmethod
    def from_json(cls, content: Any) -> Tokenizer:
        """Read the content of `alphabet.json`; raises ArtifactError when a field is missing or of another type."""
        if not isinstance(content, dict) or set(content) != _FIELDS:
            got = ", ".join(sorted(content)) if isinstance(content, dict) else content
            missing = sorted(_FIELDS - set(content))[:1] if isinstance(content, dict) else []
            raise ArtifactError(
                f"alphabet.json: {', '.join(sorted(_FIELDS))} are needed, and nothing else"
                f"{f'; missing field {missing[0]!r}' if missing else ''}, got {shown(got)}"
            )
        alphabet, unit = content["alphabet"], content["unit"]
        if not isinstance(alphabet, str) or not isinstance(unit, str):
            raise ArtifactError("alphabet.json: alphabet and unit must be strings")
        try:
            return cls(alphabet, Cleaning.from_json(content), unit)  # type: ignore[arg-type]  # the constructor checks it
        except ArtifactError as error:
            raise ArtifactError(f"alphabet.json: {error}") from None


_FIELDS = {"alphabet", "cleaning", "stem", "unit"}
_PADDING = np.zeros(1, np.uint8)


def _bytes_of(counts: Counter[str]) -> Counter[str]:
    """Characters' counts to those of their bytes, written as characters below U+0100."""
    found: Counter[str] = Counter()
    for char, n in counts.items():
        for byte in char.encode("utf-8"):
            found[chr(byte)] += n
    return found


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
