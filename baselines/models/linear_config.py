"""What a linear model reads of a text, and how it is fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from baselines.models.one_vs_rest import SolverName
from baselines.storage.configs import CheckedFields, check_candidates
from baselines.storage.ranges import Between, Count, Length, Penalty
from baselines.streaming.rows import learn_noted
from baselines.text.cleaning import Cleaning, CleaningName
from baselines.text.ngram_settings import Analyzer, NgramSettings
from baselines.text.ngrams import NgramTfidf

Loss = Literal["logistic", "hinge"]
# Of an n-gram of characters.
_Length = Annotated[int, Between(0, 20)]


@dataclass(frozen=True)
class LinearConfig(CheckedFields):
    """Features and fit; the defaults are the tuned model.

    Attributes:
        loss: `logistic` regression, or squared `hinge` (linear SVM).
        C: inverse strength of the L2 penalty, > 0.
        balanced: weigh positives and negatives of each class inversely to their number.
        penalise_intercept: the penalty covers the intercept too (liblinear's way, twice as fast); else L-BFGS. Of no
            account where the solver is dual ascent: so many texts outweigh the penalty of one number.
        solver: `exact` goes on until nothing changes, a class after the other; `ascent` passes over the texts a few
            times, all classes at once (`baselines.streaming.dual_ascent`), in time that is linear in the texts; `auto`
            takes the first up to `EXACT_WORK` texts times classes.
        buckets: rows of each block of n-grams where texts come chunk by chunk and n-grams are hashed.
        word_high: words are read up to this n; at least 1.
        characters: smallest and largest n of the character n-grams; (0, 0) for none.
        across_words: whether character n-grams go on over blanks, else they stay inside words.
        min_texts: training texts that must hold a word n-gram, and a character n-gram.
        sublinear: 1 + ln(tf) in place of tf.
        cleaning: of the texts, see `baselines.text.cleaning`.
        stem: whether cleaning stems; without effect on raw, so that both can be tuned side by side.
        max_iterations: of the solver, for each class.
        threads: classes fitted side by side.
        candidates: sets of fields to replace; the set that is best on validation is taken, the first without one.
    """

    loss: Loss = "logistic"
    C: Penalty = 10.0
    balanced: bool = True
    penalise_intercept: bool = True
    solver: SolverName = "auto"
    buckets: Annotated[int, Between(1024, 1 << 20)] = 1 << 18
    word_high: Annotated[int, Between(1, 10)] = 2
    characters: tuple[_Length, _Length] = (2, 5)
    across_words: bool = False
    min_texts: tuple[Count, Count] = (1, 2)
    sublinear: bool = True
    cleaning: CleaningName = "words"
    stem: bool = False
    max_iterations: Count = 1000
    threads: Annotated[int, Between(1, 1024)] = 1
    candidates: Annotated[tuple[Mapping[str, Any], ...], Length(0, 100)] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = self.characters
        if low > high or (high and not low):
            raise ValueError(
                f"characters: expected a smallest and a largest n from 1 on, or 0 and 0; got {low}, {high}"
            )
        check_candidates(self)

    @property
    def blocks(self) -> list[NgramSettings]:
        """Which n-grams are read."""
        shortest = shortest_word(self.cleaning)
        settings = [NgramSettings("word", 1, self.word_high, self.min_texts[0], self.sublinear, shortest)]
        if self.characters[1]:
            analyzer: Analyzer = "char" if self.across_words else "char_wb"
            settings.append(NgramSettings(analyzer, *self.characters, self.min_texts[1], self.sublinear))
        return settings

    @property
    def reading(self) -> Cleaning:
        """How texts are cleaned."""
        return Cleaning(self.cleaning, self.stem and self.cleaning != "raw")

    def learn_vocabulary(self, texts: Sequence[str]) -> NgramTfidf:
        """The features of training texts."""
        return learn_noted(texts, self.reading, self.blocks)


def shortest_word(cleaning: CleaningName) -> int:
    """Letters of the shortest word that is read: 2 as in the course, 1 where symbols and Chinese are words too."""
    return 2 if cleaning in ("course", "letters") else 1
