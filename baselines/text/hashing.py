"""n-grams numbered by a hash in place of a vocabulary: as scikit-learn's `HashingVectorizer` and fastText do it.

Sources: Appleby, MurmurHash3 (2011), x86 32 bits, seed 0, over UTF-8; Fowler, Noll and Vo, FNV-1a, 32 bits, with bytes
taken as signed ones, and the running product over word hashes, as in fastText (Joulin et al., 2016).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import is_count, shown
from baselines.errors import ArtifactError

HashName = Literal["murmur3", "fnv1a", "fnv1a_words"]
MAX_BUCKETS = 1 << 31
_WORD, _ALL = (1 << 32) - 1, (1 << 64) - 1


@dataclass(frozen=True)
class Hashing:
    """How a term finds its bucket.

    Attributes:
        name: `murmur3` of the whole term; `fnv1a` of the whole term; `fnv1a_words` of its words, one after the other.
        buckets: how many there are.
        signed: a term counts +1 or -1, by the sign of its hash (`murmur3` only).
        counted: whether buckets without a row take part in a text's norm; they add nothing to its logits.
    """

    name: HashName
    buckets: int
    signed: bool = False
    counted: bool = True

    def __post_init__(self) -> None:
        if self.name not in get_args(HashName) or not is_count(self.buckets, 1, MAX_BUCKETS):
            raise ArtifactError(
                f"hashing: {', '.join(get_args(HashName))} with 1 to {MAX_BUCKETS} buckets are allowed, got "
                f"{shown(self.name)} with {shown(self.buckets)}"
            )
        if type(self.signed) is not bool or type(self.counted) is not bool or (self.signed and self.name != "murmur3"):
            raise ArtifactError(
                "hashing: signed and counted are true or false, signed with murmur3 alone; got "
                f"{shown(self.signed)} and {shown(self.counted)} with {self.name}"
            )

    def place(self, term: str) -> tuple[int, int]:
        """Bucket of a term, and what it counts there: 1 or -1."""
        if self.name == "murmur3":
            hashed = murmur3(term.encode("utf-8", "surrogatepass"))
            sign = -1 if self.signed and hashed < 0 else 1
            # As scikit-learn: the smallest number has no magnitude of its own size.
            return (2147483647 - (self.buckets - 1) if hashed == -2147483648 else abs(hashed)) % self.buckets, sign
        if self.name == "fnv1a":
            return fnv1a(term.encode("utf-8", "surrogatepass")) % self.buckets, 1
        words = [fnv1a(word.encode("utf-8", "surrogatepass")) for word in term.split(" ")]
        return chained(words) % self.buckets, 1

    def to_json(self) -> dict[str, Any]:
        """For a stored vocabulary."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, content: Any) -> Hashing:
        """The inverse of `to_json`; raises ArtifactError."""
        if not isinstance(content, Mapping) or set(content) != {"name", "buckets", "signed", "counted"}:
            raise ArtifactError(f"hashing: name, buckets, signed and counted are needed, got {shown(content)}")
        return cls(**content)


def chained(hashes: list[int]) -> int:
    """fastText's hash of neighbouring words, 64 bits; each word's 32 bits are taken as a signed number."""
    total = _signed(hashes[0]) & _ALL
    for hashed in hashes[1:]:
        total = (total * 116049371 + _signed(hashed)) & _ALL
    return total


def fnv1a(data: bytes) -> int:
    """32 bits, unsigned; bytes from 128 on are negative ones, as where `char` is signed."""
    hashed = 2166136261
    for byte in data:
        hashed = ((hashed ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & _WORD
    return hashed


def murmur3(data: bytes) -> int:
    """32 bits, signed, seed 0."""
    hashed, whole = 0, len(data) // 4 * 4
    for start in range(0, whole, 4):
        hashed ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        hashed = ((hashed << 13 | hashed >> 19) * 5 + 0xE6546B64) & _WORD
    if whole < len(data):
        hashed ^= _mixed(int.from_bytes(data[whole:], "little"))
    hashed ^= len(data)
    hashed = ((hashed ^ hashed >> 16) * 0x85EBCA6B) & _WORD
    hashed = ((hashed ^ hashed >> 13) * 0xC2B2AE35) & _WORD
    return _signed(hashed ^ hashed >> 16)


def murmur3_windows(data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """`murmur3` of many pieces of one array of bytes, each from 1 byte on; int64 (n,), signed."""
    padded = np.concatenate([data, np.zeros(3, np.uint8)])
    # Four bytes from each place on, the first one lowest.
    fours = np.zeros(len(data), np.uint32)
    for i in range(4):
        fours |= padded[i : len(data) + i].astype(np.uint32) << np.uint32(8 * i)
    hashed, whole = np.zeros(len(starts), np.uint32), sizes // 4
    for block in range(int(whole.max(initial=0))):
        own = np.flatnonzero(whole > block)
        mixed = hashed[own] ^ _mixed_many(fours[starts[own] + 4 * block])
        hashed[own] = (mixed << np.uint32(13) | mixed >> np.uint32(19)) * np.uint32(5) + np.uint32(0xE6546B64)
    own = np.flatnonzero(sizes % 4)
    rest = (np.uint32(1) << (8 * (sizes[own] % 4)).astype(np.uint32)) - np.uint32(1)
    hashed[own] ^= _mixed_many(fours[starts[own] + 4 * whole[own]] & rest)
    hashed ^= sizes.astype(np.uint32)
    hashed = (hashed ^ hashed >> np.uint32(16)) * np.uint32(0x85EBCA6B)
    hashed = (hashed ^ hashed >> np.uint32(13)) * np.uint32(0xC2B2AE35)
    return (hashed ^ hashed >> np.uint32(16)).view(np.int32).astype(np.int64)


def _mixed_many(blocks: NDArray[np.uint32]) -> NDArray[np.uint32]:
    blocks = blocks * np.uint32(0xCC9E2D51)
    return (blocks << np.uint32(15) | blocks >> np.uint32(17)) * np.uint32(0x1B873593)


def _mixed(block: int) -> int:
    block = (block * 0xCC9E2D51) & _WORD
    return ((block << 15 | block >> 17) & _WORD) * 0x1B873593 & _WORD


def _signed(word: int) -> int:
    return word - (1 << 32) if word >= 1 << 31 else word
