"""The model card's sentences on how a model answers: its task, how it reads a text, and what decides."""

from __future__ import annotations

from typing import Any

from baselines.classifier import Classifier
from baselines.escaping.markdown import inline
from baselines.task import decide, unknown_answer
from baselines.text.cleaning import Cleaning
from baselines.text.readings import Reading
from baselines.text.tokenizer import Tokenizer


def task_sentence(classifier: Classifier) -> str:
    """What is answered, and by what rule."""
    space, thresholds = classifier.space_, classifier.thresholds_
    if space.task == "binary":
        negative, positive = map(inline, space.names)
        return (
            f"Classifier of short texts, task binary: the positive class {positive}, or {negative}. "
            f"It gives one probability, of {positive}, and says {positive} where that is at least {thresholds[0]:.4g}."
        )
    if space.task == "multiclass":
        return (
            f"Classifier of short texts, task multiclass: one of {len(space.classes)} classes. It gives one "
            "probability a class, which add up to 1, and says the class with the largest"
            f"{_unless(float(thresholds.max()))}."
        )
    return (
        f"Classifier of short texts, task multilabel: any of {len(space.classes)} classes, one probability each. "
        "A class is predicted where its probability reaches its threshold in `labels.json`."
    )


def _unless(least: float) -> str:
    if least > 0:
        return f", or none where that is below its threshold in `labels.json` (at most {least:.4g})"
    return "; loaded with `abstain=0.6` it says none where that is below 0.6"


def reading_lines(classifier: Classifier) -> list[str]:
    """How a text is cleaned and read, and what is said of one in which nothing is known."""
    reader = getattr(classifier, "tokenizer", None) or getattr(classifier, "vectorizer_", None)
    cleaning = getattr(reader, "cleaning", None)
    lines = []
    if cleaning is not None:
        lines.append(f"- reads: {_unit(reader)}; {_reading_said(cleaning)}")
    if classifier.space_.answers_unknown:
        return [*lines, "- a text in which it knows nothing is answered by its intercepts, marked `known: false`"]
    said = classifier.space_.said(_decided_unknown(classifier))
    answer = ", ".join(map(inline, said)) or "no class"
    return [*lines, f"- a text in which it knows nothing (empty, another script) gets: {answer}, marked `known: false`"]


def _reading_said(reading: Reading) -> str:
    if isinstance(reading, Cleaning):
        return f"cleaning: {reading.name}{', stems of words' if reading.stem else ''}"
    return f"texts read as by the model it was made of ({inline(str(reading.to_json()['reading']))})"


def _unit(reader: Any) -> str:
    if isinstance(reader, Tokenizer):
        return f"{'bytes of UTF-8' if reader.unit == 'bytes' else 'characters'}, {len(reader.alphabet)} of them known"
    return "words" if hasattr(reader, "words") else "n-grams"


def _decided_unknown(classifier: Classifier) -> Any:
    space, thresholds = classifier.space_, classifier.thresholds_
    return decide(unknown_answer(space, thresholds)[None], thresholds, space.task)[0]
