"""How fastText reads a line: bytes between separators are words, and `</s>` is where the line ends.

Source: fastText's dictionary (Joulin et al., 2016). Nothing is folded, no other sign separates: "don't," is one word.
A line break ends what fastText reads, and its Python package refuses one; here it separates words like a blank. A word
that is `</s>` ends the line as well, and what begins with `__label__` is the label of a training text, no word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from baselines.checked_reading import shown
from baselines.errors import ArtifactError

END, LABEL = "</s>", "__label__"
NAME = "fasttext"
_SEPARATORS = re.compile("[ \n\r\t\v\f\0]+")


@dataclass(frozen=True)
class FastTextReading:
    """A `baselines.text.readings.Reading`.

    Attributes:
        end: whether `</s>` stands behind the last word; it has a row and neighbours, but no characters.
        turned: words that begin like a label and are none, and labels of the model that don't begin like one.
        name, stem: what cards and reports say of it, as of our own cleanings.
    """

    name: ClassVar[str] = NAME
    stem: ClassVar[bool] = False
    end: bool = True
    turned: tuple[str, ...] = field(default=(), repr=False)

    def __call__(self, text: str) -> str:
        """The words with one blank between them; what isn't read is left out."""
        found = _SEPARATORS.split(text)
        if END in found:
            del found[found.index(END) :]
        # Most texts hold neither a label nor a word of the exceptions.
        if self._turned or LABEL in text:
            return " ".join(word for word in found if word and word.startswith(LABEL) == (word in self._turned))
        return " ".join(filter(None, found))

    def words(self, clean: str) -> list[str]:
        """The words of a text that is read already, and the end."""
        found = clean.split(" ") if clean else []
        return [*found, END] if self.end else found

    def to_json(self) -> dict[str, Any]:
        """For a stored vocabulary."""
        return {"reading": NAME, "end": self.end, "turned": list(self.turned)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FastTextReading:
        """The inverse of `to_json`; raises ArtifactError."""
        if set(content) != {"reading", "end", "turned"} or content["reading"] != NAME:
            raise ArtifactError(f"vocabulary: reading {NAME}: end and turned are needed, got {shown(content)}")
        end, turned = content["end"], content["turned"]
        if type(end) is not bool or not isinstance(turned, list) or not all(isinstance(word, str) for word in turned):
            raise ArtifactError(f"vocabulary: reading {NAME}: end is true or false, and turned a list of strings")
        return cls(end, tuple(turned))

    @cached_property
    def _turned(self) -> frozenset[str]:
        return frozenset(self.turned)
