"""Records to a `Dataset`: rare classes out, the task found, the rest checked and split, and all that said in notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from baselines.data.data_options import DataOptions
from baselines.data.parting import by_part_column, deal
from baselines.data.task_choice import TaskChoice, check_labels, choose_task, listed, one_label_each, one_sided
from baselines.data.taxonomy import restrict
from baselines.dataset import Dataset, Origins, Part, PartName, TaxonomyEntry
from baselines.errors import DataError
from baselines.labels.records import Records, mended
from baselines.scores.judging import metric_named
from baselines.task import LabelMatrix

MIN_TEXTS = 3


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
    """Drop classes with too few texts, find the task, check that enough is left, split, and note what was done.

    Args:
        name: of the data set.
        records: what is split; with a given part, what is left for the others.
        options: least texts a class, seed, task, positive class and metric; the rest was for the readers.
        given: test or validation part that was published as such.
        taxonomy: other names and parents of the classes.
        licence: of the texts.

    Raises:
        DataError: all texts empty, no labels at all, too few classes or texts left, a given part with a class that
            training doesn't have, or a task, positive class or metric that doesn't fit.
    """
    records, given = by_part_column(records, given)
    groups, notes = mended([records, *given.values()])
    check_labels(groups, options)
    kept = _without_rare(groups, options)
    choice = choose_task(kept.groups, kept.counts, options)
    if options.metric:
        metric_named(options.metric, choice.task)
    everything = _part(kept, choice, options, taxonomy)
    dealt = deal(kept.groups, tuple(given), everything, options.splitting, options.seed)
    notes += [*kept.notes, *choice.notes, *dealt.notes]
    source = "; ".join([records.source, *(f"{part}: {own.source}" for part, own in given.items())])
    found = Dataset(name, everything, dealt.split, licence, source, tuple(notes + _row_notes(everything)))
    return replace(
        found,
        task_found=choice.why,
        positive_found=choice.why_positive,
        origins=_origins(kept.groups),
        groups=dealt.groups,
        times=dealt.times,
        removed=dealt.removed,
        keeps_copies=options.splitting.copies == "keep",
    )


def _origins(groups: Sequence[Records]) -> Origins:
    return Origins(
        tuple(own.source for own in groups for _ in own.rows),
        tuple(row for own in groups for row in own.rows),
        tuple(name for own in groups for name in own.ids),
    )


@dataclass(frozen=True)
class _Kept:
    """Records without their rare classes, the classes that are left with their texts in training, and what to say."""

    groups: Sequence[Records]
    counts: Mapping[str, int]
    notes: Sequence[str]


def _without_rare(groups: Sequence[Records], options: DataOptions) -> _Kept:
    least = options.min_texts_per_class or MIN_TEXTS
    train = groups[0]
    counts = Counter(name for names in train.labels for name in names)
    _check_given(groups[1:], counts, train.source)
    kept = {name: counts[name] for name in sorted(counts) if counts[name] >= least}
    _check_enough(kept, train, least, options, one_sided(groups, options))
    dropped = sorted(set(counts) - set(kept))
    if not dropped:
        return _Kept(groups, kept, [])
    notes = [f"dropped {listed(dropped)}: fewer than {least} texts each"]
    if options.task != "multilabel" and one_label_each(groups):
        # Of texts with one label each, nothing is left to say about these.
        whole = [own.take([i for i, (name,) in enumerate(own.labels) if name in kept]) for own in groups]
        out = ", ".join(
            f"{len(a) - len(b)} of {a.source}" for a, b in zip(groups, whole, strict=True) if len(a) > len(b)
        )
        return _Kept(_checked_whole(whole), kept, [*notes, f"their texts are left out: {out}"])
    fewer = [replace(own, labels=[[n for n in names if n in kept] for names in own.labels]) for own in groups]
    return _Kept(fewer, kept, notes)


def _checked_whole(groups: Sequence[Records]) -> Sequence[Records]:
    for own in groups:
        if not len(own):
            raise DataError(f"{own.source}: no text is left without the rare classes; lower --min-texts-per-class")
    return groups


def _check_given(given: Sequence[Records], counts: Mapping[str, int], source: str) -> None:
    """A class that nothing can learn would count as 0 in every score."""
    for own in given:
        unknown = {name for names in own.labels for name in names} - counts.keys()
        for i, names in enumerate(own.labels):
            for name in names:
                if counts and name in unknown:
                    raise DataError(
                        f"{own.where(i)}: class {name!r} has no text in {source} (in all {len(unknown)} such classes); "
                        "add texts there, or take it out here"
                    )


def _check_enough(
    kept: Mapping[str, int], records: Records, least: int, options: DataOptions, one_is_enough: bool
) -> None:
    classes = {name for names in records.labels for name in names}
    if not classes:
        raise DataError(f"{records.source}: no text has a label; check --labels-column or --label-columns")
    without = sum(not names for names in records.labels)
    if one_is_enough:
        if not kept or without < least:
            raise DataError(
                f"{records.source}: at least {least} texts with and {least} without {listed(sorted(classes))} are "
                f"needed, got {len(records) - without} and {without}; add texts, or lower --min-texts-per-class"
            )
    elif len(kept) < 2:
        other = " texts without a label are the other side with --task binary;" if len(kept) == 1 and without else ""
        raise DataError(
            f"{records.source}: at least 2 classes with {least} texts are needed, got {len(kept)} of {len(classes)};"
            f"{other} add texts, lower --min-texts-per-class, or check --label-separator"
        )


def _part(kept: _Kept, choice: TaskChoice, options: DataOptions, taxonomy: Sequence[TaxonomyEntry]) -> Part:
    classes = (choice.positive,) if choice.task == "binary" else tuple(kept.counts)
    texts = tuple(text for own in kept.groups for text in own.texts)
    labels = _matrix([names for own in kept.groups for names in own.labels], classes)
    return Part(
        texts, labels, classes, restrict(taxonomy, tuple(kept.counts)), choice.task, choice.negative, options.metric
    )


def _matrix(labels: Sequence[Iterable[str]], classes: Sequence[str]) -> LabelMatrix:
    column = {name: index for index, name in enumerate(classes)}
    matrix = np.zeros((len(labels), len(classes)), np.bool_)
    for row, names in zip(matrix, labels, strict=True):
        row[[column[name] for name in names if name in column]] = True
    return matrix


def _row_notes(everything: Part) -> list[str]:
    notes = []
    if empty := sum(not text.strip() for text in everything.texts):
        notes.append(f"{empty} of {len(everything)} texts are empty")
    unlabelled = int((~everything.labels.any(axis=1)).sum())
    if unlabelled and everything.task == "multilabel":
        notes.append(f"{unlabelled} of {len(everything)} texts have no label; they are kept as texts of no class")
    return notes
