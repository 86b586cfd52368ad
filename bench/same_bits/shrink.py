"""A text that differs, cut down to what still differs: what is left says where to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from baselines.errors import MeasurementError
from bench.same_bits.engine import Chunk, Engine
from bench.same_bits.reference import Reference

_MOST_ROUNDS, _MOST_TRIED = 40, 64


def shrunk(differs: Callable[[Sequence[str]], Sequence[bool]], text: str) -> str:
    """The text without every stretch that isn't needed, the longest stretches first.

    Args:
        differs: of each of several texts, whether it differs still.
        text: one that does.
    """
    size = max(len(text) // 2, 1)
    for _ in range(_MOST_ROUNDS):
        tried = [text[:at] + text[at + size :] for at in range(0, len(text), size)][:_MOST_TRIED]
        left = [one for one, differing in zip(tried, differs(tried), strict=True) if differing]
        if left:
            text = left[0]
        elif size == 1:
            break
        size = max(min(size if left else size // 2, len(text) // 2), 1)
    return text


def shortest(reference: Reference, engine: Engine, text: str) -> str:
    """`shrunk` of a text that an engine answers otherwise; the text itself where the engine breaks on the way."""

    def differs(texts: Sequence[str]) -> list[bool]:
        if not texts:
            return []
        wanted = reference.answer(texts).refusing(engine.limits.statuses(texts))
        return [bool(each) for each in wanted.differing(engine.answer(Chunk(texts)))]

    try:
        return shrunk(differs, text)
    except MeasurementError:
        return text
