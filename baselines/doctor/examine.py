"""Everything the doctor looks at, in one pass over a data set."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.data.card import RARE
from baselines.data.issues import WHATS, Issue, sorted_issues
from baselines.dataset import PARTS, Dataset, Part
from baselines.doctor.copies import both_groups, copies_of
from baselines.doctor.curve import Curve, curve_of, scores_of_sizes
from baselines.doctor.doubtful import CUT, Doubtful, doubtful_labels
from baselines.doctor.left_out import (
    MOST_TEXTS,
    LeftOut,
    answers_of,
    inverted,
    kernel_of,
    left_out_scores,
    targets,
)
from baselines.doctor.mended import effect_of
from baselines.doctor.merging import Merge, merges_that_pay
from baselines.doctor.weak_slices import WeakSlice, weak_slices
from baselines.scores.answers import Answers
from baselines.scores.judging import METRICS, judged
from baselines.scores.metrics import scores as class_scores
from baselines.task import both_sides
from baselines.text.cleaning import CleaningName

LEAST_TEXTS = 60
# Of more than MOST_TEXTS texts so many are looked at: enough for every list to have its twenty rows, in a minute.
SAMPLE, _SEED = 6_000, 17
# Rows of each list in results.json; the file of issues holds all of them.
SHOWN = 20
# Resamples times texts times classes: bounds the time of the intervals.
_CELLS, _MOST_RESAMPLES, _LEAST_RESAMPLES = 60_000_000, 1_000, 200


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        issues: rows of `data-issues.csv`, sorted.
        summary: block `data_doctor` of results.json.
    """

    issues: tuple[Issue, ...]
    summary: dict[str, Any]


def why_not(dataset: Dataset) -> str:
    """Why a data set can't be looked at, "" where it can."""
    n = len(dataset.everything)
    if n < LEAST_TEXTS:
        return f"{n} texts: fewer than {LEAST_TEXTS} tell nothing"
    return ""


def looked_at(n_texts: int) -> int:
    """Texts of so many that are looked at: all, or a sample, as memory and time grow with their square and cube."""
    return n_texts if n_texts <= MOST_TEXTS else SAMPLE


def examine(dataset: Dataset, cleaning: CleaningName) -> Findings:
    """Look at all texts of a data set but those that accepted fixes have dropped; of many texts at a sample of them.

    What fixes brought isn't measured on a sample: few of the texts that they changed would be in it.

    Args:
        dataset: its test part is looked at too, so nothing may be chosen by what is found here.
        cleaning: of the texts.
    """
    started = time.perf_counter()
    every, whole = _rows(dataset), dataset.everything
    rows = _sampled(every)
    part = whole.take(rows)
    exact, near = both_groups(part)
    groups = _joined(near, np.array(dataset.groups, np.intp)[rows] if dataset.groups else near)
    n_resamples = int(np.clip(_CELLS // part.labels.size, _LEAST_RESAMPLES, _MOST_RESAMPLES))
    kernel = kernel_of(part.texts, cleaning)
    sampled = len(rows) < len(every)
    effect = effect_of(dataset, None if sampled else kernel, rows)
    smaller = scores_of_sizes(kernel, part, groups)
    answers = answers_of(left_out_scores(inverted(kernel), targets(part.labels), groups), part)
    found = _Found(
        dataset,
        part,
        rows,
        answers,
        doubtful_labels(part, answers),
        merges_that_pay(part, answers, n_resamples),
        weak_slices(part, answers.decided),
        curve_of(part, smaller, answers.scores, n_resamples),
    )
    issues = sorted_issues([*found.label_issues(), *found.copy_issues(exact, near), *found.class_issues()])
    summary = {
        **found.summary(issues),
        "n_all": len(every) if sampled else None,
        "effect": effect,
        "seconds": time.perf_counter() - started,
    }
    return Findings(tuple(issues), summary)


def _rows(dataset: Dataset) -> NDArray[np.intp]:
    """Texts of any part, and copies that were taken out of one."""
    parts = [getattr(dataset.split, part) for part in PARTS]
    removed = (*dataset.removed.from_train, *dataset.removed.from_validation)
    return np.unique(np.concatenate([*parts, np.array(removed, np.intp)]))


def _sampled(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """All rows, or as many of them as are looked at, drawn by a fixed seed; ascending."""
    n = looked_at(len(rows))
    return rows if n == len(rows) else np.sort(np.random.default_rng(_SEED).choice(rows, n, replace=False))


def _joined(a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.intp]:
    """Groups of texts that either of two groupings joins, also by way of others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if a is b:
        return a
    own = np.unique(a, return_inverse=True)[1].reshape(-1), np.unique(b, return_inverse=True)[1].reshape(-1)
    n = int(own[0].max()) + 1
    shape = (n + int(own[1].max()) + 1,) * 2
    of_node = connected_components(coo_matrix((np.ones(len(a)), (own[0], own[1] + n)), shape), directed=False)[1]
    return np.asarray(of_node[own[0]], np.intp)


@dataclass(frozen=True)
class _Found:
    dataset: Dataset
    part: Part
    rows: NDArray[np.intp]
    answers: LeftOut
    doubtful: Doubtful
    merges: Sequence[Merge]
    slices: Sequence[WeakSlice]
    curve: Curve

    def label_issues(self) -> Iterator[Issue]:
        """Doubtful labels; a text that only lacks some is a kind of its own."""
        for at in self.doubtful.rows:
            had, told = self.part.labels[at], self.doubtful.suggested[at]
            lacks = self.part.task == "multilabel" and not (had & ~told).any()
            yield self._issue("missing label" if lacks else "label", int(at), float(self.doubtful.sure[at]), told)

    def copy_issues(self, exact: NDArray[np.intp], near: NDArray[np.intp]) -> Iterator[Issue]:
        """Copies, and equal texts with other labels."""
        for copy in copies_of(self.part, exact, near):
            partner = self._where(copy.first)
            if copy.labels is not None:
                yield self._issue("conflict", copy.row, copy.sure, copy.labels, partner)
            else:
                kind = "near duplicate" if copy.near else "duplicate"
                yield self._issue(kind, copy.row, copy.sure, self.part.labels[copy.first], partner)

    def class_issues(self) -> Iterator[Issue]:
        """Classes that might be one, and classes with too few texts."""
        for merge in self.merges:
            yield Issue("merge", merge.confused / merge.n, labels=(merge.a,), suggested=(merge.b,))
        for rare in self._rare():
            yield Issue("rare class", 1.0, labels=(rare["class"],))

    def _issue(self, what: Any, at: int, sure: float, told: NDArray[np.bool_], partner: str = "") -> Issue:
        row, origins, space = int(self.rows[at]), self.dataset.origins, self.part.space
        part = ("", *PARTS)[self._part_of[row]]
        file, number = (origins.files[row], origins.rows[row]) if origins else (self.dataset.name, row)
        own = origins.ids[row] if origins and origins.ids else ""
        labels, names = tuple(space.said(self.part.labels[at])), tuple(space.said(told))
        return Issue(what, sure, self.part.texts[at], labels, names, number, file, own, part, partner)

    @cached_property
    def _part_of(self) -> NDArray[np.int8]:
        """Number of each text's part from 1, 0 for none; (n_texts,)."""
        found = np.zeros(len(self.dataset.everything), np.int8)
        for number, name in enumerate(PARTS, 1):
            found[getattr(self.dataset.split, name)] = number
        return found

    def _where(self, at: int) -> str:
        row = int(self.rows[at])
        return self.dataset.origins.where(row) if self.dataset.origins else f"{self.dataset.name}: row {row}"

    def _rare(self) -> list[dict[str, Any]]:
        """Classes with fewer than RARE texts in training, the rarest first."""
        train = self.dataset.part("train").named_labels.sum(axis=0)
        f1 = class_scores(self.part.named_labels, both_sides(self.answers.decided, self.part.task)).f1
        order = [c for c in np.argsort(train, kind="stable") if train[c] < RARE]
        names = self.part.space.names
        return [
            {"class": names[c], "n": int(train[c]), "lacks": int(RARE - train[c]), "f1": float(f1[c])} for c in order
        ]

    def summary(self, issues: Sequence[Issue]) -> dict[str, Any]:
        """The block of results.json, but for what fixes brought."""
        answers = Answers(self.part.labels, self.answers.decided, self.answers.probabilities)
        counts = {what: sum(issue.what == what for issue in issues) for what in WHATS}
        return {
            "n_texts": len(self.part),
            "metric": self.part.judged_by,
            "metric_title": METRICS[self.part.judged_by].title,
            "score": judged(self.part.judged_by, answers, self.part.task),
            "counts": counts,
            "cut": CUT,
            "share_wrong": self.doubtful.share,
            "share_missing": self.doubtful.share_missing,
            "issues": [_shown(issue) for what in WHATS for issue in _first(issues, what)],
            "merges": [merge.to_json() for merge in self.merges],
            "rare_below": RARE,
            "rare": self._rare()[:SHOWN],
            "curve": self.curve.to_json(),
            "slices": [each.to_json() for each in self.slices],
        }


def _first(issues: Sequence[Issue], what: str) -> list[Issue]:
    found = [issue for issue in issues if issue.what == what and what not in ("merge", "rare class")]
    return found[:SHOWN]


def _shown(issue: Issue) -> dict[str, Any]:
    names = ("what", "sure", "text", "row", "file", "id", "part", "partner")
    own = {name: getattr(issue, name) for name in names}
    return {**own, "labels": list(issue.labels), "suggested": list(issue.suggested)}
