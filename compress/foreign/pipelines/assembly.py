"""Features and classifier together: which rows are needed, what they weigh, and what the classes are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.checked_reading import shown
from baselines.errors import ArtifactError, DataError, NotCompressible
from baselines.task import BY_TASK, LabelSpace, Link, Task
from baselines.text.ngram_settings import MAX_TERMS
from baselines.text.ngrams import MAX_IDF, NgramBlock, NgramTfidf
from baselines.text.token_reading import CharacterClass, TokenReading
from compress.foreign.pipelines.features import Block, Features, Floats
from compress.foreign.pipelines.heads import Head
from compress.foreign.pipelines.refusal import refused
from compress.kinds.adopted_linear import MAX_WEIGHTS, AdoptedLinear

SHARES = Link("logistic_shares")


def assembled(features: Features, head: Head, space: LabelSpace) -> AdoptedLinear:
    """One linear model that computes what both compute one after the other.

    Raises:
        NotCompressible: more rows than a model may have.
    """
    weights, added = features.folded(head.weights)
    intercept = head.intercept + added
    if space.task == "multiclass" and len(weights) == 1:
        weights, intercept = np.concatenate([-weights, weights]) / 2, np.concatenate([-intercept, intercept]) / 2
    if head.meaning == "together":
        # What all classes share changes no softmax, and float32 holds what is left.
        weights, intercept = weights - weights.mean(axis=0), intercept - intercept.mean()
    blocks, kept = _rows(features.blocks, weights)
    weights = weights[:, kept]
    if not 1 <= weights.shape[1] <= MAX_TERMS or weights.size > MAX_WEIGHTS:
        raise refused(
            "pipeline",
            f"{weights.shape[1]:,} n-grams of {len(weights)} classes; 1 to {MAX_TERMS:,} n-grams and {MAX_WEIGHTS:,} "
            "weights are allowed",
            "use fewer (max_features, min_df, a feature selection in front of the norm)",
        )
    if any(np.abs(block.idf).max(initial=0) > MAX_IDF for block in blocks):
        raise refused("pipeline", f"an n-gram's factor above {MAX_IDF:g}", "leave out the scaling")
    link = SHARES if head.meaning == "shares" else BY_TASK
    try:
        made = AdoptedLinear.of(_vectorizer(blocks), weights, intercept, space, link)
    except ArtifactError as error:
        raise NotCompressible(f"adopt: {error}") from None
    if space.task != "multiclass":
        # scikit-learn needs more than an even chance, also where nothing speaks for or against.
        made.thresholds_ = np.nextafter(made.thresholds_, np.float32(1), dtype=np.float32)
    return made


def space_of(head: Head, classes: Sequence[str] | None, task: Task | None) -> LabelSpace:
    """What can be answered; classes that are numbers become strings.

    Args:
        head: the classifier.
        classes: names to use instead, in the order of the classifier's `classes_`.
        task: None takes what the classifier answers; `multiclass` lets two classes be two.
    """
    natural: Task = "multilabel" if head.several else "binary" if head.is_binary else "multiclass"
    if task not in (None, natural) and not (task == "multiclass" and natural == "binary"):
        raise refused(
            "pipeline", f"it answers task {natural}, {task} was asked for", f"leave out task, or say {natural}"
        )
    names = [str(name) for name in (head.classes if classes is None else classes)]
    if len(names) != len(head.classes):
        given = ", ".join(map(str, head.classes[:6]))
        raise refused(
            "pipeline",
            f"{len(names)} names for its {len(head.classes)} classes ({given}…)",
            "name all of them in its order, of two classes the one that isn't positive first",
        )
    try:
        if (task or natural) == "binary":
            space = LabelSpace((names[1],), "binary", names[0], answers_unknown=True)
        else:
            space = LabelSpace(tuple(names), task or natural, answers_unknown=True)
        return LabelSpace.from_json(space.to_json())
    except (ArtifactError, DataError) as error:
        raise refused("pipeline", f"its classes {shown(str(names[:6]))}: {error}", "name the classes") from None


def _rows(blocks: Sequence[Block], weights: Floats) -> tuple[list[Block], NDArray[Any]]:
    """The blocks without the rows that change nothing, and which rows stay."""
    weighs: NDArray[np.bool_] = np.asarray(weights.any(axis=0))
    made, kept, start = list(blocks), [], 0
    alone = {place for place, block in enumerate(blocks) if not block.settings.joined}
    alone -= {place - 1 for place, block in enumerate(blocks) if block.settings.joined}
    for place, block in enumerate(blocks):
        own = weighs[start : start + len(block)]
        keep = np.ones(len(block), bool)
        if block.settings.norm == "none":
            keep = own
            if block.hashing is not None:
                block = replace(block, hashing=replace(block.hashing, counted=False))
        elif block.hashing is not None and block.hashing.counted:
            # Without a row a bucket counts as itself in the norm, so its factor has to be 1.
            rest = block.idf[~own]
            if place in alone and len(rest) and rest[0] > 0 and (rest == rest[0]).all():
                block = replace(block, idf=block.idf / rest[0])
            keep = own | (block.idf != 1)
        numbers = np.flatnonzero(keep)
        made[place] = _cut(block, numbers)
        kept.append(start + numbers)
        start += len(block)
    found = np.concatenate(kept)
    if not len(found) and start:  # a model that says the same of every text still has a row
        made[0], found = _cut(blocks[0], np.array([0])), np.array([0])
    return made, found


def _cut(block: Block, numbers: NDArray[Any]) -> Block:
    cut = block.only(numbers)
    return cut if block.hashing is None else replace(cut, hashing=block.hashing)


def _vectorizer(blocks: Sequence[Block]) -> NgramTfidf:
    """The blocks as they are stored, with one reading for all that can share it."""
    readings = _shared([block.reading for block in blocks])
    made = [
        NgramBlock(
            block.settings,
            block.terms,
            block.idf,
            block.hashing,
            None if block.hashing is None else block.buckets,
            None if reading == readings[0] else reading,
        )
        for block, reading in zip(blocks, readings, strict=True)
    ]
    return NgramTfidf(readings[0], tuple(made))


def _shared(readings: Sequence[TokenReading]) -> list[TokenReading]:
    """Readings by which words and characters can both be read become one, so that a text is read once."""
    found = list(readings)
    for place, reading in enumerate(found):
        for other in found:
            same = (reading.lower, reading.accents) == (other.lower, other.accents)
            if not same or reading.shapes or not other.shapes:
                continue
            if not reading.squeeze:  # runs without blanks: squeezed or not, they are the same
                found[place] = other
            elif not any(_may_read_blanks(each) for shape in other.shapes for each in (*shape.heads, shape.tail)):
                found[place] = replace(other, squeeze=True)
                found = [found[place] if each == other else each for each in found]
            break
    return found


def _may_read_blanks(characters: CharacterClass | None) -> bool:
    if characters is None:
        return False
    if characters.negated:
        return not {"s", "W"} & set(characters.names)
    return bool(set(characters.names) & set("sWD")) or any(
        any(chr(code).isspace() for code in range(low, min(high, 0x3001) + 1)) for low, high in characters.ranges
    )
