"""Records to a `Dataset`: rare classes out, the task found, the rest checked and split, and all that said in notes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from baselines.columns.texts import COMPACT_FROM
from baselines.columns.texts import kept as kept_texts
from baselines.data.checks.missing_labels import without_missing
from baselines.data.checks.rare_classes import Kept, without_rare
from baselines.data.checks.too_little import refuse_equal, too_little_notes, without_missing_texts
from baselines.data.data_options import DataOptions
from baselines.data.parting import by_part_column, deal
from baselines.data.task_choice import TaskChoice, check_labels, choose_task, without_unlabelled
from baselines.data.taxonomy import restrict
from baselines.dataset import Dataset, Origins, Part, PartName, TaxonomyEntry
from baselines.errors import DataError
from baselines.labels.records import Records, mended
from baselines.scores.judging import metric_named
from baselines.task import LabelMatrix

# Texts times classes: the labels alone take 2 GB, and probabilities of them four times as much.
MOST_CELLS = 2_000_000_000


def build_dataset(
    name: str,
    texts: Sequence[str],
    labels: Sequence[Iterable[str]],
    options: DataOptions,
    *,
    taxonomy: Sequence[TaxonomyEntry] = (),
    licence: str = "unknown",
    source: str = "",
) -> Dataset:
    """`dataset_of_records` for texts and labels without a file; errors number them from 0."""
    records = Records(source or name, texts, [list(dict.fromkeys(own)) for own in labels], range(len(texts)))
    return dataset_of_records(name, records, options, taxonomy=taxonomy, licence=licence)


def dataset_of_records(
    name: str,
    records: Records,
    options: DataOptions,
    given: Mapping[PartName, Records] = {},
    *,
    taxonomy: Sequence[TaxonomyEntry] = (),
    licence: str = "unknown",
) -> Dataset:
    """Stop at what looks wrong, drop what can't be used, find the task, split, and note what was done.

    Args:
        name: of the data set.
        records: what is split; with a given part, what is left for the others.
        options: least texts a class, seed, task, positive class, metric, and which doubts are accepted.
        given: test or validation part that was published as such.
        taxonomy: other names and parents of the classes.
        licence: of the texts.

    Raises:
        DataError: doubts that aren't accepted, all texts empty or equal, no labels at all, too few classes or texts
            left, a given part with a class that training doesn't have, or a task, positive class or metric that doesn't
            fit.
    """
    records, given = by_part_column(records, given)
    kept, notes = _settled([records, *given.values()], options)
    choice = choose_task(kept.groups, kept.counts, options)
    if options.metric:
        metric_named(options.metric, choice.task)
    everything = _part(kept, choice, options, taxonomy)
    dealt = deal(kept.groups, tuple(given), everything, options.splitting, options.seed)
    notes += [*kept.notes, *choice.notes, *dealt.notes]
    source = "; ".join([records.source, *(f"{part}: {own.source}" for part, own in given.items())])
    found = Dataset(name, everything, dealt.split, licence, source)
    notes += too_little_notes(found)
    return replace(
        found,
        notes=tuple(notes),
        task_found=choice.why,
        positive_found=choice.why_positive,
        origins=_origins(kept.groups),
        groups=dealt.groups,
        times=dealt.times,
        removed=dealt.removed,
        keeps_copies=options.splitting.copies == "keep",
    )


def _settled(groups: Sequence[Records], options: DataOptions) -> tuple[Kept, list[str]]:
    """The records that are learned from and judged by, and notes on all that was mended or left out."""
    clean = mended(groups, options.labels.merge)
    texted, text_notes = without_missing_texts(clean.groups, options)
    refuse_equal((text for own in texted for text in own.texts), groups[0].source)
    check_labels(texted, options)
    said = without_missing(texted, keep_texts=options.task == "multilabel", accepted=options.accept)
    labelled, label_notes = without_unlabelled(said.groups, options)
    kept = without_rare(labelled, options, [*clean.doubts, *said.doubts])
    return kept, [*clean.notes, *text_notes, *said.notes, *label_notes]


def _origins(groups: Sequence[Records]) -> Origins:
    rows: Sequence[int] = tuple(row for own in groups for row in own.rows)
    return Origins(
        tuple(own.source for own in groups for _ in own.rows),
        # Eight bytes a number, where a tuple takes 36.
        rows if len(rows) < COMPACT_FROM else array("q", rows),
        kept_texts([name for own in groups for name in own.ids]),
    )


def _part(kept: Kept, choice: TaskChoice, options: DataOptions, taxonomy: Sequence[TaxonomyEntry]) -> Part:
    classes = (choice.positive,) if choice.task == "binary" else tuple(kept.counts)
    texts = kept_texts([text for own in kept.groups for text in own.texts])
    _check_cells(len(texts), kept)
    labels = _matrix([names for own in kept.groups for names in own.labels], classes)
    return Part(
        texts, labels, classes, restrict(taxonomy, tuple(kept.counts)), choice.task, choice.negative, options.metric
    )


def _check_cells(n_texts: int, kept: Kept) -> None:
    """Raise DataError where yes and no of each text and class, which models are trained on, would fill the memory."""
    if n_texts * len(kept.counts) <= MOST_CELLS:
        return
    most = max(2, MOST_CELLS // n_texts)
    least = sorted(kept.counts.values(), reverse=True)[most] + 1
    raise DataError(
        f"{kept.groups[0].source}: {n_texts:,} texts of {len(kept.counts):,} classes are "
        f"{n_texts * len(kept.counts):,} answers of yes or no, at most {MOST_CELLS:,} are allowed, a byte each; "
        f"--min-texts-per-class {least} keeps the {sum(n >= least for n in kept.counts.values()):,} most frequent "
        "classes; or give fewer texts"
    )


def _matrix(labels: Sequence[Iterable[str]], classes: Sequence[str]) -> LabelMatrix:
    column = {name: index for index, name in enumerate(classes)}
    matrix = np.zeros((len(labels), len(classes)), np.bool_)
    for row, names in zip(matrix, labels, strict=True):
        row[[column[name] for name in names if name in column]] = True
    return matrix
