"""Texts that differ are cut down to what still differs, in few tries."""

from __future__ import annotations

from collections.abc import Sequence

from bench.same_bits.shrink import shrunk


def test_what_isnt_needed_goes() -> None:
    asked: list[int] = []

    def differs(texts: Sequence[str]) -> list[bool]:
        asked.append(len(texts))
        return ["é" in text and "!" in text for text in texts]

    assert shrunk(differs, "a long text with é somewhere, and then more of it! And a second sentence.") == "é!"
    assert len(asked) < 40
    assert max(asked) <= 64


def test_what_is_needed_stays() -> None:
    assert shrunk(lambda texts: [False] * len(texts), "as it was") == "as it was"
    assert shrunk(lambda texts: [True] * len(texts), "nothing is needed") == ""
    assert shrunk(lambda texts: [text.count("a") >= 3 for text in texts], "a" * 5000).count("a") < 5000
