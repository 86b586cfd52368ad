"""What is said of each question: labels with probabilities, whether anything was known, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from baselines.tables.stream import BadRow
from exports.answering.questions import Question
from exports.runtime.predictor import Predictor

# Texts that are answered together: enough to keep the threads busy, few enough to answer soon.
CHUNK = 256
# Parts of a label that are shown.
PARTS = 8

Json = dict[str, Any]


def answers(
    predictor: Predictor[Any], asked: Sequence[Question | BadRow], top: int | None = None, explain: bool = False
) -> Iterator[Json]:
    """One object a question, in their order.

    Args:
        predictor: of a bundle.
        asked: questions, and records that couldn't be read: those get `row` and `error`.
        top: None for what is decided, else so many of the most probable names.
        explain: add the parts of each label.

    Yields:
        `row` and `id` where the question has them, then what `exports.runtime.answer.Answer.to_json` says.
    """
    for start in range(0, len(asked), CHUNK):
        chunk = asked[start : start + CHUNK]
        texts = [question.text for question in chunk if isinstance(question, Question)]
        found = iter(predictor.answers(texts, top) if texts else ())
        for question in chunk:
            if isinstance(question, BadRow):
                yield {"row": question.number, "error": question.error}
                continue
            content = {**_place(question), **next(found).to_json()}
            if explain:
                _add_parts(predictor, question.text, content)
            yield content


def _place(question: Question) -> Json:
    place = {"row": question.row, "id": question.id}
    return {name: value for name, value in place.items() if value is not None}


def _add_parts(predictor: Predictor[Any], text: str, answer: Json) -> None:
    from exports.runtime.explain import explainer_of, taken_apart

    found = explainer_of(predictor).parts(text)
    answer["read_as"] = found.text
    for label in answer["labels"] if found.known else ():
        # What speaks for the negative side is what speaks against the positive one.
        is_class = label["class"] in predictor.classes
        column = predictor.classes.index(label["class"]) if is_class else 0
        label.update(taken_apart(found, column, PARTS, 1 if is_class else -1))
