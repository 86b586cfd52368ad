"""How many planted label errors are found: a share of a data set's labels is made wrong, and the doctor looks.

A flipped label gives way to another at random: another class, the other side, or of several labels one that the text
doesn't have. Of several labels it can also be that one is lost, or that one too many stands there; both are harder to
see, and are planted apart. Errors that the data hold already count as false alarms, so the precision is a lower bound.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from baselines.console import run_command, whole_number
from baselines.dataset import Dataset, Part
from baselines.doctor.doubtful import CUT, doubtful_labels
from baselines.doctor.left_out import answers_of, inverted, kernel_of, left_out_scores, targets
from baselines.splits.duplicates import duplicate_groups
from baselines.task import LabelMatrix
from baselines.text.cleaning import CLEANINGS, CleaningName

PROG = "python -m baselines.doctor.planted"
SHARE = 0.05
Kind = Literal["flipped", "lost", "added"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Found:
    """What one planting gave.

    Attributes:
        seed: of the planting.
        n: errors planted.
        listed: texts that are listed as issues, at the cut that the report uses.
        precision: share of the listed that were planted; 0 where none is listed.
        recall: share of the planted that are listed.
        average_precision: over the whole ranking.
        right: share of the found whose suggestion are the labels they had before.
        precision_at: at the first place of the ranking by which 60 % of the planted are found, or any later one.
    """

    seed: int
    n: int
    listed: int
    precision: float
    recall: float
    average_precision: float
    right: float
    precision_at: float


def plant(part: Part, seed: int, kind: Kind = "flipped", share: float = SHARE) -> tuple[LabelMatrix, NDArray[np.bool_]]:
    """Labels with errors, and which texts have one; `lost` and `added` are for several labels a text."""
    rng, labels = np.random.default_rng([seed, 7]), part.labels.copy()
    rows = rng.choice(len(labels), max(1, round(share * len(labels))), replace=False)
    for row in rows:
        _spoil(labels[row], part.task, kind, rng)
    planted = np.zeros(len(labels), np.bool_)
    planted[rows] = True
    return labels, planted


def _spoil(own: NDArray[np.bool_], task: str, kind: Kind, rng: np.random.Generator) -> None:
    if task == "binary":
        own[0] = not own[0]
        return
    on, off = np.flatnonzero(own), np.flatnonzero(~own)
    if kind != "added" and len(on):
        own[rng.choice(on)] = False
    if (kind != "lost" or not len(on)) and len(off):
        own[rng.choice(off)] = True


def found_again(
    part: Part, inverse: NDArray[np.float32], groups: NDArray[np.intp], seeds: Sequence[int], kind: Kind = "flipped"
) -> list[Found]:
    """Plant, look, and count, once a seed.

    Args:
        part: with labels taken for right.
        inverse: of its texts' kernel; labels play no part in it, so it serves all plantings.
        groups: texts that are left out together.
        seeds: of the plantings.
        kind: of error.
    """
    results = []
    for seed in seeds:
        labels, planted = plant(part, seed, kind)
        spoilt = replace(part, labels=labels)
        found = doubtful_labels(spoilt, answers_of(left_out_scores(inverse, targets(labels), groups), spoilt))
        results.append(_counted(seed, found.sure, planted, (found.suggested == part.labels).all(axis=1)))
    return results


def _counted(seed: int, sure: NDArray[np.float64], planted: NDArray[np.bool_], right: NDArray[np.bool_]) -> Found:
    listed, order = sure >= CUT, np.argsort(-sure, kind="stable")
    hits = np.cumsum(planted[order])
    precision, recall = hits / np.arange(1, len(sure) + 1), hits / planted.sum()
    caught = listed & planted
    return Found(
        seed,
        int(planted.sum()),
        int(listed.sum()),
        float(caught.sum() / max(1, listed.sum())),
        float(caught.sum() / planted.sum()),
        float(precision[planted[order]].mean()),
        float(right[caught].mean()) if caught.any() else 0.0,
        float(precision[recall >= 0.6].max()),
    )


def plantings(dataset: Dataset, cleaning: CleaningName, seeds: Sequence[int]) -> dict[Kind, list[Found]]:
    """`found_again` for the texts of a data set, by the kinds of error that its task knows."""
    part = dataset.everything
    groups = duplicate_groups(part.texts, near=True)
    inverse = inverted(kernel_of(part.texts, cleaning))
    kinds = KINDS if part.task == "multilabel" else KINDS[:1]
    return {kind: found_again(part, inverse, groups, seeds, kind) for kind in kinds}


def parser(prog: str = PROG) -> ArgumentParser:
    """The command's options."""
    from baselines.data.options import add_data_options

    parser = ArgumentParser(
        prog=prog,
        usage="%(prog)s [options]   (--help lists them)",
        description="Make 5 %% of the labels wrong at random, and count how many the data's doctor finds.",
    )
    parser.add_argument(
        "--plantings",
        type=whole_number(1, 1000),
        default=5,
        metavar="N",
        help="repetitions, each with errors of its own",
    )
    parser.add_argument("--cleaning", choices=CLEANINGS, help="of the texts (default: as validation says)")
    add_data_options(parser)
    return parser


def run(args: Namespace, command: str) -> int:
    """Plant, look, and print a line a planting and their mean, by kind of error."""
    from baselines.data.options import dataset_from
    from baselines.fitting.cleaning_choice import remembered_choice

    dataset = dataset_from(args)
    cleaning = args.cleaning or remembered_choice(dataset).chosen
    for kind, found in plantings(dataset, cleaning, range(args.plantings)).items():
        for each in found:
            sys.stdout.write(f"{kind}, planting {each.seed}: {_line(each.n, _figures(each))}\n")
        mean = [float(np.mean(column)) for column in zip(*map(_figures, found), strict=True)]
        sys.stdout.write(f"{kind}, mean of {len(found)}: {_line(found[0].n, mean)}\n")
    return 0


def _figures(found: Found) -> tuple[float, ...]:
    return found.listed, found.precision, found.recall, found.right, found.precision_at, found.average_precision


def _line(n: int, figures: Sequence[float]) -> str:
    listed, precision, recall, right, at, average = figures
    return (
        f"{n} planted, {listed:.0f} listed: precision {precision:.2f}, recall {recall:.2f}, {right:.0%} of the found "
        f"with the right suggestion; precision {at:.2f} at recall 0.60; average precision {average:.2f}"
    )


def main(argv: Sequence[str] | None = None, prog: str = PROG) -> int:
    """Exit code 0, or 2 for an input that can't be used."""
    return run_command(parser, lambda: run, argv, prog)


if __name__ == "__main__":
    sys.exit(main())
