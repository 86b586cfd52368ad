"""What a person should know of a data set before trusting a figure measured on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from baselines.data.duplicates import RULE, duplicate_groups
from baselines.dataset import PARTS, Dataset, PartName

RARE = 30
_QUANTILES = (0.05, 0.5, 0.95)


def data_card(dataset: Dataset) -> dict[str, Any]:
    """The summary, JSON types only.

    Keys: name, source, licence, sha256, n_documents, n_classes, split (texts a part), labels_per_document (mean, max,
    histogram), characters and words (min, p05, p50, p95, max, mean), empty_texts, without_label, classes (name, n and
    positives a part, most frequent first), rare_below and rare_classes (fewer positives in train), absent (classes
    without a positive, by part), duplicates (exact and near: groups, documents in them, `leaks`: test texts with a
    double in train or validation), notes.
    """
    everything = dataset.everything
    per_text = everything.labels.sum(axis=1)
    classes = _classes(dataset)
    return {
        "name": dataset.name,
        "source": dataset.source,
        "licence": dataset.licence,
        "sha256": dataset.sha256,
        "n_documents": len(everything),
        "n_classes": len(dataset.classes),
        "split": {part: len(getattr(dataset.split, part)) for part in PARTS},
        "labels_per_document": {
            "mean": round(float(per_text.mean()), 3),
            "max": int(per_text.max()),
            "histogram": {str(n): count for n, count in sorted(Counter(per_text.tolist()).items())},
        },
        "characters": _spread([len(text) for text in everything.texts]),
        "words": _spread([len(text.split()) for text in everything.texts]),
        "empty_texts": sum(not text.strip() for text in everything.texts),
        "without_label": int((per_text == 0).sum()),
        "classes": classes,
        "rare_below": RARE,
        "rare_classes": [entry["class"] for entry in classes if entry["train"] < RARE],
        "absent": {part: absent for part in PARTS if (absent := [e["class"] for e in classes if not e[part]])},
        "duplicates": {
            "exact": _duplicates(dataset, near=False),
            "near": {"rule": RULE, **_duplicates(dataset, near=True)},
        },
        "notes": list(dataset.notes),
    }


def _classes(dataset: Dataset) -> list[dict[str, Any]]:
    labels = dataset.everything.labels
    totals = labels.sum(axis=0)
    parts = {part: labels[getattr(dataset.split, part)].sum(axis=0) for part in PARTS}
    return [
        {"class": dataset.classes[i], "n": int(totals[i]), **{part: int(parts[part][i]) for part in PARTS}}
        for i in np.argsort(-totals, kind="stable")
    ]


def _spread(lengths: Sequence[int]) -> dict[str, float]:
    low, middle, high = np.quantile(lengths, _QUANTILES)
    return {
        "min": min(lengths),
        "p05": round(float(low), 1),
        "p50": round(float(middle), 1),
        "p95": round(float(high), 1),
        "max": max(lengths),
        "mean": round(float(np.mean(lengths)), 1),
    }


def _duplicates(dataset: Dataset, *, near: bool) -> dict[str, int]:
    groups = duplicate_groups(dataset.everything.texts, near=near)
    sizes = np.bincount(groups, minlength=len(groups))
    return {
        "groups": int((sizes > 1).sum()),
        "documents": int(sizes[sizes > 1].sum()),
        "leaks": len(leaking(dataset, groups)),
    }


def leaking(dataset: Dataset, groups: NDArray[np.intp]) -> NDArray[np.intp]:
    """Test rows of a group that also has a row in train or validation; their share of a score is memory."""
    seen = np.concatenate([dataset.split.train, dataset.split.validation])
    return dataset.split.test[np.isin(groups[dataset.split.test], groups[seen])]


def render(card: dict[str, Any]) -> RenderableType:
    """The card for a terminal."""
    table = Table(title=f"Data: {card['name']}", show_header=False, title_justify="left")
    for name, value in _facts(card):
        table.add_row(name, Text(value))
    return Group(table, *(Text(f"note: {note}", style="yellow") for note in card["notes"]))


def _facts(card: dict[str, Any]) -> list[tuple[str, str]]:
    split: dict[PartName, int] = card["split"]
    exact, near = card["duplicates"]["exact"], card["duplicates"]["near"]
    frequent = card["classes"][0]
    rare = card["rare_classes"]
    return [
        ("texts", f"{card['n_documents']:,} ({', '.join(f'{name} {n:,}' for name, n in split.items())})"),
        ("classes", f"{card['n_classes']}, most frequent {frequent['class']} ({frequent['n']:,})"),
        (
            "labels a text",
            f"{card['labels_per_document']['mean']:.2f} on average, {card['labels_per_document']['max']} at most",
        ),
        ("characters", _spread_words(card["characters"])),
        ("words", _spread_words(card["words"])),
        (
            f"rare (< {card['rare_below']} in train)",
            f"{len(rare)}{': ' if rare else ''}{', '.join(rare[:8])}{', …' if len(rare) > 8 else ''}",
        ),
        ("empty, without label", f"{card['empty_texts']:,}, {card['without_label']:,}"),
        ("exact duplicates", _duplicate_words(exact)),
        ("near duplicates", _duplicate_words(near)),
    ]


def _spread_words(spread: dict[str, float]) -> str:
    low, middle, high = (f"{spread[name]:,.0f}" for name in ("p05", "p50", "p95"))
    return f"median {middle}, 5 % below {low}, 5 % above {high}, longest {spread['max']:,}"


def _duplicate_words(found: dict[str, int]) -> str:
    if not found["groups"]:
        return "none"
    leaks = (
        f"{found['leaks']:,} test texts have a double in train or validation"
        if found["leaks"]
        else "none crosses into test"
    )
    return f"{found['documents']:,} texts in {found['groups']:,} groups; {leaks}"
