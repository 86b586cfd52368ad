"""Sentences in many scripts, other readings written the plain way, and the file that `fuzz_reader bench` reads.

The file, for the time of one text in C: `python -m tests.cases.reader_case > FILE`.
"""

from __future__ import annotations

import re
import struct
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.text.cleaning import STOP_WORDS, Cleaning
from exports.kernel import unicode_pages
from exports.kernel.reading import stored_form

# As people write them: composed, their marks in the order that keyboards give. Of about 112 characters each.
_LINES = (Path(__file__).parent / "golden" / "sentences.txt").read_text(encoding="utf-8").splitlines()
SENTENCES: dict[str, str] = dict(line.split("\t") for line in _LINES)  # type: ignore[misc]


class TokensByHand:
    """scikit-learn's reading from its stored form, by `re` and `unicodedata` alone."""

    def __init__(self, shapes: Sequence[dict[str, Any]] = (), **changed: Any) -> None:
        whole = {"lower": True, "accents": "", "squeeze": False, "stop_words": []}
        self._stored = {"reading": "tokens", **whole, "shapes": list(shapes), **changed}
        self._pattern = re.compile("|".join(map(_expression, shapes)))

    def __call__(self, text: str) -> str:
        stored = self._stored
        text = text.lower() if stored["lower"] else text
        if stored["accents"]:
            apart = unicodedata.normalize("NFKD", text)
            drops = str.isascii if stored["accents"] == "ascii" else lambda char: not unicodedata.combining(char)
            text = text if text.isascii() else "".join(char for char in apart if drops(char))
        return re.sub(r"\s\s+", " ", text) if stored["squeeze"] else text

    def words(self, clean: str) -> list[str]:
        if not self._stored["shapes"]:
            return []
        return [word for word in self._pattern.findall(clean) if word not in self._stored["stop_words"]]

    def to_json(self) -> dict[str, Any]:
        return self._stored


def char_class(names: str = "", ranges: Sequence[tuple[int, int]] = (), negated: bool = False) -> dict[str, Any]:
    return {"names": names, "ranges": [list(each) for each in ranges], "negated": negated}


def shape(
    heads: Sequence[dict[str, Any]], tail: dict[str, Any] | None, least: int = 0, most: int = 0, *bounds: bool
) -> dict[str, Any]:
    before, after = bounds or (False, False)
    stored = {"heads": list(heads), "tail": tail, "least": least, "most": most}
    return {**stored, "bound_before": before, "bound_after": after}


def _expression(stored: dict[str, Any]) -> str:
    def one(each: dict[str, Any]) -> str:
        ranges = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in each["ranges"])
        return f"[{'^' * each['negated']}{''.join(f'{chr(92)}{name}' for name in each['names'])}{ranges}]"

    tail = f"{one(stored['tail'])}{{{stored['least']},{stored['most'] or ''}}}" if stored["tail"] else ""
    bounds = (r"\b" * stored["bound_before"], r"\b" * stored["bound_after"])
    return bounds[0] + "".join(map(one, stored["heads"])) + tail + bounds[1]


WORD = char_class("w")
# scikit-learn's default: two letters and more.
USUAL = shape([WORD], WORD, 1, 0, True, True)


class LinesByHand:
    """fastText's reading from its stored form."""

    def __init__(self, end: bool = True, turned: Sequence[str] = ()) -> None:
        self._stored = {"name": "fasttext", "end": end, "turned": list(turned)}

    def __call__(self, text: str) -> str:
        words = re.split("[ \n\r\t\v\f\0]+", text)
        words = words[: words.index("</s>")] if "</s>" in words else words
        return " ".join(w for w in words if w and w.startswith("__label__") == (w in self._stored["turned"]))

    def words(self, clean: str) -> list[str]:
        return [*filter(None, clean.split(" ")), *["</s>"] * self._stored["end"]]

    def to_json(self) -> dict[str, Any]:
        return self._stored


def bench_group(reading: Any, texts: Sequence[str]) -> bytes:
    """One group of the file: a reader, the pages of the texts, the texts."""
    scheme, alternatives, (stop_words, stop_ends), point_of = stored_form(reading.to_json())
    numbers = sorted({ord(char) >> 8 for text in texts for char in text} | {0}) if point_of else []
    counts = len(alternatives), len(stop_words), len(stop_ends) // 4, len(numbers), len(texts)
    parts = [struct.pack("=6I", scheme, *counts), alternatives, stop_words, stop_ends]
    for number in numbers:
        points, pieces = unicode_pages.page(number, point_of)
        parts += [struct.pack("=2I", number, len(pieces) // 12), points, pieces]
    for text in texts:
        spelled = text.encode("utf-8")
        parts += [struct.pack("=I", len(spelled)), spelled]
    return b"".join(parts)


def main() -> None:
    """Every cleaning and every sentence, to standard output."""
    tokens = TokensByHand([USUAL]), TokensByHand([USUAL], stop_words=sorted(STOP_WORDS)), TokensByHand(squeeze=True)
    for reading in (*map(Cleaning, ("words", "raw", "letters", "course")), *tokens, LinesByHand()):
        sys.stdout.buffer.write(bench_group(reading, [sentence[:112] for sentence in SENTENCES.values()]))


if __name__ == "__main__":
    main()
